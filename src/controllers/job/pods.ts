import type { Millis } from '../../base/clock.ts';
import { Job } from '../../kinds/batch/job.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { DeepPartial } from '../../meta/object.ts';
import { parseTime } from '../../meta/time.ts';
import { findCondition, isTerminalPhase } from '../../rules/pod-conditions.ts';
import { podFrom } from '../pod-control.ts';

/** Keeps a pod until its end has been counted (KEP-2307). */
export const TRACKING = 'batch.kubernetes.io/job-tracking';
const INDEX = 'batch.kubernetes.io/job-completion-index';
const FAILURES = 'batch.kubernetes.io/job-index-failure-count';
const IGNORED = 'batch.kubernetes.io/job-index-ignored-failure-count';

/** How often pods of an index failed before this one. */
export interface IndexFailures {
  readonly counted: number;
  readonly ignored: number;
}

export const isIndexed = ({ spec }: Job): boolean => spec.completionMode === 'Indexed';
export const isTracked = ({ metadata }: Pod): boolean => metadata.finalizers?.includes(TRACKING) ?? false;
export const isLeaving = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;
/** Whether a pod that is leaving is replaced only once it has ended. */
export const waitsForEnd = ({ spec }: Job): boolean => spec.podReplacementPolicy === 'Failed';

/** The pod's index, undefined where it bears none. */
export function indexOf({ metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[INDEX] ?? '';
  return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

export const failuresOf = ({ metadata }: Pod): IndexFailures =>
  ({ counted: Number(metadata.annotations?.[FAILURES] ?? 0), ignored: Number(metadata.annotations?.[IGNORED] ?? 0) });

/** When the pod ended: its last container; where containers tell nothing, when it was no longer ready, or deleted. */
export function endOf({ status, metadata }: Pod, otherwise: Millis): Millis {
  const ends = (status.containerStatuses ?? []).flatMap(({ state }) => parseTime(state?.terminated?.finishedAt) ?? []);
  if (ends.length > 0) return Math.max(...ends);
  const ready = findCondition(status.conditions, 'Ready');
  return (ready?.status === 'False' ? parseTime(ready.lastTransitionTime) : undefined) ?? parseTime(metadata.deletionTimestamp) ?? otherwise;
}

/** Failed, or as good as: one that is leaving will never get to say so, unless the job waits for its end. */
export const hasFailed = (pod: Pod, job: Job): boolean =>
  pod.status.phase === 'Failed' || (!waitsForEnd(job) && isLeaving(pod) && pod.status.phase !== 'Succeeded');
export const isTerminating = (pod: Pod): boolean => isLeaving(pod) && !isTerminalPhase(pod.status.phase);

/** One more pod of a job; with an index, one that knows it by label, annotation, host name and JOB_COMPLETION_INDEX. */
export function podOf(job: Job, index?: number, failures?: IndexFailures): DeepPartial<Pod> {
  const pod = podFrom(job.spec.template, job, Job);
  const finalizers = [...(pod.metadata!.finalizers ?? []), TRACKING];
  if (index === undefined) return { ...pod, metadata: { ...pod.metadata, finalizers } };
  const { template } = job.spec;
  const name = `${job.metadata.name}-${index}`;
  const perIndex = job.spec.backoffLimitPerIndex === undefined ? {} : {
    [FAILURES]: String(failures?.counted ?? 0), ...(failures && failures.ignored > 0 ? { [IGNORED]: String(failures.ignored) } : {}),
  };
  const made = {
    metadata: {
      ...pod.metadata,
      generateName: `${name.slice(0, MAX_NAME - SUFFIX)}-`,
      labels: { ...template.metadata.labels, [INDEX]: String(index) },
      annotations: { ...template.metadata.annotations, [INDEX]: String(index), ...perIndex },
      finalizers,
    },
    spec: {
      ...template.spec,
      hostname: name,
      ...(template.spec.initContainers ? { initContainers: template.spec.initContainers.map(knowingIndex) } : {}),
      containers: template.spec.containers.map(knowingIndex),
    },
  };
  return made as DeepPartial<Pod>;
}

/** A generated name's limit, and what the server adds to it: a dash and five characters. */
const MAX_NAME = 63;
const SUFFIX = 6;
const VARIABLE = 'JOB_COMPLETION_INDEX';

function knowingIndex<C extends { readonly env?: readonly { readonly name: string }[] }>(container: C): C {
  if (container.env?.some(({ name }) => name === VARIABLE)) return container;
  const variable = { name: VARIABLE, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `metadata.labels['${INDEX}']` } } };
  return { ...container, env: [...(container.env ?? []), variable] };
}
