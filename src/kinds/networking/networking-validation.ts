/** Ingresses, their classes, and network policies. */
import { type FieldPath, forbidden, invalid, notSupported, required, tooLong } from '../../meta/field-error.ts';
import { cidrProblems, ipProblems, isInCidr, parseCidr, parseIp } from '../../meta/ip.ts';
import { dnsLabelProblems, dnsSubdomainProblems, pathSegmentProblems, portNameProblems, wildcardSubdomainProblems } from '../../meta/names.ts';
import { among, type Errors, immutable, labelSelectorAt, portNumber, portNumberOrName, problemsAt, PROTOCOLS } from '../checks.ts';
import type { IngressClassParametersReference, IngressClassSpec } from './ingress-class.ts';
import type { HTTPIngressPath, IngressBackend, IngressLoadBalancerStatus, IngressSpec, IngressTLS } from './ingress.ts';
import type { NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec } from './network-policy.ts';

interface IngressLike {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: IngressSpec;
}

/** Formerly named the class. */
const CLASS = 'kubernetes.io/ingress.class';

export function* ingressCreateErrors({ metadata, spec }: IngressLike, at: FieldPath): Errors {
  yield* ingressErrors(spec, undefined, at.child('spec'));
  const named = metadata.annotations?.[CLASS];
  if (named !== undefined && spec.ingressClassName !== undefined && named !== spec.ingressClassName) {
    yield invalid(at.child('annotations').child(CLASS), named, 'must match `ingressClassName` when both are specified');
  }
}

export const ingressUpdateErrors = ({ spec }: IngressLike, old: IngressLike, at: FieldPath): Errors => ingressErrors(spec, old.spec, at.child('spec'));

export const ingressWarnings = ({ metadata, spec }: IngressLike, old: IngressLike | undefined): readonly string[] =>
  old === undefined && metadata.annotations?.[CLASS] !== undefined && spec.ingressClassName === undefined
    ? [`annotation "${CLASS}" is deprecated, please use 'spec.ingressClassName' instead`]
    : [];

/** @param old what was wrong with its secrets and wildcard rules may stay so */
function* ingressErrors(spec: IngressSpec, old: IngressSpec | undefined, at: FieldPath): Errors {
  const { rules = [], defaultBackend, ingressClassName, tls = [] } = spec;
  if (rules.length === 0 && !defaultBackend) yield invalid(at, null, 'either `defaultBackend` or `rules` must be specified');
  if (defaultBackend) yield* backendErrors(defaultBackend, at.child('defaultBackend'));
  const laxWildcards = (old?.rules ?? []).some(({ host = '', http }) => host.includes('*') && [...pathsErrors(http?.paths ?? [], at)].length > 0);
  for (const [index, { host = '', http }] of rules.entries()) {
    const place = at.child('rules').index(index);
    if (host !== '') yield* hostErrors(host, place.child('host'));
    if (!http || (laxWildcards && host.includes('*'))) continue;
    if (http.paths.length === 0) yield required(place.child('http').child('paths'));
    yield* pathsErrors(http.paths, place.child('http').child('paths'));
  }
  const laxSecrets = (old?.tls ?? []).some(({ secretName = '' }) => secretName !== '' && dnsSubdomainProblems(secretName).length > 0);
  for (const [index, one] of tls.entries()) yield* tlsErrors(one, laxSecrets, at.child('tls').index(index));
  if (ingressClassName !== undefined) yield* problemsAt(at.child('ingressClassName'), ingressClassName, dnsSubdomainProblems(ingressClassName));
}

const hostProblems = (host: string): readonly string[] => (host.includes('*') ? wildcardSubdomainProblems(host) : dnsSubdomainProblems(host));

function* tlsErrors({ hosts = [], secretName = '' }: IngressTLS, laxSecrets: boolean, at: FieldPath): Errors {
  for (const [position, host] of hosts.entries()) yield* problemsAt(at.child('hosts').index(position), host, hostProblems(host));
  if (secretName !== '' && !laxSecrets) yield* problemsAt(at.child('secretName'), secretName, dnsSubdomainProblems(secretName));
}

function* hostErrors(host: string, at: FieldPath): Errors {
  if (parseIp(host)) yield invalid(at, host, 'must be a DNS name, not an IP address');
  yield* problemsAt(at, host, hostProblems(host));
}

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];
const NOT_IN_PATHS = ['//', '/./', '/../', '%2f', '%2F'];
const NOT_AT_THE_END = ['/..', '/.'];

function* pathsErrors(paths: readonly HTTPIngressPath[], at: FieldPath): Errors {
  for (const [index, path] of paths.entries()) yield* pathErrors(path, at.index(index));
}

function* pathErrors({ path = '', pathType, backend }: HTTPIngressPath, at: FieldPath): Errors {
  const here = at.child('path');
  if (pathType === undefined) return void (yield required(at.child('pathType'), 'pathType must be specified'));
  if (!PATH_TYPES.includes(pathType)) yield notSupported(at.child('pathType'), pathType, PATH_TYPES);
  else if ((pathType !== 'ImplementationSpecific' || path !== '') && !path.startsWith('/')) yield invalid(here, path, 'must be an absolute path');
  if (pathType === 'Exact' || pathType === 'Prefix') {
    for (const bad of NOT_IN_PATHS) if (path.includes(bad)) yield invalid(here, path, `must not contain '${bad}'`);
    for (const bad of NOT_AT_THE_END) if (path.endsWith(bad)) yield invalid(here, path, `cannot end with '${bad}'`);
  }
  yield* backendErrors(backend, at.child('backend'));
}

