import type { Millis } from '../../base/clock.ts';
import type { Deployment, DeploymentCondition, DeploymentStatus } from '../../kinds/apps/deployment.ts';
import type { ReplicaSet } from '../../kinds/apps/replica-set.ts';
import { formatTime, parseTime } from '../../meta/time.ts';
import { availableReplicas, leeway, sum } from './sizes.ts';

type Conditions = readonly DeploymentCondition[];
type News = Pick<DeploymentCondition, 'type' | 'status' | 'reason' | 'message'>;

/** Never exceeded: upstream's way of saying there is no deadline. */
const NO_DEADLINE = 2 ** 31 - 1;

export const hasDeadline = ({ spec }: Deployment): boolean =>
  spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== NO_DEADLINE;

const find = (conditions: Conditions | undefined, type: string) => conditions?.find((one) => one.type === type);

/** As upstream: nothing changes while status and reason stay; the transition is that of the status alone. */
export function setCondition(conditions: Conditions, news: News, now: Millis): Conditions {
  const before = find(conditions, news.type);
  if (before?.status === news.status && before.reason === news.reason) return conditions;
  return [...conditions.filter((one) => one !== before), dated(news, before, now)];
}

/** Replaces it even so, for the sake of `lastUpdateTime`. */
function renewCondition(conditions: Conditions, news: News, now: Millis): Conditions {
  const before = find(conditions, news.type);
  return [...conditions.filter((one) => one !== before), dated(news, before, now)];
}

function dated(news: News, before: DeploymentCondition | undefined, now: Millis): DeploymentCondition {
  const at = formatTime(now);
  return { ...news, lastUpdateTime: at, lastTransitionTime: before?.status === news.status ? (before.lastTransitionTime ?? at) : at };
}

/** The counts, and whether enough pods are available. Conditions other than Available are carried over. */
export function countedStatus(deployment: Deployment, present: ReplicaSet | undefined, all: readonly ReplicaSet[], now: Millis): DeploymentStatus {
  const replicas = sum(all, (set) => set.status.replicas);
  const available = sum(all, availableReplicas);
  const ready = sum(all, (set) => set.status.readyReplicas ?? 0);
  const updated = present?.status.replicas ?? 0;
  const unavailable = Math.max(0, replicas - available);
  const enough = available >= deployment.spec.replicas - leeway(deployment).maxUnavailable;
  const news: News = enough
    ? { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.' }
    : { type: 'Available', status: 'False', reason: 'MinimumReplicasUnavailable', message: 'Deployment does not have minimum availability.' };
  const { collisionCount } = deployment.status;
  return {
    ...(deployment.metadata.generation === undefined ? {} : { observedGeneration: deployment.metadata.generation }),
    ...(replicas > 0 ? { replicas } : {}),
    ...(updated > 0 ? { updatedReplicas: updated } : {}),
    ...(ready > 0 ? { readyReplicas: ready } : {}),
    ...(available > 0 ? { availableReplicas: available } : {}),
    ...(unavailable > 0 ? { unavailableReplicas: unavailable } : {}),
    terminatingReplicas: sum(all, (set) => set.status.terminatingReplicas ?? 0),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    conditions: setCondition(deployment.status.conditions ?? [], news, now),
  };
}

/** The status while a rollout runs: also how it progresses. */
export function rolloutStatus(deployment: Deployment, present: ReplicaSet | undefined, all: readonly ReplicaSet[], now: Millis): DeploymentStatus {
  const status = countedStatus(deployment, present, all, now);
  const conditions = withFailure(progress(deployment, present, status, now), present ? [present, ...all] : all);
  return { ...status, conditions };
}

function progress(deployment: Deployment, present: ReplicaSet | undefined, status: DeploymentStatus, now: Millis): Conditions {
  const conditions = status.conditions ?? [];
  if (!hasDeadline(deployment)) return conditions.filter((one) => one.type !== 'Progressing');
  const before = find(conditions, 'Progressing');
  const settled = (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && before?.reason === 'NewReplicaSetAvailable';
  if (settled) return conditions;
  const subject = present ? `ReplicaSet "${present.metadata.name}"` : `Deployment "${deployment.metadata.name}"`;
  const say = (status: string, reason: string, what: string): News => ({ type: 'Progressing', status, reason, message: `${subject} ${what}` });
  if (isComplete(deployment, status)) return setCondition(conditions, say('True', 'NewReplicaSetAvailable', 'has successfully progressed.'), now);
  if (hasMoved(deployment.status, status)) return renewCondition(conditions, say('True', 'ReplicaSetUpdated', 'is progressing.'), now);
  if (isTimedOut(deployment, before, now)) return setCondition(conditions, say('False', 'ProgressDeadlineExceeded', 'has timed out progressing.'), now);
  return conditions;
}

/** Every pod is of the present template and available. */
export function isComplete({ spec, metadata }: Deployment, status: DeploymentStatus): boolean {
  return (status.updatedReplicas ?? 0) === spec.replicas && (status.replicas ?? 0) === spec.replicas &&
    (status.availableReplicas ?? 0) === spec.replicas && (status.observedGeneration ?? 0) >= (metadata.generation ?? 0);
}

function hasMoved(before: DeploymentStatus, after: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus) => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (after.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) || old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before.readyReplicas ?? 0) || (after.availableReplicas ?? 0) > (before.availableReplicas ?? 0);
}

