import type { Millis } from '../../base/clock.ts';
import type { Deployment, DeploymentStatus } from '../../kinds/apps/deployment.ts';
import { ReplicaSet } from '../../kinds/apps/replica-set.ts';
import { Deployment as DeploymentKind } from '../../kinds/apps/deployment.ts';
import { deepEqual } from '../../base/deep-equal.ts';
import type { DeepPartial } from '../../meta/object.ts';
import { byCreation } from '../by-creation.ts';
import { controllerReference } from '../runtime/index.ts';
import { presentAnnotations, REVISION, revisionOf, sizeAnnotations } from './annotations.ts';
import { isActiveSet, isScaled, leeway, presentSize, rollingStep, scaleStep, type Size } from './sizes.ts';
import { countedStatus, deadlineIn, hasDeadline, isComplete, pauseCondition, rolloutStatus, setCondition } from './status.ts';
import { POD_TEMPLATE_HASH, sameTemplate, templateHash } from './template-hash.ts';

/** What one pass does, as data. */
export interface Plan {
  /** The ReplicaSet of the present template, to be made. */
  readonly create: DeepPartial<ReplicaSet> | undefined;
  /** ReplicaSets that change, before and after. */
  readonly update: readonly { readonly before: ReplicaSet; readonly after: ReplicaSet }[];
  /** Old ReplicaSets beyond the history limit. */
  readonly remove: readonly ReplicaSet[];
  /** The Deployment's own revision annotation. */
  readonly revision: string | undefined;
  readonly status: DeploymentStatus;
  readonly recheckIn: Millis | undefined;
}

export interface Observed {
  readonly deployment: Deployment;
  /** The ReplicaSets it controls. */
  readonly sets: readonly ReplicaSet[];
  /** Whether pods of old templates still run; asked for by Recreate alone. */
  readonly oldPodsRun: (present: ReplicaSet | undefined) => boolean;
  readonly now: Millis;
}

/** Decides one pass: follow a pause or a change of scale first, else take one step of the rollout. */
export function plan(observed: Observed): Plan {
  const { deployment, sets } = observed;
  const ordered = sets.toSorted(byCreation);
  const present = ordered.find((set) => sameTemplate(set.spec.template, deployment.spec.template));
  const old = ordered.filter((set) => set !== present);
  if (deployment.metadata.deletionTimestamp !== undefined) return resting(observed, present, []);
  const paused = pauseCondition(deployment);
  const seen = paused ? withCondition(observed, paused) : observed;
  if (deployment.spec.paused || isScaled(deployment, sets)) {
    const update = updates(seen, present, scaleStep(deployment, present, old));
    return { ...resting(seen, present, update), remove: deployment.spec.paused ? surplus(deployment, old) : [] };
  }
  return deployment.spec.strategy.type === 'Recreate' ? recreate(seen, present, old) : roll(seen, present, old);
}

type News = NonNullable<ReturnType<typeof pauseCondition>>;

function withCondition(observed: Observed, news: News): Observed {
  const { deployment, now } = observed;
  const conditions = setCondition(deployment.status.conditions ?? [], news, now);
  return { ...observed, deployment: { ...deployment, status: { ...deployment.status, conditions } } };
}

/** Counts, and no step of a rollout. */
function resting({ deployment, sets, now }: Observed, present: ReplicaSet | undefined, update: Plan['update']): Plan {
  const status = countedStatus(deployment, present, sets, now);
  return { create: undefined, update, remove: [], revision: present && revisionText(present), status, recheckIn: undefined };
}

function roll(observed: Observed, present: ReplicaSet | undefined, old: readonly ReplicaSet[]): Plan {
  const { deployment } = observed;
  if (!present) return making(observed, old);
  return rollout(observed, present, { old, sizes: rollingStep(deployment, present, old) });
}

/** Old pods end before new ones begin. */
function recreate(observed: Observed, present: ReplicaSet | undefined, old: readonly ReplicaSet[]): Plan {
  const { replicas } = observed.deployment.spec;
  const active = old.filter(isActiveSet);
  if (active.length > 0) return rollout(observed, present, { old, sizes: active.map((set) => ({ set, replicas: 0 })) });
  if (observed.oldPodsRun(present)) return rollout(observed, present, { old, sizes: [] });
  if (!present) return making(observed, old);
  return rollout(observed, present, { old, sizes: present.spec.replicas === replicas ? [] : [{ set: present, replicas }] });
}

