import { ApiError, badRequest, isApiError, notFound } from '../../meta/api-error.ts';
import { type LabelSelector, isEmptySelector, matchesLabelSelector } from '../../meta/label-selector.ts';
import type { AnyObject } from '../../meta/object.ts';
import type { Core } from '../core.ts';
import { parseDeleteOptions, type DeleteOptions } from '../registry/delete-options.ts';
import { remove } from '../registry/delete.ts';
import { readFresh } from '../registry/storage.ts';
import { modify } from '../registry/update.ts';
import { timestamp } from '../registry/write-context.ts';
import { answerObject, bodyOf, type ResourceRequest, writeContext } from '../resource-request.ts';
import { success } from '../respond.ts';
import { withCondition } from './binding.ts';
import type { Subresource } from './table.ts';

/** Deletes a pod if its disruption budgets allow it. */
export const eviction: Subresource = {
  async create(at) {
    const { core, served, exchange: { info } } = at;
    const options = evictionOptions(bodyOf(at, 'Eviction'), info.query);
    const version = await readFresh(core, served, served.codec.keyOf(info.namespace, info.name));
    if (!version) throw notFound(served.kind, info.name);
    const pod = version.object;
    if (!mayGoFreely(pod)) await spendDisruption(at, pod, options.dryRun);
    if (!options.dryRun) await markDisrupted(at);
    const query = { dryRun: options.dryRun, fieldManager: '', fieldValidation: 'Ignore' as const, force: false };
    await remove(writeContext(at, 'DeleteOptions', { subresource: '', query }), { ...options, ...(options.uid ? {} : { uid: pod.metadata.uid }) });
    return answerObject(at, 201, { ...success(), code: 201 });
  },
};

/** policy/v1 and the v1beta1 that older kubectls still send. */
function evictionOptions(body: unknown, query: URLSearchParams): DeleteOptions {
  if (typeof body !== 'object' || body === null) throw badRequest('an Eviction is expected');
  const { kind = 'Eviction', apiVersion = 'policy/v1', deleteOptions } = body as { readonly kind?: string; readonly apiVersion?: string; readonly deleteOptions?: unknown };
  if (kind !== 'Eviction' || !['policy/v1', 'policy/v1beta1'].includes(apiVersion)) {
    throw badRequest(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`);
  }
  return parseDeleteOptions(deleteOptions ?? {}, query);
}

/** Nobody counts on it: finished, not started, or going already. */
function mayGoFreely(pod: AnyObject): boolean {
  const phase = (pod['status'] as { readonly phase?: string } | undefined)?.phase;
  return phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending' || pod.metadata.deletionTimestamp !== undefined;
}

interface Budget extends AnyObject {
  readonly spec?: { readonly selector?: LabelSelector };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly disruptionsAllowed?: number;
    readonly desiredHealthy?: number;
    readonly currentHealthy?: number;
    readonly disruptedPods?: Readonly<Record<string, string>>;
  };
}

function budgetsOf({ resources }: Core, pod: AnyObject): readonly Budget[] {
  const found: Budget[] = [];
  for (const { object } of resources.of('policy', 'poddisruptionbudgets')?.cache.list(pod.metadata.namespace ?? '') ?? []) {
    const { selector } = (object as Budget).spec ?? {};
    if (selector && (isEmptySelector(selector) || matchesLabelSelector(selector, pod.metadata.labels))) found.push(object as Budget);
  }
  return found;
}

/** Takes one from the budget's allowance, in the store, before the pod goes. */
async function spendDisruption(at: ResourceRequest, pod: AnyObject, dryRun: boolean): Promise<void> {
  const [budget, other] = budgetsOf(at.core, pod);
  if (!budget) return;
  if (other) throw new ApiError('InternalError', 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.');
  const served = at.core.resources.of('policy', 'poddisruptionbudgets')!;
  const base = writeContext(at, 'UpdateOptions', { name: budget.metadata.name, subresource: 'status' });
  await modify({ ...base, served, query: { ...base.query, dryRun } }, {
    scope: 'status',
    trusted: true,
    transform: (current) => spent(current as Budget, pod.metadata.name, timestamp(at.core.clock.now())),
  });
}

function spent(budget: Budget, pod: string, now: string): AnyObject {
  const { status = {}, metadata } = budget;
  const { disruptionsAllowed = 0, desiredHealthy = 0, currentHealthy = 0, observedGeneration = 0, disruptedPods = {} } = status;
  const refuse = (message: string, retryAfterSeconds: number) =>
    new ApiError('TooManyRequests', 'Cannot evict pod as it would violate the pod\'s disruption budget.', {
      details: { causes: [{ reason: 'DisruptionBudget', message }], ...(retryAfterSeconds > 0 ? { retryAfterSeconds } : {}) },
    });
  if (observedGeneration < (metadata.generation ?? 0)) throw refuse(`The disruption budget ${metadata.name} is still being processed by the server.`, 10);
  if (disruptionsAllowed <= 0) throw refuse(`The disruption budget ${metadata.name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`, 0);
  return { ...budget, status: { ...status, disruptionsAllowed: disruptionsAllowed - 1, disruptedPods: { ...disruptedPods, [pod]: now } } };
}

async function markDisrupted(at: ResourceRequest): Promise<void> {
  const condition = {
    type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting',
    lastProbeTime: null, lastTransitionTime: timestamp(at.core.clock.now()),
  };
  try {
    await modify(writeContext(at, 'UpdateOptions', { subresource: 'status' }), {
      scope: 'status', trusted: true, transform: (pod) => ({ ...pod, status: withCondition(pod['status'], condition) }),
    });
  } catch (error) {
    if (!isApiError(error, 'NotFound')) throw error;
  }
}
