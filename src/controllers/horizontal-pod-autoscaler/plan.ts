/** What becomes of a recommendation: what was recommended lately, and how fast and how far the workload may change. */
import type { Millis } from '../../base/clock.ts';
import type {
  HorizontalPodAutoscaler, HorizontalPodAutoscalerBehavior, HorizontalPodAutoscalerCondition, HPAScalingRules,
} from '../../kinds/autoscaling/horizontal-pod-autoscaler.ts';
import { parseQuantity } from '../../meta/quantity.ts';
import { formatTime } from '../../meta/time.ts';
import { setCondition } from '../../rules/pod-conditions.ts';
import type { Tolerance } from './calculator.ts';

/** A number of replicas recommended, or by which they changed, and when. */
interface Dated {
  readonly replicas: number;
  readonly at: Millis;
}

/** What is remembered of an autoscaler from one look to the next. Immutable. */
export interface History {
  readonly recommended: readonly Dated[];
  readonly grown: readonly Dated[];
  readonly shrunk: readonly Dated[];
}

export interface Limits {
  readonly current: number;
  readonly min: number;
  readonly max: number;
  readonly now: Millis;
}

/** What may be done at once. */
export interface Verdict {
  readonly replicas: number;
  readonly history: History;
  readonly able: Word;
  /** `limited`: a bound, not the metrics, set the number. */
  readonly limit: Word & { readonly limited: boolean };
}

interface Word {
  readonly reason: string;
  readonly message: string;
}

const DOWN_WINDOW_SECONDS = 300;
const DEFAULT_TOLERANCE = 0.1;
const READY: Word = { reason: 'ReadyForNewScale', message: 'recommended size matches current size' };
const HELD_DOWN: Word = { reason: 'ScaleDownStabilized', message: 'recent recommendations were higher than current one, applying the highest recent recommendation' };
const HELD_UP: Word = { reason: 'ScaleUpStabilized', message: 'recent recommendations were lower than current one, applying the lowest recent recommendation' };
const IN_RANGE: Word = { reason: 'DesiredWithinRange', message: 'the desired count is within the acceptable range' };
const TOO_FEW: Word = { reason: 'TooFewReplicas', message: 'the desired replica count is less than the minimum replica count' };
const TOO_MANY: Word = { reason: 'TooManyReplicas', message: 'the desired replica count is more than the maximum replica count' };
const UP_LIMIT: Word = { reason: 'ScaleUpLimit', message: 'the desired replica count is increasing faster than the maximum scale rate' };
const DOWN_LIMIT: Word = { reason: 'ScaleDownLimit', message: 'the desired replica count is decreasing faster than the maximum scale rate' };

/** The first look remembers what there is, so that a restart does not shrink anything at once. */
export const beginHistory = (current: number, now: Millis): History => ({ recommended: [{ replicas: current, at: now }], grown: [], shrunk: [] });

export function tolerancesOf({ spec: { behavior } }: HorizontalPodAutoscaler): Tolerance {
  const of = (rules: HPAScalingRules | undefined): number =>
    (rules?.tolerance === undefined ? DEFAULT_TOLERANCE : Number(parseQuantity(rules.tolerance).nanos) / 1e9);
  return { down: of(behavior?.scaleDown), up: of(behavior?.scaleUp) };
}

/** Brings a recommendation into what the windows, the policies and the bounds allow. */
export function bound(wanted: number, behavior: HorizontalPodAutoscalerBehavior | undefined, history: History, limits: Limits): Verdict {
  const { replicas: steady, held, windows } = stabilized(wanted, behavior, history, limits);
  const oldest = limits.now - windows * 1000;
  const recommended = [...history.recommended.filter(({ at }) => at >= oldest), { replicas: wanted, at: limits.now }];
  const { replicas, word } = behavior ? ruled(steady, behavior, history, limits) : plain(steady, limits);
  return {
    replicas,
    history: { ...history, recommended },
    able: steady === wanted ? READY : held,
    limit: { ...word, limited: replicas !== steady },
  };
}

