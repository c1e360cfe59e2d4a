import { expect, test } from 'vitest';
import type { Kind } from '../../schema/kind.ts';
import { toTable } from '../../schema/table.ts';
import { Ingress, IngressClass, IPAddress, NetworkPolicy, ServiceCIDR } from '../index.ts';
import { accepted, errorsOf } from '../testing/errors-of.ts';

const backend = { service: { name: 'web', port: { number: 80 } } };
const rule = (more: object, host = 'a.example') => ({ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend, ...more }] } });
const ingress = (...rules: object[]) => errorsOf(Ingress, { spec: { rules } });
const WILDCARD = "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

test('an ingress has hosts, paths and backends that can be', () => {
  expect(ingress(rule({}), rule({}, '*.example.com'))).toEqual([]);
  expect(ingress(rule({}, 'a.*'), rule({}, '10.0.0.1'), { host: 'a', http: { paths: [] } })).toEqual([
    `spec.rules[0].host: Invalid value: "a.*": ${WILDCARD}`, 'spec.rules[1].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address', 'spec.rules[2].http.paths: Required value',
  ]);
  const AT = 'spec.rules[0].http.paths[0]';
  expect(ingress(rule({ path: 'a//b/..', pathType: 'Exact' }))).toEqual([
    `${AT}.path: Invalid value: "a//b/..": must be an absolute path`, `${AT}.path: Invalid value: "a//b/..": must not contain '//'`, `${AT}.path: Invalid value: "a//b/..": cannot end with '/..'`,
  ]);
  expect(ingress(rule({ pathType: 'Regex', backend: { service: { name: '', port: {} } } }))).toEqual([
    `${AT}.pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"`,
    `${AT}.backend.service.name: Required value`, `${AT}.backend: Required value: port name or number is required`,
  ]);
  expect(ingress(rule({ backend: { resource: { kind: '', name: 'a/b' } } }))).toEqual([
    `${AT}.backend.resource.kind: Required value: kind is required`, `${AT}.backend.resource.name: Invalid value: "a/b": may not contain '/'`,
  ]);
});

test('the annotation that named the class agrees with the field, and is warned of without it', () => {
  const metadata = { annotations: { 'kubernetes.io/ingress.class': 'old' } };
  expect(errorsOf(Ingress, { metadata, spec: { defaultBackend: backend, ingressClassName: 'new' } })).toEqual([
    'annotations.kubernetes.io/ingress.class: Invalid value: "old": must match `ingressClassName` when both are specified',
  ]);
  expect(Ingress.warnings!(accepted(Ingress, { metadata, spec: { defaultBackend: backend } }), undefined)).toEqual([
    'annotation "kubernetes.io/ingress.class" is deprecated, please use \'spec.ingressClassName\' instead',
  ]);
});

test('addresses of an ingress print sorted, once each', () => {
  const object = accepted(Ingress, { metadata: { creationTimestamp: '1970-01-01T00:00:00Z' }, spec: { rules: [rule({})] }, status: { loadBalancer: { ingress: [{ ip: '2.2.2.2' }, { ip: '1.1.1.1' }, { ip: '2.2.2.2' }] } } });
  expect(toTable(Ingress as unknown as Kind, [object as never], { now: 0 }).rows[0]!.cells).toEqual(['x', '<none>', 'a.example', '1.1.1.1,2.2.2.2', '80', '0s']);
});

test('an ingress class has a controller for good, and parameters somewhere', () => {
  const of = (spec: object) => errorsOf(IngressClass, { spec });
  expect(of({ controller: 'example.com/c', parameters: { kind: 'K', name: 'n' } })).toEqual([]);
  expect(of({})).toEqual(['spec.controller: Required value']);
  expect(of({ controller: 'c', parameters: { kind: '', name: 'n', scope: 'Namespace' } })).toEqual([
    'spec.controller: Invalid value: "c": must be a domain-prefixed path (such as "acme.io/foo")', 'spec.parameters.kind: Required value: kind is required',
    "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'",
  ]);
  expect(errorsOf(IngressClass, { spec: { controller: 'b.io/c' } }, { spec: { controller: 'a.io/c' } })).toEqual(['spec.controller: Invalid value: "b.io/c": field is immutable']);
});

test('a network policy\'s blocks are ranges, less parts of them', () => {
  const of = (ipBlock: object) => errorsOf(NetworkPolicy, { spec: { ingress: [{ from: [{ ipBlock }] }] } }).map((text) => text.replace('spec.ingress[0].from[0].ipBlock.', ''));
  expect(of({ cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] })).toEqual([]);
  expect(of({ cidr: '10.0.0.0/8', except: ['10.0.0.0/8', '11.0.0.0/16'] })).toEqual([
    'except[0]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`', 'except[1]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
  ]);
  expect(of({ cidr: '', except: ['x'] })).toEqual(['cidr: Required value']);
});

test('ranges of a network policy that nobody would write so are warned of', () => {
  const policy = accepted(NetworkPolicy, { spec: { egress: [{ to: [{ ipBlock: { cidr: 'FD00::/8', except: ['fd00::/9'] } }] }] } });
  expect(NetworkPolicy.warnings!(policy, undefined)).toEqual(['spec.egress[0].to[0].ipBlock.cidr: IPv6 CIDR value "FD00::/8" should be in RFC 5952 canonical format ("fd00::/8")']);
});

test('an address is named by itself, in its one spelling, and belongs to somebody for good', () => {
  const of = (name: string, parentRef: object) => errorsOf(IPAddress, { metadata: { name }, spec: { parentRef } });
  expect(of('2001:db8::1', { resource: 'services', namespace: 'default', name: 'a' })).toEqual([]);
  expect(of('2001:DB8::1', { resource: '', name: 'a/b' })).toEqual([
    'metadata.name: Invalid value: "2001:DB8::1": must be in canonical form ("2001:db8::1")', 'spec.parentRef.resource: Required value', 'spec.parentRef.name: Invalid value: "a/b": may not contain \'/\'',
  ]);
  const spec = { parentRef: { resource: 'services', name: 'a' } };
  expect(errorsOf(IPAddress, { metadata: { name: '10.0.0.1' }, spec: { parentRef: { resource: 'services', name: 'b' } } }, { metadata: { name: '10.0.0.1' }, spec })[0]).toMatch(/^spec\.parentRef: Invalid value: .*: field is immutable$/);
});

test('ranges of services are one of each family, and may gain the other', () => {
  const of = (...cidrs: string[]) => errorsOf(ServiceCIDR, { spec: { cidrs } });
  expect(of('10.0.0.0/16', 'fd00::/112')).toEqual([]);
  expect(of()).toEqual(['spec.cidrs: Required value: at least one CIDR required']);
  expect(of('10.0.0.0/16', '10.1.0.0/16')).toEqual([
    'spec.cidrs: Invalid value: {"cidrs":["10.0.0.0/16","10.1.0.0/16"]}: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
  ]);
  const change = (now: string[], old: string[]) => errorsOf(ServiceCIDR, { spec: { cidrs: now } }, { spec: { cidrs: old } });
  expect(change(['10.0.0.0/16', 'fd00::/112'], ['10.0.0.0/16'])).toEqual([]);
  expect(change(['10.1.0.0/16'], ['10.0.0.0/16'])).toEqual(['spec.cidrs[0]: Invalid value: "10.1.0.0/16": field is immutable']);
  expect(change(['10.0.0.0/16'], ['10.0.0.0/16', 'fd00::/112'])).toEqual(['spec.cidrs: Invalid value: ["10.0.0.0/16"]: field is immutable']);
});
