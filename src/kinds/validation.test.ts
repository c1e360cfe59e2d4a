import { expect, test } from 'vitest';
import { ClusterRole, ClusterRoleBinding, ConfigMap, Endpoints, EndpointSlice, Lease, Namespace, Node, Role, RoleBinding, Secret } from './index.ts';
import { errorsOf } from './testing/errors-of.ts';

test('a secret has the keys of its type', () => {
  expect(errorsOf(Secret, { type: 'kubernetes.io/tls', data: { 'tls.crt': 'eA==' } })).toEqual(['data[tls.key]: Required value']);
  expect(errorsOf(Secret, { type: 'kubernetes.io/service-account-token' })).toEqual(['metadata.annotations[kubernetes.io/service-account.name]: Required value']);
  expect(errorsOf(Secret, { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': btoa('{') } })[0]).toMatch(/^data\[\.dockerconfigjson\]: Invalid value: "<secret contents redacted>": /);
  expect(errorsOf(Secret, { data: { 'a b': '' } })).toEqual([
    'data[a b]: Invalid value: "a b": a valid config key must consist of alphanumeric characters, \'-\', \'_\' or \'.\' (e.g. \'key.name\',  or \'KEY_NAME\',  or \'key-name\', regex used for validation is \'[-._a-zA-Z0-9]+\')',
  ]);
  expect(errorsOf(Secret, { data: { a: 'A'.repeat(1_500_000) } })).toEqual(['data: Too long: may not be more than 1048576 bytes']);
});

test('a secret keeps its type, and what is sealed stays as it is', () => {
  expect(errorsOf(Secret, { type: 'b' }, { type: 'a' })).toEqual(['type: Invalid value: "b": field is immutable']);
  expect(errorsOf(Secret, { data: { a: 'eA==' } }, { immutable: true })).toEqual([
    'immutable: Forbidden: field is immutable when `immutable` is set', 'data: Forbidden: field is immutable when `immutable` is set',
  ]);
  expect(errorsOf(ConfigMap, { immutable: true, data: { a: 'x' } }, { immutable: true, data: { a: 'y' } })).toEqual(['data: Forbidden: field is immutable when `immutable` is set']);
});

test('a key is in one of a config map\'s two bags', () => {
  expect(errorsOf(ConfigMap, { data: { a: 'x' }, binaryData: { a: 'eA==' } })).toEqual(['data[a]: Invalid value: "a": duplicate of key present in binaryData']);
});

test('rules of roles name verbs, groups and resources, or URLs where there are any', () => {
  expect(errorsOf(Role, { rules: [{ apiGroups: [''], resources: ['pods'] }] })).toEqual(['rules[0].verbs: Required value: verbs must contain at least one value']);
  expect(errorsOf(Role, { rules: [{ verbs: ['get'] }] })).toEqual(['rules[0].apiGroups: Required value: resource rules must supply at least one api group', 'rules[0].resources: Required value: resource rules must supply at least one resource']);
  expect(errorsOf(Role, { rules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }] })).toEqual(['rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs']);
  expect(errorsOf(ClusterRole, { rules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }], aggregationRule: {} })).toEqual(['aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil']);
});

test('a binding names a role once and for all, and subjects that exist', () => {
  const roleRef = { kind: 'ClusterRole', name: 'admin' };
  expect(errorsOf(RoleBinding, { roleRef, subjects: [{ kind: 'User', name: 'eve' }] })).toEqual([]);
  expect(errorsOf(ClusterRoleBinding, { roleRef: { kind: 'Role', name: 'x' }, subjects: [{ kind: 'ServiceAccount', name: 'a' }, { kind: 'Robot', name: 'r' }] })).toEqual([
    'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"', 'subjects[0].namespace: Required value',
    'subjects[1].kind: Unsupported value: "Robot": supported values: "ServiceAccount", "User", "Group"',
  ]);
  expect(errorsOf(RoleBinding, { roleRef: { kind: 'ClusterRole', name: 'view' } }, { roleRef })[0]).toMatch(/^roleRef: Invalid value: .*: cannot change roleRef$/);
});

test('endpoints are addresses of others, with ports that have names where there are several', () => {
  expect(errorsOf(Endpoints, { subsets: [{}] })).toEqual(['subsets[0]: Required value: must specify `addresses` or `notReadyAddresses`']);
  expect(errorsOf(Endpoints, { subsets: [{ addresses: [{ ip: '127.0.0.1' }], ports: [{ port: 1 }, { port: 2 }] }] })).toEqual([
    'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
    'subsets[0].ports[0].name: Required value', 'subsets[0].ports[1].name: Required value',
  ]);
  expect(errorsOf(EndpointSlice, { addressType: 'IPv4', endpoints: [{ addresses: ['::1'] }, {}] })).toEqual([
    'endpoints[0].addresses[0]: Invalid value: "::1": must be an IPv4 address', 'endpoints[1].addresses: Required value: must contain at least 1 address',
  ]);
  expect(errorsOf(EndpointSlice, {})).toEqual(['addressType: Required value']);
  expect(errorsOf(EndpointSlice, { addressType: 'IPv6' }, { addressType: 'IPv4' })).toEqual(['addressType: Invalid value: "IPv6": field is immutable']);
});

test('nodes keep their ranges, and taints are unique', () => {
  expect(errorsOf(Node, { spec: { podCIDR: '10.1.0.0/24' } }, { spec: { podCIDR: '10.0.0.0/24' } })).toEqual(['spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid']);
  expect(errorsOf(Node, { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }, { key: 'a', effect: 'NoSchedule' }] } })[0]).toMatch(/^metadata\.taints\[1\]: Duplicate value: .*: taints must be unique by key and effect pair$/);
});

test('namespaces and leases', () => {
  expect(errorsOf(Namespace, { spec: { finalizers: ['mine'] } })).toEqual(['spec.finalizers: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified']);
  expect(errorsOf(Lease, { spec: { leaseDurationSeconds: 0 } })).toEqual(['spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0']);
});
