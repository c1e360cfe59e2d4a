import type { Millis } from '../../base/clock.ts';
import { messageOf } from '../../base/message-of.ts';
import {
  HorizontalPodAutoscaler, type HorizontalPodAutoscalerCondition, type HorizontalPodAutoscalerStatus,
} from '../../kinds/autoscaling/horizontal-pod-autoscaler.ts';
import type { MetricStatus } from '../../kinds/autoscaling/metrics.ts';
import type { Scale } from '../../kinds/autoscaling/scale.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { matchesRequirements, parseLabelSelector, type Requirement } from '../../meta/label-selector.ts';
import { formatTime } from '../../meta/time.ts';
import { writeStatus } from '../pod-control.ts';
import { defineController, type Context, type Controller } from '../runtime/index.ts';
import { MetricsClient } from './metrics-client.ts';
import { evaluate, type Failure, type Proposal } from './metrics.ts';
import { beginHistory, bound, tolerancesOf, withChange, withCondition, type History } from './plan.ts';
import { getScale, putScale, Targets, type Target } from './target.ts';

const EVERY: Millis = 15_000;

/** What is known of an autoscaler beyond its object. */
interface Known {
  readonly due: Millis;
  readonly history?: History;
  /** Which pods its target has; undefined until its target was found. */
  readonly selector?: readonly Requirement[];
}

/** Scales workloads by metrics, each autoscaler every 15 seconds and never because something changed. */
export function horizontalPodAutoscalerController(): Controller {
  const known = new Map<string, Known>();
  let targets: Targets | undefined;
  return defineController({
    name: 'horizontal-pod-autoscaler',
    component: 'horizontal-pod-autoscaler',
    for: HorizontalPodAutoscaler,
    reads: [Pod],
    workers: 5,

    async reconcile(hpa, context) {
      const now = context.clock.monotonic();
      const key = keyOf(hpa);
      const { due } = known.get(key) ?? { due: now + EVERY };
      if (now < due) {
        if (!known.has(key)) known.set(key, { due });
        return due - now;
      }
      known.set(key, { ...known.get(key), due: now + EVERY });
      // A failure is told on the object; the next look comes when it would have come.
      targets ??= new Targets(context.client, context.clock);
      await new Round(hpa, { known, targets }, context).run().catch((error: unknown) => {
        if (!context.signal.aborted) context.log.debug('not scaled', { key, error: messageOf(error) });
      });
      return EVERY;
    },

    async gone(key) {
      known.delete(key);
    },
  });
}

const keyOf = ({ metadata }: HorizontalPodAutoscaler): string => `${metadata.namespace}/${metadata.name}`;

interface Found {
  readonly target: Target;
  readonly scale: Scale;
}

/** How many replicas there should be, and why. */
interface Decision {
  readonly replicas: number;
  readonly reason: string;
}

/** One look at one autoscaler. */
class Round {
  readonly #hpa: HorizontalPodAutoscaler;
  readonly #key: string;
  readonly #known: Map<string, Known>;
  readonly #context: Context;
  readonly #targets: Targets;
  #conditions: readonly HorizontalPodAutoscalerCondition[] | undefined;
  #metrics: readonly MetricStatus[] = [];

  constructor(hpa: HorizontalPodAutoscaler, { known, targets }: { readonly known: Map<string, Known>; readonly targets: Targets }, context: Context) {
    this.#hpa = hpa;
    this.#key = keyOf(hpa);
    this.#known = known;
    this.#context = context;
    this.#targets = targets;
    this.#conditions = hpa.status.conditions;
  }

