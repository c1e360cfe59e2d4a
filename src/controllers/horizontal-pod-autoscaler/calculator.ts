/** How many replicas a metric asks for: arithmetic on what was measured and on the pods there are. Values are thousandths. */
import type { Millis } from '../../base/clock.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { parseQuantity, quantityMilliValue } from '../../meta/quantity.ts';
import { parseTime } from '../../meta/time.ts';
import { findCondition, isReady } from '../../rules/pod-conditions.ts';
import { podRequests } from '../../rules/pod-resources.ts';

/** What one pod used over `window`, which ended at `at`. */
export interface Sample {
  readonly value: number;
  readonly at: Millis;
  readonly window: Millis;
}
export type Samples = ReadonlyMap<string, Sample>;

/** How far off its target a metric may be, as a fraction, before anything changes. */
export interface Tolerance {
  readonly down: number;
  readonly up: number;
}

/** What every calculation starts from. */
export interface Scene {
  readonly current: number;
  readonly pods: readonly Pod[];
  readonly tolerance: Tolerance;
  readonly now: Millis;
}

/** What was measured, on average, and how many replicas follow. */
export interface Outcome {
  readonly replicas: number;
  readonly usage: number;
}

/** A metric that cannot be computed; the message is what users read. */
export class MetricError extends Error {}

/** For so long after its start a pod's CPU says nothing unless it is ready. */
const CPU_INITIALIZATION: Millis = 5 * 60_000;
/** A pod that turned unready within this time of its start has never been ready. */
const INITIAL_READINESS: Millis = 30_000;

const within = ({ down, up }: Tolerance, ratio: number): boolean => 1 - down <= ratio && ratio <= 1 + up;
const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);

interface Groups {
  readonly ready: number;
  /** Values of the pods that count. */
  readonly values: ReadonlyMap<string, number>;
  /** Too young to be trusted: they count as idle when growing. */
  readonly unready: readonly string[];
  /** Without a sample: they hold back a change in either direction. */
  readonly missing: readonly string[];
}

/** Sorts pods by what their samples are worth; of CPU those of a start are not. */
export function groupPods(pods: readonly Pod[], samples: Samples, about: { readonly resource: string; readonly now: Millis }): Groups {
  const values = new Map([...samples].map(([name, { value }]) => [name, value]));
  const unready: string[] = [];
  const missing: string[] = [];
  let ready = 0;
  for (const pod of pods) {
    const { name, deletionTimestamp } = pod.metadata;
    const sample = samples.get(name);
    if (deletionTimestamp !== undefined || pod.status.phase === 'Failed') values.delete(name);
    else if (pod.status.phase === 'Pending' || (sample && about.resource === 'cpu' && isStarting(pod, sample, about.now))) {
      values.delete(name);
      unready.push(name);
    } else if (sample) ready++;
    else missing.push(name);
  }
  return { ready, values, unready, missing };
}

function isStarting({ status }: Pod, sample: Sample, now: Millis): boolean {
  const condition = findCondition(status.conditions, 'Ready');
  const started = parseTime(status.startTime);
  if (!condition || started === undefined) return true;
  const changed = parseTime(condition.lastTransitionTime) ?? 0;
  const isUnready = condition.status === 'False';
  if (started + CPU_INITIALIZATION > now) return isUnready || sample.at < changed + sample.window;
  return isUnready && started + INITIAL_READINESS > changed;
}

interface Measure extends Outcome {
  /** Percentage of requests. */
  readonly utilization: number;
}

/** By a resource's use as a percentage of what the pods request. @throws MetricError */
export function byUtilization(scene: Scene, samples: Samples, on: { readonly resource: string; readonly container?: string; readonly target: number }): Measure {
  const groups = grouped(scene, samples, on.resource);
  const requests = new Map(scene.pods.map((pod) => [pod.metadata.name, requestOf(pod, on)]));
  const measure = (values: ReadonlyMap<string, number>) => {
    const known = [...values].filter(([name]) => requests.has(name));
    const requested = sum(known.map(([name]) => requests.get(name)!));
    if (requested === 0) throw new MetricError('no metrics returned matched known pods');
    const total = sum(known.map(([, value]) => value));
    const utilization = Math.trunc((total * 100) / requested);
    return { ratio: utilization / on.target, utilization, usage: Math.trunc(total / known.length) };
  };
  const first = measure(groups.values);
  // A pod without a sample is taken to use all it asked for when shrinking, nothing when growing.
  const filled = (name: string): number => Math.trunc((requests.get(name)! * Math.max(100, on.target)) / 100);
  const replicas = damped(scene, groups, { ratio: first.ratio, filled, again: (values) => measure(values).ratio });
  return { replicas, usage: first.usage, utilization: first.utilization };
}