function stabilized(wanted: number, behavior: HorizontalPodAutoscalerBehavior | undefined, { recommended }: History, { current, now }: Limits) {
  const up = behavior?.scaleUp?.stabilizationWindowSeconds ?? 0;
  const down = behavior?.scaleDown?.stabilizationWindowSeconds ?? DOWN_WINDOW_SECONDS;
  const lately = (seconds: number) => recommended.filter(({ at }) => at > now - seconds * 1000).map(({ replicas }) => replicas);
  const highest = Math.max(wanted, ...lately(down));
  const windows = Math.max(up, down);
  if (!behavior) return { replicas: highest, held: HELD_DOWN, windows };
  const lowest = Math.min(wanted, ...lately(up));
  // Up no further than the lowest of its window, and then not above the highest of the other.
  return { replicas: Math.min(Math.max(current, lowest), highest), held: wanted >= current ? HELD_UP : HELD_DOWN, windows };
}

interface Ruled {
  readonly replicas: number;
  readonly word: Word;
}

/** Without rules of its own: at most to the double, or to four. */
function plain(wanted: number, { current, min, max }: Limits): Ruled {
  const fastest = Math.trunc(Math.max(2 * current, 4));
  const most = Math.min(max, fastest);
  if (wanted < min) return { replicas: min, word: TOO_FEW };
  if (wanted > most) return { replicas: most, word: max > fastest ? UP_LIMIT : TOO_MANY };
  return { replicas: wanted, word: IN_RANGE };
}

function ruled(wanted: number, { scaleUp = {}, scaleDown = {} }: HorizontalPodAutoscalerBehavior, history: History, limits: Limits): Ruled {
  const { current, min, max } = limits;
  if (wanted > current) {
    const fastest = Math.max(current, upLimit(scaleUp, history, limits));
    const most = Math.min(max, fastest);
    if (wanted > most) return { replicas: most, word: max > fastest ? UP_LIMIT : TOO_MANY };
  } else if (wanted < current) {
    const fastest = Math.min(current, downLimit(scaleDown, history, limits));
    const least = Math.max(min, fastest);
    if (wanted < least) return { replicas: least, word: min < fastest ? DOWN_LIMIT : TOO_FEW };
  }
  return { replicas: wanted, word: IN_RANGE };
}

/** What each policy allows, counted from the size at the beginning of its period. */
function allowed(rules: HPAScalingRules, { grown, shrunk }: History, { current, now }: Limits, sign: 1 | -1): readonly number[] {
  const since = (events: readonly Dated[], seconds: number): number =>
    events.filter(({ at }) => at > now - seconds * 1000).reduce((total, { replicas }) => total + replicas, 0);
  return (rules.policies ?? []).map(({ type, value, periodSeconds }) => {
    const start = current - since(grown, periodSeconds) + since(shrunk, periodSeconds);
    if (type === 'Pods') return start + sign * value;
    const share = start * (1 + (sign * value) / 100);
    return sign > 0 ? Math.ceil(share) : Math.trunc(share);
  });
}

function upLimit(rules: HPAScalingRules, history: History, limits: Limits): number {
  if (rules.selectPolicy === 'Disabled') return limits.current;
  const proposals = allowed(rules, history, limits, 1);
  return rules.selectPolicy === 'Min' ? Math.min(...proposals) : Math.max(...proposals);
}

/** Downwards the strictest policy is the one that leaves the most. */
function downLimit(rules: HPAScalingRules, history: History, limits: Limits): number {
  if (rules.selectPolicy === 'Disabled') return limits.current;
  const proposals = allowed(rules, history, limits, -1);
  return rules.selectPolicy === 'Min' ? Math.max(...proposals) : Math.min(...proposals);
}

/** Remembers a change for as long as the longest policy asks. Without rules nobody asks. */
export function withChange(history: History, behavior: HorizontalPodAutoscalerBehavior | undefined, change: { readonly from: number; readonly to: number; readonly now: Millis }): History {
  if (!behavior) return history;
  const { from, to, now } = change;
  const kept = (events: readonly Dated[], rules: HPAScalingRules | undefined, by: number): readonly Dated[] => {
    const longest = Math.max(0, ...(rules?.policies ?? []).map(({ periodSeconds }) => periodSeconds));
    const recent = events.filter(({ at }) => at > now - longest * 1000);
    return by > 0 ? [...recent, { replicas: by, at: now }] : recent;
  };
  return { ...history, grown: kept(history.grown, behavior.scaleUp, to - from), shrunk: kept(history.shrunk, behavior.scaleDown, from - to) };
}

type Conditions = readonly HorizontalPodAutoscalerCondition[] | undefined;

export const withCondition = (conditions: Conditions, type: string, { status, reason, message, now }: Word & { readonly status: boolean; readonly now: Millis }): Conditions =>
  setCondition(conditions, { type, status: status ? 'True' : 'False', reason, message, lastTransitionTime: formatTime(now) });
