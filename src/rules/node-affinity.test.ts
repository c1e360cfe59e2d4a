import { expect, test } from 'vitest';
import { matchesNodeAffinity, matchesNodeTerm, nodePreference, restrictsNodes } from './node-affinity.ts';

const node = { metadata: { name: 'n1', labels: { zone: 'a', cores: '8' } } };
const term = (key: string, operator: string, ...values: string[]) => ({ matchExpressions: [{ key, operator, values }] });

test('each operator reads the label as documented', () => {
  expect(matchesNodeTerm(term('zone', 'In', 'a', 'b'), node)).toBe(true);
  expect(matchesNodeTerm(term('zone', 'NotIn', 'a'), node)).toBe(false);
  expect(matchesNodeTerm(term('rack', 'NotIn', 'a'), node)).toBe(true);
  expect(matchesNodeTerm(term('zone', 'Exists'), node)).toBe(true);
  expect(matchesNodeTerm(term('rack', 'DoesNotExist'), node)).toBe(true);
  expect(matchesNodeTerm(term('cores', 'Gt', '4'), node)).toBe(true);
  expect(matchesNodeTerm(term('cores', 'Lt', '8'), node)).toBe(false);
  expect(matchesNodeTerm(term('zone', 'Gt', '4'), node)).toBe(false);
});

test('fields name the node itself, and an empty term matches nothing', () => {
  expect(matchesNodeTerm({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] }, node)).toBe(true);
  expect(matchesNodeTerm({}, node)).toBe(false);
});

test('nodeSelector and required affinity must both hold, terms are alternatives', () => {
  const required = { nodeSelectorTerms: [term('zone', 'In', 'x'), term('cores', 'In', '8')] };
  const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } };
  expect(matchesNodeAffinity({ nodeSelector: { zone: 'a' }, affinity }, node)).toBe(true);
  expect(matchesNodeAffinity({ nodeSelector: { zone: 'b' }, affinity }, node)).toBe(false);
  expect(restrictsNodes({ affinity })).toBe(true);
  expect(restrictsNodes({})).toBe(false);
});

test('preferences add up their weights', () => {
  const preferred = [{ weight: 5, preference: term('zone', 'In', 'a') }, { weight: 3, preference: term('zone', 'In', 'b') }];
  expect(nodePreference({ affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: preferred } } }, node)).toBe(5);
});
