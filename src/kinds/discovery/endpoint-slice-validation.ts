import { duplicate, type FieldPath, notSupported, required, tooMany } from '../../meta/field-error.ts';
import { ipProblems, parseIp, specialIpProblems } from '../../meta/ip.ts';
import { dnsLabelProblems, dnsSubdomainProblems, labelValueProblems, qualifiedNameProblems } from '../../meta/names.ts';
import { among, type Errors, immutable, labelsAt, PROTOCOLS, problemsAt } from '../checks.ts';
import type { Endpoint, EndpointPort } from './endpoint-slice.ts';

interface SliceLike {
  readonly addressType: string;
  readonly endpoints: readonly Endpoint[] | null;
  readonly ports: readonly EndpointPort[] | null;
}

const MAX_ENDPOINTS = 1000;
const MAX_PORTS = 20_000;
const MAX_ADDRESSES = 100;
const MAX_TOPOLOGY = 16;
const MAX_HINTS = 8;
const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'];

export function* endpointSliceErrors({ addressType, ...lists }: SliceLike, at: FieldPath): Errors {
  const [endpoints, ports] = [lists.endpoints ?? [], lists.ports ?? []];
  if (addressType && !ADDRESS_TYPES.includes(addressType)) yield notSupported(at.child('addressType'), addressType, ADDRESS_TYPES);
  if (endpoints.length > MAX_ENDPOINTS) return void (yield tooMany(at.child('endpoints'), endpoints.length, MAX_ENDPOINTS));
  for (const [index, endpoint] of endpoints.entries()) yield* endpointErrors(endpoint, addressType, at.child('endpoints').index(index));
  if (ports.length > MAX_PORTS) return void (yield tooMany(at.child('ports'), ports.length, MAX_PORTS));
  const names = new Set<string>();
  for (const [index, { name, protocol, appProtocol }] of ports.entries()) {
    const here = at.child('ports').index(index);
    if (name) yield* problemsAt(here.child('name'), name, dnsLabelProblems(name));
    if (names.has(name)) yield duplicate(here.child('name'), name);
    names.add(name);
    yield* among(here.child('protocol'), protocol, PROTOCOLS);
    if (appProtocol !== undefined) yield* problemsAt(here.child('appProtocol'), appProtocol, qualifiedNameProblems(appProtocol));
  }
}

function* endpointErrors({ addresses, hostname, nodeName, hints, deprecatedTopology: topology = {} }: Endpoint, addressType: string, at: FieldPath): Errors {
  const here = at.child('addresses');
  if (addresses.length === 0) yield required(here, 'must contain at least 1 address');
  else if (addresses.length > MAX_ADDRESSES) yield tooMany(here, addresses.length, MAX_ADDRESSES);
  for (const [index, address] of addresses.entries()) yield* problemsAt(here.index(index), address, addressProblems(address, addressType));
  if (nodeName !== undefined) yield* problemsAt(at.child('nodeName'), nodeName, dnsSubdomainProblems(nodeName));
  const topologyAt = at.child('deprecatedTopology');
  if (Object.keys(topology).length > MAX_TOPOLOGY) yield tooMany(topologyAt, Object.keys(topology).length, MAX_TOPOLOGY);
  yield* labelsAt(topologyAt, topology);
  if (hostname !== undefined) yield* problemsAt(at.child('hostname'), hostname, dnsLabelProblems(hostname));
  yield* hintErrors(hints?.forZones ?? [], labelValueProblems, at.child('hints').child('forZones'));
  yield* hintErrors(hints?.forNodes ?? [], dnsSubdomainProblems, at.child('hints').child('forNodes'));
}

function* hintErrors(hints: readonly { readonly name: string }[], problemsOf: (name: string) => readonly string[], at: FieldPath): Errors {
  if (hints.length > MAX_HINTS) return void (yield tooMany(at, hints.length, MAX_HINTS));
  for (const [index, { name }] of hints.entries()) {
    const here = at.index(index).child('name');
    if (hints.findIndex((other) => other.name === name) < index) yield duplicate(here, name);
    yield* problemsAt(here, name, problemsOf(name));
  }
}

function addressProblems(address: string, addressType: string): readonly string[] {
  if (addressType === 'FQDN') {
    const name = address.replace(/\.$/, '');
    const problems = dnsSubdomainProblems(name);
    if (problems.length > 0) return [problems.join(',')];
    return name.includes('.') ? [] : ['should be a domain with at least two segments separated by dots'];
  }
  const ip = parseIp(address);
  if (!ip) return ipProblems(address);
  if (addressType === 'IPv4' && ip.family !== 4) return ['must be an IPv4 address'];
  if (addressType === 'IPv6' && ip.family !== 6) return ['must be an IPv6 address'];
  return specialIpProblems(address);
}

export function* endpointSliceUpdateErrors(slice: SliceLike, old: SliceLike, at: FieldPath): Errors {
  yield* immutable(at.child('addressType'), slice.addressType === old.addressType, slice.addressType);
}
