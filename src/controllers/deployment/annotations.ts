import type { Deployment } from '../../kinds/apps/deployment.ts';
import type { ReplicaSet } from '../../kinds/apps/replica-set.ts';

export const REVISION = 'deployment.kubernetes.io/revision';
const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history';
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas';
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas';

/** What a ReplicaSet does not take over from its Deployment. */
const OWN = new Set([
  'kubectl.kubernetes.io/last-applied-configuration', REVISION, REVISION_HISTORY, DESIRED_REPLICAS, MAX_REPLICAS,
  'deprecated.deployment.rollback.to',
]);

type Annotations = Readonly<Record<string, string>>;
type Annotated = { readonly metadata: { readonly annotations?: Annotations } };

export const revisionOf = ({ metadata }: Annotated): number => wholeNumber(metadata.annotations?.[REVISION]) ?? 0;

/** A whole number kept in an annotation. */
export function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/**
 * The annotations of the ReplicaSet of a Deployment's present template. A revision that moves on, as when a rollback
 * makes an old ReplicaSet the present one, leaves the number it had in the history.
 */
export function presentAnnotations(deployment: Deployment, set: Annotated | undefined, revision: number): Annotations {
  const before = set?.metadata.annotations ?? {};
  const taken = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !OWN.has(key));
  const annotations = { ...before, ...Object.fromEntries(taken) };
  const old = wholeNumber(before[REVISION]);
  // Deleting old sets may lower `revision`; the present set's own number never falls.
  if (old !== undefined && old >= revision) return annotations;
  const history = [before[REVISION_HISTORY], before[REVISION]].filter((part) => part !== undefined && part !== '').join(',');
  return { ...annotations, [REVISION]: String(revision), ...(history === '' ? {} : { [REVISION_HISTORY]: history }) };
}

/** What the Deployment wanted when it last sized the set: the ground of proportional scaling. */
export const sizeAnnotations = (replicas: number, maxSurge: number): Annotations => ({
  [DESIRED_REPLICAS]: String(replicas),
  [MAX_REPLICAS]: String(replicas + maxSurge),
});

/** The replicas the Deployment wanted when it last sized this set. */
export const desiredWhenSized = ({ metadata }: ReplicaSet): number | undefined => wholeNumber(metadata.annotations?.[DESIRED_REPLICAS]);
