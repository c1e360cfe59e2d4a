/** Ingresses and network policies. */
import { type FieldPath, forbidden, invalid, notSupported, required } from '../../meta/field-error.ts';
import { cidrProblems, ipProblems, isInCidr, parseCidr } from '../../meta/ip.ts';
import { dnsLabelProblems, dnsSubdomainProblems, portNameProblems } from '../../meta/names.ts';
import { among, type Errors, labelSelectorAt, portNumber, portNumberOrName, problemsAt, PROTOCOLS } from '../checks.ts';
import type { HTTPIngressPath, IngressBackend, IngressSpec } from './ingress.ts';
import type { NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec } from './network-policy.ts';

export function* ingressErrors({ spec }: { readonly spec: IngressSpec }, at: FieldPath): Errors {
  const here = at.child('spec');
  const { rules = [], defaultBackend, ingressClassName, tls = [] } = spec;
  if (rules.length === 0 && !defaultBackend) yield invalid(here, rules, 'either `defaultBackend` or `rules` must be specified');
  for (const [index, { host, http }] of rules.entries()) {
    const place = here.child('rules').index(index);
    if (host) yield* hostErrors(host, place.child('host'));
    for (const [position, path] of (http?.paths ?? []).entries()) yield* pathErrors(path, place.child('http').child('paths').index(position));
  }
  if (defaultBackend) yield* backendErrors(defaultBackend, here.child('defaultBackend'));
  if (ingressClassName !== undefined) yield* problemsAt(here.child('ingressClassName'), ingressClassName, dnsSubdomainProblems(ingressClassName));
  for (const [index, { hosts = [], secretName }] of tls.entries()) {
    const place = here.child('tls').index(index);
    for (const [position, host] of hosts.entries()) yield* problemsAt(place.child('hosts').index(position), host, dnsSubdomainProblems(host.replace(/^\*\./, '')));
    if (secretName) yield* problemsAt(place.child('secretName'), secretName, dnsSubdomainProblems(secretName));
  }
}

function* hostErrors(host: string, at: FieldPath): Errors {
  if (ipProblems(host).length === 0) yield invalid(at, host, 'must be a DNS name, not an IP address');
  yield* problemsAt(at, host, dnsSubdomainProblems(host.replace(/^\*\./, '')));
}

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];
const NOT_IN_PATHS = ['//', '/./', '/../', '%2f', '%2F'];
const NOT_AT_THE_END = ['/..', '/.'];

function* pathErrors({ path = '', pathType, backend }: HTTPIngressPath, at: FieldPath): Errors {
  const here = at.child('path');
  if (!pathType) yield required(at.child('pathType'), 'pathType must be specified');
  else yield* among(at.child('pathType'), pathType, PATH_TYPES);
  if (pathType === 'Exact' || pathType === 'Prefix') {
    if (!path.startsWith('/')) yield invalid(here, path, 'must be an absolute path');
    for (const bad of NOT_IN_PATHS) if (path.includes(bad)) yield invalid(here, path, `must not contain '${bad}'`);
    for (const bad of NOT_AT_THE_END) if (path.endsWith(bad)) yield invalid(here, path, `cannot end with '${bad}'`);
  } else if (path !== '' && !path.startsWith('/')) yield invalid(here, path, 'must be an absolute path');
  yield* backendErrors(backend, at.child('backend'));
}

function* backendErrors({ service, resource }: IngressBackend, at: FieldPath): Errors {
  if (service && resource) return void (yield invalid(at, '', 'cannot set both resource and service backends'));
  if (!service && !resource) return void (yield required(at, 'cannot have empty backend'));
  if (!service) return;
  const here = at.child('service');
  if (service.name) yield* problemsAt(here.child('name'), service.name, dnsLabelProblems(service.name));
  const { name, number } = service.port ?? {};
  if (name && number) yield invalid(here, '', 'cannot set both port name & port number');
  else if (name) yield* problemsAt(here.child('port').child('name'), name, portNameProblems(name));
  else if (number) yield* portNumber(here.child('port').child('number'), number);
  else yield required(here, 'port name or number is required');
}

export function* networkPolicyErrors({ spec }: { readonly spec: NetworkPolicySpec }, at: FieldPath): Errors {
  const here = at.child('spec');
  yield* labelSelectorAt(here.child('podSelector'), spec.podSelector);
  for (const [index, { ports = [], from = [] }] of (spec.ingress ?? []).entries()) {
    yield* policyPortErrors(ports, here.child('ingress').index(index).child('ports'));
    yield* peerErrors(from, here.child('ingress').index(index).child('from'));
  }
  for (const [index, { ports = [], to = [] }] of (spec.egress ?? []).entries()) {
    yield* policyPortErrors(ports, here.child('egress').index(index).child('ports'));
    yield* peerErrors(to, here.child('egress').index(index).child('to'));
  }
  const types = spec.policyTypes ?? [];
  if (types.length > 2) return void (yield invalid(here.child('policyTypes'), types, 'may not specify more than two policyTypes'));
  for (const [index, type] of types.entries()) if (type !== 'Ingress' && type !== 'Egress') yield notSupported(here.child('policyTypes').index(index), type, ['Egress', 'Ingress']);
}

function* policyPortErrors(ports: readonly NetworkPolicyPort[], at: FieldPath): Errors {
  for (const [index, { port, endPort, protocol }] of ports.entries()) {
    const here = at.index(index);
    yield* among(here.child('protocol'), protocol, PROTOCOLS);
    if (port !== undefined) yield* portNumberOrName(here.child('port'), port);
    if (endPort === undefined) continue;
    if (typeof port === 'string') yield invalid(here.child('endPort'), endPort, 'may not be specified when `port` is non-numeric');
    else if (port === undefined) yield invalid(here.child('endPort'), endPort, 'may not be specified when `port` is not specified');
    else if (endPort < port) yield invalid(here.child('endPort'), endPort, 'must be greater than or equal to `port`');
    else yield* portNumber(here.child('endPort'), endPort);
  }
}

function* peerErrors(peers: readonly NetworkPolicyPeer[], at: FieldPath): Errors {
  for (const [index, { podSelector, namespaceSelector, ipBlock }] of peers.entries()) {
    const here = at.index(index);
    if (!podSelector && !namespaceSelector && !ipBlock) yield required(here, 'must specify a peer');
    if (ipBlock && (podSelector || namespaceSelector)) yield forbidden(here, 'may not specify both ipBlock and another peer');
    yield* labelSelectorAt(here.child('podSelector'), podSelector);
    yield* labelSelectorAt(here.child('namespaceSelector'), namespaceSelector);
    if (!ipBlock) continue;
    const block = here.child('ipBlock');
    yield* problemsAt(block.child('cidr'), ipBlock.cidr, cidrProblems(ipBlock.cidr));
    for (const [position, except] of (ipBlock.except ?? []).entries()) {
      const place = block.child('except').index(position);
      yield* problemsAt(place, except, cidrProblems(except));
      const [outer, inner] = [parseCidr(ipBlock.cidr), parseCidr(except)];
      if (outer && inner && (inner.prefix <= outer.prefix || !isInCidr(except.split('/')[0]!, ipBlock.cidr))) yield invalid(place, except, 'must be a strict subset of `cidr`');
    }
  }
}