function isTimedOut(deployment: Deployment, progressing: DeploymentCondition | undefined, now: Millis): boolean {
  if (!progressing || progressing.reason === 'NewReplicaSetAvailable') return false;
  if (progressing.reason === 'ProgressDeadlineExceeded') return true;
  return (deadline(deployment, progressing) ?? Infinity) < now;
}

function deadline({ spec }: Deployment, progressing: DeploymentCondition): Millis | undefined {
  const since = parseTime(progressing.lastUpdateTime);
  return since === undefined ? undefined : since + (spec.progressDeadlineSeconds ?? NO_DEADLINE) * 1000;
}

/** When the rollout will have run out of time, unless it is done or has. */
export function deadlineIn(deployment: Deployment, status: DeploymentStatus, now: Millis): Millis | undefined {
  const progressing = find(status.conditions, 'Progressing');
  const over = ['NewReplicaSetAvailable', 'ProgressDeadlineExceeded'];
  if (!hasDeadline(deployment) || deployment.spec.paused || !progressing || over.includes(progressing.reason ?? '')) return undefined;
  const at = deadline(deployment, progressing);
  return at === undefined ? undefined : Math.max(at - now, 0) + 1000;
}

/** A ReplicaSet that cannot make its pods makes the Deployment say so, the present one first. */
function withFailure(conditions: Conditions, sets: readonly ReplicaSet[]): Conditions {
  const others = conditions.filter((one) => one.type !== 'ReplicaFailure');
  const failure = sets.flatMap((set) => set.status.conditions ?? []).find((one) => one.type === 'ReplicaFailure');
  if (!failure) return others;
  const { lastTransitionTime } = failure;
  return [...others, { ...failure, ...(lastTransitionTime === undefined ? {} : { lastUpdateTime: lastTransitionTime }) }];
}

/** Pausing stops the deadline's clock, and says so. */
export function pauseCondition(deployment: Deployment): News | undefined {
  const reason = find(deployment.status.conditions, 'Progressing')?.reason;
  if (!hasDeadline(deployment) || reason === 'ProgressDeadlineExceeded') return undefined;
  if (deployment.spec.paused && reason !== 'DeploymentPaused') {
    return { type: 'Progressing', status: 'Unknown', reason: 'DeploymentPaused', message: 'Deployment is paused' };
  }
  if (!deployment.spec.paused && reason === 'DeploymentPaused') {
    return { type: 'Progressing', status: 'Unknown', reason: 'DeploymentResumed', message: 'Deployment is resumed' };
  }
  return undefined;
}