function rollout(observed: Observed, present: ReplicaSet | undefined, step: { readonly old: readonly ReplicaSet[]; readonly sizes: readonly Size[] }): Plan {
  const { deployment, sets, now } = observed;
  const update = updates(observed, present, step.sizes);
  const found = present && hasDeadline(deployment) && !deployment.status.conditions?.some((one) => one.type === 'Progressing');
  const seen = found ? withCondition(observed, progressing('FoundNewReplicaSet', `Found new replica set "${present.metadata.name}"`)) : observed;
  const status = rolloutStatus(seen.deployment, present, sets, now);
  const done = step.sizes.length === 0 && isComplete(deployment, status);
  return {
    create: undefined,
    update,
    remove: done ? surplus(deployment, step.old) : [],
    revision: present && revisionText(update.find((one) => one.before === present)?.after ?? present),
    status,
    recheckIn: deadlineIn(deployment, status, now),
  };
}

const progressing = (reason: string, message: string): News => ({ type: 'Progressing', status: 'True', reason, message });

/** The first pass of a rollout makes the ReplicaSet of the present template. */
function making(observed: Observed, old: readonly ReplicaSet[]): Plan {
  const { deployment, sets, now } = observed;
  const create = newSet(deployment, old);
  const name = create.metadata!.name!;
  const told = progressing('NewReplicaSetCreated', `Created new replica set "${name}"`);
  const seen = hasDeadline(deployment) ? withCondition(observed, told) : observed;
  const status = rolloutStatus(seen.deployment, undefined, sets, now);
  return { create, update: [], remove: [], revision: create.metadata!.annotations![REVISION], status, recheckIn: deadlineIn(deployment, status, now) };
}

function newSet(deployment: Deployment, old: readonly ReplicaSet[]): DeepPartial<ReplicaSet> {
  const { spec, metadata, status } = deployment;
  const hash = templateHash(spec.template, status.collisionCount);
  const hashed = { [POD_TEMPLATE_HASH]: hash };
  const labels = { ...spec.template.metadata.labels, ...hashed };
  const annotations = {
    ...presentAnnotations(deployment, undefined, nextRevision(old)),
    ...sizeAnnotations(spec.replicas, leeway(deployment).maxSurge),
  };
  const set = {
    metadata: {
      name: `${metadata.name}-${hash}`,
      namespace: metadata.namespace,
      labels,
      annotations,
      ownerReferences: [controllerReference(DeploymentKind, deployment)],
    },
    spec: {
      replicas: presentSize(deployment, undefined, old),
      ...(spec.minReadySeconds === undefined ? {} : { minReadySeconds: spec.minReadySeconds }),
      selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, ...hashed } },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  };
  return set as DeepPartial<ReplicaSet>;
}

const nextRevision = (old: readonly ReplicaSet[]): number => Math.max(0, ...old.map(revisionOf)) + 1;
const revisionText = (set: ReplicaSet): string | undefined => set.metadata.annotations?.[REVISION];

/** The sets that change: new sizes, and on the present one what it takes over from the Deployment. */
function updates({ deployment, sets }: Observed, present: ReplicaSet | undefined, sizes: readonly Size[]): Plan['update'] {
  const { spec } = deployment;
  const sized = new Map(sizes.map(({ set, replicas }) => [set, replicas]));
  const size = sizeAnnotations(spec.replicas, leeway(deployment).maxSurge);
  return sets.flatMap((before) => {
    const replicas = sized.get(before);
    const carried = before === present
      ? presentAnnotations(deployment, before, nextRevision(sets.filter((set) => set !== present)))
      : before.metadata.annotations;
    const annotations = { ...carried, ...(replicas === undefined && !isActiveSet(before) ? {} : size) };
    const { minReadySeconds: _, ...rest } = before.spec;
    const minReady = before === present ? spec.minReadySeconds : before.spec.minReadySeconds;
    const after: ReplicaSet = {
      ...before,
      metadata: { ...before.metadata, annotations },
      spec: { ...rest, ...(minReady === undefined ? {} : { minReadySeconds: minReady }), replicas: replicas ?? before.spec.replicas },
    };
    return deepEqual(before, after) ? [] : [{ before, after }];
  });
}

/** Old sets that are empty and beyond the history limit, oldest revisions first. */
function surplus({ spec }: Deployment, old: readonly ReplicaSet[]): readonly ReplicaSet[] {
  if (spec.revisionHistoryLimit === undefined) return [];
  const standing = old.filter((set) => set.metadata.deletionTimestamp === undefined).sort((a, b) => revisionOf(a) - revisionOf(b) || byCreation(a, b));
  return standing.slice(0, Math.max(0, standing.length - spec.revisionHistoryLimit)).filter(isEmpty);
}

const isEmpty = ({ spec, status, metadata }: ReplicaSet): boolean =>
  spec.replicas === 0 && status.replicas === 0 && (metadata.generation ?? 0) <= (status.observedGeneration ?? 0);
