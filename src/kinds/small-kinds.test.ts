import { expect, test } from 'vitest';
import { FieldPath } from '../meta/field-error.ts';
import { EndpointSlice, PodDisruptionBudget, PriorityClass, RuntimeClass } from './index.ts';
import { accepted, errorsOf } from './testing/errors-of.ts';

test('only the system has priorities with its prefix', () => {
  const of = (name: string, value: number, more: object = {}) => errorsOf(PriorityClass, { metadata: { name }, value, ...more });
  const RESERVED = "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: ";
  expect(of('system-node-critical', 2_000_001_000)).toEqual([]);
  expect(of('system-x', 1)).toEqual([`${RESERVED}system-x is not a known system priority class`]);
  expect(of('system-node-critical', 1)).toEqual([`${RESERVED}value of system-node-critical PriorityClass must be 2000001000`]);
  expect(of('system-node-critical', 2_000_001_000, { globalDefault: true })).toEqual([`${RESERVED}globalDefault of system-node-critical PriorityClass must be false`]);
});

test('a runtime class asks for known resources and tolerates what it does once', () => {
  const toleration = { key: 'a', operator: 'Exists' };
  expect(errorsOf(RuntimeClass, { handler: 'runc', overhead: { podFixed: { cpu: '1' } }, scheduling: { nodeSelector: { a: 'b' }, tolerations: [toleration] } })).toEqual([]);
  expect(errorsOf(RuntimeClass, { handler: 'runc', overhead: { podFixed: { cpu: '-1' } }, scheduling: { tolerations: [toleration, toleration] } })).toEqual([
    'overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0', 'scheduling.tolerations[1]: Duplicate value: {"key":"a","operator":"Exists"}',
  ]);
});

test('a budget\'s status counts from zero', () => {
  const budget = accepted(PodDisruptionBudget, { spec: {}, status: { disruptionsAllowed: -1, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 } });
  expect([...PodDisruptionBudget.validateStatusUpdate!(budget, budget, FieldPath.of())].map(({ field, message }) => `${field}: ${message}`)).toEqual([
    'status.disruptionsAllowed: Invalid value: -1: must be greater than or equal to 0',
  ]);
});

test('endpoints have full names, and hints that differ', () => {
  const slice = (addressType: string, endpoint: object) => errorsOf(EndpointSlice, { addressType, endpoints: [endpoint] });
  expect(slice('FQDN', { addresses: ['a.example'] })).toEqual([]);
  expect(slice('FQDN', { addresses: ['a'], hints: { forZones: [{ name: 'z' }, { name: 'z' }], forNodes: [{ name: 'N' }] } }).map((text) => text.slice(0, 75))).toEqual([
    'endpoints[0].addresses[0]: Invalid value: "a": should be a domain with at least two segments'.slice(0, 75),
    'endpoints[0].hints.forZones[1].name: Duplicate value: "z"',
    'endpoints[0].hints.forNodes[0].name: Invalid value: "N": a lowercase RFC 1123 subdomain'.slice(0, 75),
  ]);
});
