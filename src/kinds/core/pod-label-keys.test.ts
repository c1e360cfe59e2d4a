import { expect, test } from 'vitest';
import type { PodSpec } from './pod-spec.ts';
import { withLabelKeys } from './pod-label-keys.ts';

const labels = { app: 'web', 'pod-template-hash': 'abc' };
const spec = (more: object) => ({ containers: [{ name: 'c' }], ...more }) as unknown as PodSpec;
const term = (more: object) => ({ topologyKey: 'zone', labelSelector: { matchLabels: { app: 'web' } }, ...more });
const merged = (operator: string) => [{ key: 'pod-template-hash', operator, values: ['abc'] }];

test('matchLabelKeys and mismatchLabelKeys are worked into the selectors of affinity terms', () => {
  const given = spec({ affinity: {
    podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term({ matchLabelKeys: ['pod-template-hash', 'absent'] })] },
    podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: term({ mismatchLabelKeys: ['pod-template-hash'] }) }] },
  } });
  const { affinity } = withLabelKeys(given, labels);
  expect(affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.[0]?.labelSelector?.matchExpressions).toEqual(merged('In'));
  expect(affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution?.[0]?.podAffinityTerm.labelSelector?.matchExpressions).toEqual(merged('NotIn'));
});

test('matchLabelKeys of spread constraints are, too', () => {
  const given = spec({ topologySpreadConstraints: [term({ maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule', matchLabelKeys: ['pod-template-hash'] })] });
  expect(withLabelKeys(given, labels).topologySpreadConstraints?.[0]?.labelSelector?.matchExpressions).toEqual(merged('In'));
});

test('a spec that names no such keys stays the same object', () => {
  const given = spec({ affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term({})] } } });
  expect(withLabelKeys(given, labels)).toBe(given);
  const without = spec({ topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', matchLabelKeys: ['app'] }] });
  expect(withLabelKeys(without, labels)).toBe(without);
});