  async run(): Promise<void> {
    const found = await this.#find();
    if (!found) return;
    const current = found.scale.spec?.replicas ?? 0;
    const { history = beginHistory(current, this.#context.now) } = this.#known.get(this.#key) ?? {};
    this.#remember({ history });
    const decision = await this.#decide(found.scale, current, history);
    if (!decision) return this.#write({ currentReplicas: current });
    if (decision.replicas === current) return this.#write({ currentReplicas: current, desiredReplicas: current });
    await this.#rescale(found, current, decision);
  }

  async #find(): Promise<Found | undefined> {
    const { scaleTargetRef: { apiVersion = '', kind, name } } = this.#hpa.spec;
    const { namespace = '' } = this.#hpa.metadata;
    try {
      const parts = apiVersion.split('/');
      if (parts.length > 2) throw new Error(`unexpected GroupVersion string: ${apiVersion}`);
      const target = await this.#targets.find({ group: parts.length === 2 ? parts[0]! : '', kind });
      const scale = await getScale(this.#context.client, target, { namespace, name });
      this.#set('AbleToScale', true, 'SucceededGetScale', "the HPA controller was able to get the target's current scale");
      return { target, scale };
    } catch (error) {
      if (this.#context.signal.aborted) throw error;
      this.#warn('FailedGetScale', messageOf(error));
      this.#set('AbleToScale', false, 'FailedGetScale', `the HPA controller was unable to get the target's current scale: ${messageOf(error)}`);
      await this.#write({}, this.#hpa.status.currentMetrics ?? []);
      return undefined;
    }
  }

  /** @returns undefined where the metrics do not say */
  async #decide(scale: Scale, current: number, history: History): Promise<Decision | undefined> {
    const { minReplicas: min = 1, maxReplicas: max, behavior } = this.#hpa.spec;
    if (current === 0 && min !== 0) {
      this.#set('ScalingActive', false, 'ScalingDisabled', 'scaling is disabled since the replica count of the target is zero');
      return { replicas: current, reason: '' };
    }
    if (current > max) return { replicas: max, reason: 'Current number of replicas above Spec.MaxReplicas' };
    if (current < min) return { replicas: min, reason: 'Current number of replicas below Spec.MinReplicas' };
    const proposal = await this.#propose(scale, current);
    if (!proposal) return undefined;
    const { replicas: wanted, name } = proposal;
    const reason = wanted > current ? `${name} above target` : wanted < current ? 'All metrics below target' : '';
    const verdict = bound(wanted, behavior, history, { current, min, max, now: this.#context.now });
    this.#remember({ history: verdict.history });
    this.#set('AbleToScale', true, verdict.able.reason, verdict.able.message);
    this.#set('ScalingLimited', verdict.limit.limited, verdict.limit.reason, verdict.limit.message);
    return { replicas: verdict.replicas, reason };
  }

  /** The metric that asks for the most. Where some cannot be computed, the others may make the workload grow, not shrink. */
  async #propose(scale: Scale, current: number): Promise<Pick<Proposal, 'replicas' | 'name'> | undefined> {
    const selector = this.#select(scale);
    if (!selector) return undefined;
    const { cache, client, now } = this.#context;
    const pods = cache.list(Pod, this.#hpa.metadata.namespace).filter(({ metadata }) => matchesRequirements(selector, metadata.labels));
    if (this.#isAmbiguous(pods, scale.status.selector!)) return undefined;
    const subject = {
      pods, now, current, actual: scale.status.replicas ?? 0, selector: scale.status.selector!, tolerance: tolerancesOf(this.#hpa),
    };
    const results = await evaluate(this.#hpa, subject, new MetricsClient(client, this.#targets));
    this.#metrics = results.map((result) => (isFailure(result) ? { type: '' } : result.status));
    const failures = results.filter(isFailure);
    for (const { reason, message } of failures) this.#warn(reason, message);
    const most = results.reduce<Pick<Proposal, 'replicas' | 'name'>>((best, result) => (
      isFailure(result) || (best.replicas !== 0 && result.replicas <= best.replicas) ? best : result), { replicas: 0, name: '' });
    const [first] = failures;
    if (first && (failures.length === results.length || most.replicas < current)) {
      this.#set('ScalingActive', false, first.reason, `the HPA was unable to compute the replica count: ${first.message}`);
      this.#warn('FailedComputeMetricsReplicas', `invalid metrics (${failures.length} invalid out of ${results.length}), first error is: ${first.summary}`);
      return undefined;
    }
    this.#set('ScalingActive', true, 'ValidMetricFound', `the HPA was able to successfully calculate a replica count from ${most.name}`);
    return most;
  }

  #select({ status: { selector: text = '' } }: Scale): readonly Requirement[] | undefined {
    if (text === '') {
      this.#invalid('SelectorRequired', 'selector is required', { reason: 'InvalidSelector', message: "the HPA target's scale is missing a selector" });
      return undefined;
    }
    try {
      const selector = parseLabelSelector(text);
      this.#remember({ selector });
      return selector;
    } catch (error) {
      this.#invalid('InvalidSelector', `couldn't convert selector into a corresponding internal selector object: ${messageOf(error)}`);
      return undefined;
    }
  }

  /** Two autoscalers that move the same pods would move them against each other. */
  #isAmbiguous(pods: readonly Pod[], selector: string): boolean {
    const prefix = `${this.#hpa.metadata.namespace}/`;
    const others = [...this.#known].filter(([key, other]) =>
      key.startsWith(prefix) && other.selector && pods.some(({ metadata }) => matchesRequirements(other.selector!, metadata.labels)));
    if (others.length < 2) return false;
    this.#invalid('AmbiguousSelector', `pods by selector ${selector} are controlled by multiple HPAs: [${others.map(([key]) => key).toSorted().join(' ')}]`);
    return true;
  }

  #invalid(eventReason: string, message: string, condition = { reason: eventReason, message }): void {
    this.#warn(eventReason, message);
    this.#set('ScalingActive', false, condition.reason, condition.message);
    this.#warn('FailedComputeMetricsReplicas', message);
  }

  async #rescale({ target, scale }: Found, current: number, { replicas, reason }: Decision): Promise<void> {
    const { client, events, now } = this.#context;
    try {
      await putScale(client, target, scale, replicas);
    } catch (error) {
      if (this.#context.signal.aborted) throw error;
      this.#warn('FailedRescale', `New size: ${replicas}; reason: ${reason}; error: ${messageOf(error)}`);
      this.#set('AbleToScale', false, 'FailedUpdateScale', `the HPA controller was unable to update the target scale: ${messageOf(error)}`);
      return this.#write({ currentReplicas: current });
    }
    this.#set('AbleToScale', true, 'SucceededRescale', `the HPA controller was able to update the target scale to ${replicas}`);
    events.event(this.#hpa, 'Normal', 'SuccessfulRescale', `New size: ${replicas}; reason: ${reason}`);
    const { history = beginHistory(current, now) } = this.#known.get(this.#key) ?? {};
    this.#remember({ history: withChange(history, this.#hpa.spec.behavior, { from: current, to: replicas, now }) });
    await this.#write({ currentReplicas: current, desiredReplicas: replicas, lastScaleTime: formatTime(now) });
  }

  async #write(parts: Partial<HorizontalPodAutoscalerStatus>, currentMetrics: readonly MetricStatus[] = this.#metrics): Promise<void> {
    const { conditions: _conditions, ...before } = this.#hpa.status;
    const status: HorizontalPodAutoscalerStatus = {
      ...before, ...parts,
      currentMetrics: currentMetrics.length > 0 ? currentMetrics : null,
      ...(this.#conditions ? { conditions: this.#conditions } : {}),
    };
    await writeStatus(this.#context, HorizontalPodAutoscaler, this.#hpa, status);
  }

  #remember(more: Partial<Known>): void {
    const before = this.#known.get(this.#key);
    if (before) this.#known.set(this.#key, { ...before, ...more });
  }

  #set(type: string, status: boolean, reason: string, message: string): void {
    this.#conditions = withCondition(this.#conditions, type, { status, reason, message, now: this.#context.now });
  }

  #warn(reason: string, message: string): void {
    this.#context.events.event(this.#hpa, 'Warning', reason, message);
  }
}

const isFailure = (result: Proposal | Failure): result is Failure => 'summary' in result;
