import { expect, test } from 'vitest';
import type { HorizontalPodAutoscalerBehavior, HPAScalingRules } from '../../kinds/autoscaling/horizontal-pod-autoscaler.ts';
import { beginHistory, bound, withChange, type History } from './plan.ts';

const NOW = 1_000_000_000;
const NOTHING: History = { recommended: [], grown: [], shrunk: [] };
const limits = (current: number) => ({ current, min: 2, max: 20, now: NOW });
const ago = (replicas: number, seconds: number) => ({ replicas, at: NOW - seconds * 1000 });

test.each<[number, number, number, string]>([
  [4, 6, 6, 'DesiredWithinRange'],
  [4, 30, 8, 'ScaleUpLimit'],
  [1, 9, 4, 'ScaleUpLimit'],
  [15, 30, 20, 'TooManyReplicas'],
  [4, 1, 2, 'TooFewReplicas'],
])('without rules, of %i replicas %i wanted are %i: %s', (current, wanted, replicas, reason) => {
  const verdict = bound(wanted, undefined, NOTHING, limits(current));
  expect(verdict).toMatchObject({ replicas, able: { reason: 'ReadyForNewScale' }, limit: { reason, limited: replicas !== wanted } });
});

test('for five minutes nothing shrinks below what was recommended, the first sight included', () => {
  const begun = beginHistory(6, NOW - 299_000);
  expect(bound(3, undefined, begun, limits(6))).toMatchObject({ replicas: 6, able: { reason: 'ScaleDownStabilized' } });
  expect(bound(3, undefined, beginHistory(6, NOW - 300_000), limits(6))).toMatchObject({ replicas: 3, able: { reason: 'ReadyForNewScale' } });
  expect(bound(3, undefined, begun, limits(6)).history.recommended).toEqual([ago(6, 299), ago(3, 0)]);
});

const rules = (selectPolicy: string, ...policies: readonly [string, number, number][]): HPAScalingRules =>
  ({ selectPolicy, stabilizationWindowSeconds: 0, policies: policies.map(([type, value, periodSeconds]) => ({ type, value, periodSeconds })) });
const OPEN = rules('Max', ['Percent', 100, 15]);

test.each<[string, HPAScalingRules, Partial<History>, number, string]>([
  ['the more generous policy', rules('Max', ['Pods', 4, 60], ['Percent', 20, 60]), {}, 14, 'ScaleUpLimit'],
  ['the stricter policy', rules('Min', ['Pods', 4, 60], ['Percent', 11, 60]), {}, 12, 'ScaleUpLimit'],
  ['none at all', rules('Disabled', ['Pods', 4, 60]), {}, 10, 'ScaleUpLimit'],
  ['what is left of the period', rules('Max', ['Pods', 4, 60]), { grown: [ago(3, 30), ago(9, 90)] }, 11, 'ScaleUpLimit'],
  ['what shrank meanwhile as well', rules('Max', ['Pods', 4, 60]), { shrunk: [ago(2, 30)] }, 16, 'ScaleUpLimit'],
  ['no more than the maximum', OPEN, {}, 20, 'TooManyReplicas'],
  ['nothing once more has grown than may', rules('Max', ['Pods', 4, 60]), { grown: [ago(8, 30)] }, 10, 'ScaleUpLimit'],
])('upwards from 10: %s', (_name, scaleUp, history, replicas, reason) => {
  expect(bound(30, { scaleUp, scaleDown: OPEN }, { ...NOTHING, ...history }, limits(10))).toMatchObject({ replicas, limit: { reason, limited: true } });
});

test.each<[string, HPAScalingRules, Partial<History>, number, string]>([
  ['the policy that takes more', rules('Max', ['Pods', 4, 60], ['Percent', 20, 60]), {}, 6, 'ScaleDownLimit'],
  ['the policy that takes less', rules('Min', ['Pods', 4, 60], ['Percent', 15, 60]), {}, 8, 'ScaleDownLimit'],
  ['none at all', rules('Disabled', ['Pods', 4, 60]), {}, 10, 'ScaleDownLimit'],
  ['what is left of the period', rules('Max', ['Pods', 4, 60]), { shrunk: [ago(3, 30)] }, 9, 'ScaleDownLimit'],
  ['no fewer than the minimum', OPEN, {}, 2, 'TooFewReplicas'],
])('downwards from 10: %s', (_name, scaleDown, history, replicas, reason) => {
  expect(bound(1, { scaleUp: OPEN, scaleDown }, { ...NOTHING, ...history }, limits(10))).toMatchObject({ replicas, limit: { reason, limited: true } });
});

test('windows hold back both directions', () => {
  const behavior: HorizontalPodAutoscalerBehavior = {
    scaleUp: { ...OPEN, stabilizationWindowSeconds: 60 }, scaleDown: { ...OPEN, stabilizationWindowSeconds: 120 },
  };
  const recommended = [ago(5, 100), ago(7, 30)];
  expect(bound(9, behavior, { ...NOTHING, recommended }, limits(6))).toMatchObject({ replicas: 7, able: { reason: 'ScaleUpStabilized' } });
  expect(bound(3, behavior, { ...NOTHING, recommended }, limits(8))).toMatchObject({ replicas: 7, able: { reason: 'ScaleDownStabilized' } });
  expect(bound(3, behavior, { ...NOTHING, recommended }, limits(6)).replicas).toBe(6);
});

test('changes are remembered for the longest period, and not at all without rules', () => {
  const behavior = { scaleUp: rules('Max', ['Pods', 4, 60], ['Pods', 9, 120]), scaleDown: OPEN };
  const history = { ...NOTHING, grown: [ago(1, 130), ago(2, 90)] };
  expect(withChange(history, behavior, { from: 4, to: 7, now: NOW }).grown).toEqual([ago(2, 90), ago(3, 0)]);
  expect(withChange(history, behavior, { from: 7, to: 4, now: NOW }).shrunk).toEqual([ago(3, 0)]);
  expect(withChange(history, undefined, { from: 4, to: 7, now: NOW })).toBe(history);
});
