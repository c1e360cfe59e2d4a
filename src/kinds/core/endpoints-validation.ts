import { type FieldPath, required } from '../../meta/field-error.ts';
import { ipProblems, specialIpProblems } from '../../meta/ip.ts';
import { dnsLabelProblems, dnsSubdomainProblems, qualifiedNameProblems } from '../../meta/names.ts';
import { type Errors, portNumber, problemsAt } from '../checks.ts';
import type { EndpointAddress, EndpointSubset } from './endpoints.ts';

export function* endpointsErrors({ subsets = [] }: { readonly subsets?: readonly EndpointSubset[] }, at: FieldPath): Errors {
  for (const [index, { addresses = [], notReadyAddresses = [], ports = [] }] of subsets.entries()) {
    const here = at.child('subsets').index(index);
    if (addresses.length + notReadyAddresses.length === 0) yield required(here, 'must specify `addresses` or `notReadyAddresses`');
    for (const [position, address] of addresses.entries()) yield* addressErrors(address, here.child('addresses').index(position));
    for (const [position, address] of notReadyAddresses.entries()) yield* addressErrors(address, here.child('notReadyAddresses').index(position));
    for (const [position, { name, port, appProtocol }] of ports.entries()) {
      const place = here.child('ports').index(position);
      if (name) yield* problemsAt(place.child('name'), name, dnsLabelProblems(name));
      else if (ports.length > 1) yield required(place.child('name'));
      yield* portNumber(place.child('port'), port);
      if (appProtocol !== undefined) yield* problemsAt(place.child('appProtocol'), appProtocol, qualifiedNameProblems(appProtocol));
    }
  }
}

function* addressErrors({ ip, hostname, nodeName }: EndpointAddress, at: FieldPath): Errors {
  yield* problemsAt(at.child('ip'), ip, ipProblems(ip).length > 0 ? ipProblems(ip) : specialIpProblems(ip));
  if (hostname) yield* problemsAt(at.child('hostname'), hostname, dnsLabelProblems(hostname));
  if (nodeName !== undefined) yield* problemsAt(at.child('nodeName'), nodeName, dnsSubdomainProblems(nodeName));
}
