import { ApiError, forbiddenRequest } from '../../meta/api-error.ts';
import { type LabelSelector, isEmptySelector, matchesLabelSelector } from '../../meta/label-selector.ts';
import type { AnyObject } from '../../meta/object.ts';
import { timestamp } from '../registry/write-context.ts';
import type { Core } from '../core.ts';
import { modify } from '../registry/update.ts';
import { type ResourceRequest, writeContext } from '../resource-request.ts';
import { withCondition } from './binding.ts';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

export interface Budget extends AnyObject {
  readonly spec?: { readonly selector?: LabelSelector; readonly unhealthyPodEvictionPolicy?: string };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly disruptionsAllowed?: number;
    readonly desiredHealthy?: number;
    readonly currentHealthy?: number;
    readonly disruptedPods?: Readonly<Record<string, string>>;
    readonly conditions?: readonly Condition[];
  };
}

const SUBJECT = { group: 'policy', plural: 'poddisruptionbudget' };
/** Evictions that the disruption controller has not confirmed yet; more would make the object too large. */
const MAX_DISRUPTED = 2000;

export function budgetsOf({ resources }: Core, pod: AnyObject): readonly Budget[] {
  const found: Budget[] = [];
  for (const { object } of resources.of('policy', 'poddisruptionbudgets')?.cache.list(pod.metadata.namespace ?? '') ?? []) {
    const { selector } = (object as Budget).spec ?? {};
    if (selector && (isEmptySelector(selector) || matchesLabelSelector(selector, pod.metadata.labels))) found.push(object as Budget);
  }
  return found;
}

/** Whether a pod that is not ready may go without being counted: it does not add to the healthy ones. */
export function sparesUnready({ spec = {}, status = {} }: Budget): boolean {
  const { currentHealthy = 0, desiredHealthy = 0 } = status;
  return spec.unhealthyPodEvictionPolicy === 'AlwaysAllow' || (desiredHealthy > 0 && currentHealthy >= desiredHealthy);
}

/** Takes one from the budget's allowance, in the store, before the pod goes. @throws ApiError TooManyRequests, Forbidden */
export async function spendDisruption(at: ResourceRequest, budget: Budget, { pod, dryRun }: { readonly pod: string; readonly dryRun: boolean }): Promise<void> {
  const served = at.core.resources.of('policy', 'poddisruptionbudgets')!;
  const base = writeContext(at, 'UpdateOptions', { name: budget.metadata.name, subresource: 'status' });
  await modify({ ...base, served, query: { ...base.query, dryRun } }, {
    scope: 'status',
    trusted: true,
    transform: (current) => spent(current as Budget, pod, timestamp(at.core.clock.now())),
  });
}

function spent(budget: Budget, pod: string, now: string): AnyObject {
  const { status = {}, metadata } = budget;
  const { disruptionsAllowed = 0, observedGeneration = 0, disruptedPods = {} } = status;
  if (observedGeneration < (metadata.generation ?? 0)) throw beingProcessed(metadata.name);
  if (disruptionsAllowed < 0) throw forbiddenRequest(SUBJECT, metadata.name, 'pdb disruptions allowed is negative');
  if (Object.keys(disruptedPods).length > MAX_DISRUPTED) {
    throw forbiddenRequest(SUBJECT, metadata.name, 'DisruptedPods map too big - too many evictions not confirmed by PDB controller');
  }
  if (disruptionsAllowed === 0) throw tooManyRequests(refusal(budget), 0);
  const next = { ...status, disruptionsAllowed: disruptionsAllowed - 1, disruptedPods: { ...disruptedPods, [pod]: now } };
  const exhausted = { type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods', message: '', observedGeneration, lastTransitionTime: now };
  return { ...budget, status: next.disruptionsAllowed === 0 ? withCondition(next, exhausted) : next };
}

/** The controller has still to look at it, or the pod changed meanwhile. */
export const beingProcessed = (budget: string): ApiError => tooManyRequests(`The disruption budget ${budget} is still being processed by the server.`, 10);

function tooManyRequests(message: string, retryAfterSeconds: number): ApiError {
  return new ApiError('TooManyRequests', 'Cannot evict pod as it would violate the pod\'s disruption budget.', {
    details: { causes: [{ reason: 'DisruptionBudget', message }], ...(retryAfterSeconds > 0 ? { retryAfterSeconds } : {}) },
  });
}

function refusal({ metadata: { name }, status = {} }: Budget): string {
  const { desiredHealthy = 0, currentHealthy = 0, conditions = [] } = status;
  const failed = conditions.find(({ type, status: is, message = '' }) => type === 'DisruptionAllowed' && is === 'False' && message !== '');
  // After a failure to sync the counts mean nothing.
  if (failed?.reason === 'SyncFailed') return `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${failed.message}`;
  if (currentHealthy <= desiredHealthy) return `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  const why = failed ? ` (${failed.reason ?? ''}): ${failed.message}` : '';
  return `The disruption budget ${name} does not allow evicting pods currently${why}`;
}