function* backendErrors({ service, resource }: IngressBackend, at: FieldPath): Errors {
  if (service && resource) return void (yield invalid(at, '', 'cannot set both resource and service backends'));
  if (resource) return void (yield* objectErrors(resource, at.child('resource')));
  if (!service) return void (yield invalid(at, '', 'resource or service backend is required'));
  const here = at.child('service');
  if (!service.name) yield required(here.child('name'));
  else yield* problemsAt(here.child('name'), service.name, dnsLabelProblems(service.name));
  const { name, number } = service.port ?? {};
  if (name && number) yield invalid(at, '', 'cannot set both port name & port number');
  else if (name) yield* problemsAt(here.child('port').child('name'), name, portNameProblems(name));
  else if (number) yield* portNumber(here.child('port').child('number'), number);
  else yield required(at, 'port name or number is required');
}

interface Reference {
  readonly apiGroup?: string | null;
  readonly kind: string;
  readonly name: string;
}

function* objectErrors(reference: Reference, at: FieldPath): Errors {
  const { apiGroup } = reference;
  if (typeof apiGroup === 'string') yield* problemsAt(at.child('apiGroup'), apiGroup, dnsSubdomainProblems(apiGroup));
  for (const field of ['kind', 'name'] as const) {
    if (!reference[field]) yield required(at.child(field), `${field} is required`);
    else yield* problemsAt(at.child(field), reference[field], pathSegmentProblems(reference[field]));
  }
}

export function* ingressStatusErrors({ ingress = [] }: IngressLoadBalancerStatus, at: FieldPath): Errors {
  for (const [index, { ip, hostname }] of ingress.entries()) {
    const here = at.child('ingress').index(index);
    if (ip) yield* problemsAt(here.child('ip'), ip, ipProblems(ip));
    if (hostname) yield* problemsAt(here.child('hostname'), hostname, dnsSubdomainProblems(hostname));
    if (hostname && parseIp(hostname)) yield invalid(here.child('hostname'), hostname, 'must be a DNS name, not an IP address');
  }
}

const LONGEST_CONTROLLER = 250;
const HTTP_PATH = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";

export function* ingressClassErrors({ spec: { controller = '', parameters } }: { readonly spec: IngressClassSpec }, root: FieldPath): Errors {
  const at = root.child('spec').child('controller');
  if (controller.length > LONGEST_CONTROLLER) yield tooLong(at, LONGEST_CONTROLLER);
  const slash = controller.indexOf('/');
  const [host, path] = [controller.slice(0, Math.max(slash, 0)), controller.slice(slash + 1)];
  if (controller === '') yield required(at);
  else if (host === '' || path === '') yield invalid(at, controller, 'must be a domain-prefixed path (such as "acme.io/foo")');
  else {
    yield* problemsAt(at, host, dnsSubdomainProblems(host));
    if (!new RegExp(`^${HTTP_PATH}$`).test(path)) yield invalid(at, path, `Invalid path (regex used for validation is '${HTTP_PATH}')`);
  }
  if (parameters) yield* parametersErrors(parameters, root.child('spec').child('parameters'));
}

function* parametersErrors(parameters: IngressClassParametersReference, at: FieldPath): Errors {
  const { scope, namespace } = parameters;
  yield* objectErrors(parameters, at);
  if (scope !== 'Cluster' && scope !== 'Namespace') return void (yield notSupported(at.child('scope'), scope, ['Cluster', 'Namespace']));
  if (scope === 'Cluster') {
    if (namespace !== undefined) yield forbidden(at.child('namespace'), "`parameters.scope` is set to 'Cluster'");
  } else if (namespace === undefined) yield required(at.child('namespace'), "`parameters.scope` is set to 'Namespace'");
  else yield* problemsAt(at.child('namespace'), namespace, dnsLabelProblems(namespace));
}

export const ingressClassUpdateErrors = ({ spec }: { readonly spec: IngressClassSpec }, old: { readonly spec: IngressClassSpec }, at: FieldPath): Errors =>
  immutable(at.child('spec').child('controller'), spec.controller === old.spec.controller, spec.controller ?? '');

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
    else {
      if (endPort < port) yield invalid(here.child('endPort'), endPort, 'must be greater than or equal to `port`');
      yield* portNumber(here.child('endPort'), endPort);
    }
  }
}

function* peerErrors(peers: readonly NetworkPolicyPeer[], at: FieldPath): Errors {
  for (const [index, { podSelector, namespaceSelector, ipBlock }] of peers.entries()) {
    const here = at.index(index);
    yield* labelSelectorAt(here.child('podSelector'), podSelector);
    yield* labelSelectorAt(here.child('namespaceSelector'), namespaceSelector);
    if (ipBlock) yield* blockErrors(ipBlock, here.child('ipBlock'));
    if (!podSelector && !namespaceSelector && !ipBlock) yield required(here, 'must specify a peer');
    if (ipBlock && (podSelector || namespaceSelector)) yield forbidden(here, 'may not specify both ipBlock and another peer');
  }
}

function* blockErrors({ cidr, except = [] }: NonNullable<NetworkPolicyPeer['ipBlock']>, at: FieldPath): Errors {
  if (!cidr) return void (yield required(at.child('cidr')));
  const problems = cidrProblems(cidr);
  if (problems.length > 0) return void (yield* problemsAt(at.child('cidr'), cidr, problems));
  const outer = parseCidr(cidr)!;
  for (const [position, part] of except.entries()) {
    const here = at.child('except').index(position);
    const wrong = cidrProblems(part);
    const inner = parseCidr(part);
    if (wrong.length > 0 || !inner) return void (yield* problemsAt(here, part, wrong));
    if (inner.prefix <= outer.prefix || !isInCidr(part.split('/')[0]!, cidr)) yield invalid(here, part, 'must be a strict subset of `cidr`');
  }
}
