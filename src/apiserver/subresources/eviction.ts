import { ApiError, badRequest, isApiError, notFound } from '../../meta/api-error.ts';
import type { AnyObject } from '../../meta/object.ts';
import { isReady } from '../../rules/pod-conditions.ts';
import { admitBody } from './admit-body.ts';
import { Eviction } from '../../kinds/policy/eviction.ts';
import { parseDeleteOptions, type DeleteOptions } from '../registry/delete-options.ts';
import { remove } from '../registry/delete.ts';
import { readFresh } from '../registry/storage.ts';
import { modify } from '../registry/update.ts';
import { timestamp } from '../registry/write-context.ts';
import { answerObject, bodyOf, type ResourceRequest, writeContext } from '../resource-request.ts';
import { success } from '../respond.ts';
import { withCondition } from './binding.ts';
import { beingProcessed, budgetsOf, sparesUnready, spendDisruption } from './disruption-budget.ts';
import type { Subresource } from './table.ts';

/** How often an eviction that needs no budget looks again after the pod changed under it. */
const ATTEMPTS = 20;

/** Deletes a pod if its disruption budgets allow it. */
export const eviction: Subresource = {
  async create(at) {
    const options = await evictionOptions(at);
    await evict(at, options);
    return answerObject(at, 201, { ...success(), code: 201 });
  },
};

async function evict(at: ResourceRequest, options: DeleteOptions): Promise<void> {
  let pod = await currentPod(at);
  for (let attempt = 1; mayGoFreely(pod); attempt++) {
    // A pod that is only starting may become ready meanwhile, and then counts.
    const watched = isOver(pod) || options.resourceVersion !== undefined ? options : { ...options, resourceVersion: pod.metadata.resourceVersion ?? '' };
    try {
      return await removePod(at, watched);
    } catch (error) {
      if (!isApiError(error, 'Conflict') || options.resourceVersion !== undefined || attempt >= ATTEMPTS) throw error;
      pod = await currentPod(at);
    }
  }
  const [budget, other] = budgetsOf(at.core, pod);
  if (other) throw new ApiError('InternalError', 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.');
  // Not another one that took its name.
  const asked = { uid: pod.metadata.uid, ...options };
  if (!budget) return removePod(at, asked);
  if (isReady(pod as AnyObject & { readonly status: object }) || !sparesUnready(budget)) {
    await spendDisruption(at, budget, { pod: pod.metadata.name, dryRun: options.dryRun });
    return removePod(at, asked);
  }
  try {
    await removePod(at, { ...options, resourceVersion: pod.metadata.resourceVersion ?? '' });
  } catch (error) {
    if (isApiError(error, 'Conflict') && options.resourceVersion === undefined) throw beingProcessed(budget.metadata.name);
    throw error;
  }
}

async function currentPod({ core, served, exchange: { info } }: ResourceRequest): Promise<AnyObject> {
  const version = await readFresh(core, served, served.codec.keyOf(info.namespace, info.name));
  if (!version) throw notFound(served.kind, info.name);
  return version.object;
}

/** policy/v1 and the v1beta1 that older kubectls still send. */
async function evictionOptions(at: ResourceRequest): Promise<DeleteOptions> {
  const { info } = at.exchange;
  const body = bodyOf(at, 'Eviction');
  if (typeof body !== 'object' || body === null) throw badRequest('an Eviction is expected');
  const { kind = 'Eviction', apiVersion = 'policy/v1', deleteOptions, metadata } = body as {
    readonly kind?: string; readonly apiVersion?: string; readonly deleteOptions?: unknown; readonly metadata?: { readonly name?: unknown } | null;
  };
  if (kind !== 'Eviction' || !['policy/v1', 'policy/v1beta1'].includes(apiVersion)) {
    throw badRequest(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`);
  }
  if (metadata?.name !== info.name) throw badRequest('name in URL does not match name in Eviction object');
  const options = parseDeleteOptions(deleteOptions ?? {}, info.query);
  await admitBody(at, body as AnyObject, { kind: Eviction, subresource: 'eviction', name: info.name });
  return options;
}

const phaseOf = (pod: AnyObject): string | undefined => (pod['status'] as { readonly phase?: string } | undefined)?.phase;

/** Nobody counts on it any more. */
const isOver = (pod: AnyObject): boolean => ['Succeeded', 'Failed'].includes(phaseOf(pod) ?? '') || pod.metadata.deletionTimestamp !== undefined;

/** Nor on one that has not started. */
const mayGoFreely = (pod: AnyObject): boolean => isOver(pod) || phaseOf(pod) === 'Pending';

/** Notes on the pod why it goes, then deletes it. */
async function removePod(at: ResourceRequest, options: DeleteOptions): Promise<void> {
  const marked = options.dryRun ? undefined : await markDisrupted(at, options);
  const query = { dryRun: options.dryRun, fieldManager: '', fieldValidation: 'Ignore' as const, force: false };
  const preconditions = options.resourceVersion !== undefined && marked !== undefined ? { resourceVersion: marked } : {};
  await remove(writeContext(at, 'DeleteOptions', { subresource: '', query }), { ...options, ...preconditions });
}

/** @returns the resourceVersion that the pod has then */
async function markDisrupted(at: ResourceRequest, { uid, resourceVersion }: DeleteOptions): Promise<string | undefined> {
  const condition = {
    type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting',
    lastProbeTime: null, lastTransitionTime: timestamp(at.core.clock.now()),
  };
  const outcome = await modify(writeContext(at, 'UpdateOptions', { subresource: 'status' }), {
    scope: 'status',
    trusted: true,
    transform: (pod) => {
      checkPreconditions(pod, { uid, resourceVersion });
      return { ...pod, status: withCondition(pod['status'], condition) };
    },
  });
  return 'version' in outcome ? outcome.version.object.metadata.resourceVersion : undefined;
}

function checkPreconditions({ metadata }: AnyObject, { uid, resourceVersion }: { uid: string | undefined; resourceVersion: string | undefined }): void {
  const refuse = (why: string) => new ApiError('Conflict', `Operation cannot be fulfilled on Pod ${JSON.stringify(metadata.name)}: ${why}`, { details: { name: metadata.name, kind: 'Pod' } });
  if (uid !== undefined && uid !== metadata.uid) {
    throw refuse(`the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`);
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw refuse(`the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`);
  }
}