/** By the average of a plain value over the pods. `resource` is empty for a metric that is none. @throws MetricError */
export function byAverage(scene: Scene, samples: Samples, on: { readonly resource: string; readonly target: number }): Outcome {
  const groups = grouped(scene, samples, on.resource);
  const measure = (values: ReadonlyMap<string, number>) => {
    const usage = Math.trunc(sum(values.values()) / values.size);
    return { usage, ratio: usage / on.target };
  };
  const { usage, ratio } = measure(groups.values);
  return { usage, replicas: damped(scene, groups, { ratio, filled: () => on.target, again: (values) => measure(values).ratio }) };
}

function grouped({ pods, now }: Scene, samples: Samples, resource: string): Groups {
  if (pods.length === 0) throw noPods();
  const groups = groupPods(pods, samples, { resource, now });
  if (groups.values.size === 0) throw new MetricError('did not receive metrics for targeted pods (pods might be unready)');
  return groups;
}

const noPods = () => new MetricError('no pods returned by selector while calculating replica count');

interface Damping {
  readonly ratio: number;
  /** What a pod without a sample is taken to use when shrinking. */
  readonly filled: (name: string) => number;
  readonly again: (values: ReadonlyMap<string, number>) => number;
}

/** Fills in what is not known against the direction of the change; a change that this would turn around does not happen. */
function damped({ current, tolerance }: Scene, { ready, values, unready, missing }: Groups, { ratio, filled, again }: Damping): number {
  const idle = ratio > 1 ? unready : [];
  if (idle.length === 0 && missing.length === 0) return within(tolerance, ratio) ? current : Math.ceil(ratio * ready);
  const all = new Map(values);
  if (ratio !== 1) for (const name of missing) all.set(name, ratio < 1 ? filled(name) : 0);
  for (const name of idle) all.set(name, 0);
  const next = again(all);
  if (within(tolerance, next) || (ratio < 1 && next > 1) || (ratio > 1 && next < 1)) return current;
  const replicas = Math.ceil(next * all.size);
  return (next < 1 && replicas > current) || (next > 1 && replicas < current) ? current : replicas;
}

/** By one value for all, compared with a target for all. @throws MetricError */
export function byValue({ current, pods, tolerance }: Scene, usage: number, target: number): Outcome {
  const ratio = usage / target;
  if (current === 0) return { usage, replicas: Math.ceil(ratio) };
  if (within(tolerance, ratio)) return { usage, replicas: current };
  if (pods.length === 0) throw new MetricError(`unable to calculate ready pods: ${noPods().message}`);
  const ready = pods.filter((pod) => pod.status.phase === 'Running' && isReady(pod)).length;
  return { usage, replicas: Math.ceil(ratio * ready) };
}

const MOST = 2 ** 31 - 1;

/** By one value for all, compared with a target for each. `current` counts the replicas there are, not those wanted. */
export function perPod({ current, tolerance }: Pick<Scene, 'current' | 'tolerance'>, total: number, target: number): Outcome {
  const keep = within(tolerance, total / (target * current));
  const usage = current === 0 ? total : Math.ceil(total / current);
  return { usage, replicas: keep ? current : Math.min(MOST, Math.ceil(total / target)) };
}

/** One container's request, the pod's own (KEP-2837), or the sum over containers and sidecars. @throws MetricError */
function requestOf(pod: Pod, { resource, container }: { readonly resource: string; readonly container?: string }): number {
  const { containers, initContainers = [], resources } = pod.spec;
  const podName = pod.metadata.name;
  if (container === undefined && Object.keys(resources?.requests ?? {}).length > 0) {
    const amount = podRequests(pod).get(resource);
    if (amount === undefined) throw new MetricError(`missing pod-level request for ${resource} in Pod ${podName}`);
    return resource === 'cpu' ? amount : amount * 1000;
  }
  const running = [...containers, ...initContainers.filter((one) => one.restartPolicy === 'Always')];
  const counted = container === undefined ? running : running.filter(({ name }) => name === container);
  if (container !== undefined && counted.length === 0) throw new MetricError(`container ${container} not found in Pod ${podName}`);
  return sum(counted.map(({ name, resources: own }) => {
    const request = own?.requests?.[resource];
    if (request === undefined) throw new MetricError(`missing request for ${resource} in container ${name} of Pod ${podName}`);
    return quantityMilliValue(parseQuantity(request));
  }));
}
