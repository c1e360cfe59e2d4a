import type { Client } from '../../../client/index.ts';
import { DaemonSet } from '../../../kinds/apps/daemon-set.ts';
import { Deployment } from '../../../kinds/apps/deployment.ts';
import { ReplicaSet } from '../../../kinds/apps/replica-set.ts';
import { StatefulSet } from '../../../kinds/apps/stateful-set.ts';
import { Job } from '../../../kinds/batch/job.ts';
import { Node } from '../../../kinds/core/node.ts';
import { Pod } from '../../../kinds/core/pod.ts';
import type { KubeObject } from '../../../meta/object.ts';
import { isActive, isReady, isTerminalPhase } from '../../../rules/pod-conditions.ts';
import { matchesLabelSelector } from '../../../meta/label-selector.ts';
import { isTracked } from '../../job/pods.ts';
import { controllerOf } from '../../runtime/index.ts';
import { BAD_IMAGE } from './nodes.ts';
import { NAMESPACE } from './user.ts';

const at = { namespace: NAMESPACE };
const imageOf = ({ spec }: { readonly spec: Pod['spec'] }): string => spec.containers[0]!.image ?? '';

/** What workloads still are not as they were asked for; nothing in the end. */
export async function unfinishedWorkloads(client: Client): Promise<readonly string[]> {
  const list = async <R extends Parameters<Client['list']>[0]>(resource: R) => (await client.list(resource, at)).items;
  const [pods, sets, deployments, statefulSets, daemonSets, jobs, nodes] = await Promise.all(
    [list(Pod), list(ReplicaSet), list(Deployment), list(StatefulSet), list(DaemonSet), list(Job), client.list(Node).then(({ items }) => items)]) as [
    Pod[], ReplicaSet[], Deployment[], StatefulSet[], DaemonSet[], Job[], Node[]];
  const podsOf = ({ metadata }: KubeObject) => pods.filter((pod) => controllerOf(pod)?.uid === metadata.uid);
  const ready = (owned: readonly Pod[]) => owned.filter((pod) => isActive(pod) && isReady(pod));
  const is = (what: string, got: unknown, wanted: unknown) => (got === wanted ? [] : [`${what}: ${String(got)}, wanted ${String(wanted)}`]);

  const owners = new Set([...sets, ...deployments, ...statefulSets, ...daemonSets, ...jobs, ...nodes].map(({ metadata }) => metadata.uid));
  const standing = (kind: string) => ['ReplicaSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'Job'].includes(kind);
  const orphans = [...pods, ...sets].flatMap(({ metadata }) =>
    (metadata.ownerReferences ?? []).flatMap(({ kind, name, uid }) => (standing(kind) && !owners.has(uid) ? [`${metadata.name} outlives its owner ${kind} ${name}`] : [])));

  return [
    ...orphans,
    ...[...pods, ...sets, ...deployments, ...statefulSets, ...daemonSets, ...jobs].flatMap(({ metadata }) => (metadata.deletionTimestamp ? [`${metadata.name} is still being deleted`] : [])),
    ...deployments.flatMap((one) => {
      const owned = sets.filter((set) => controllerOf(set)?.uid === one.metadata.uid).flatMap(podsOf).filter(isActive);
      const [name, { replicas }] = [`Deployment ${one.metadata.name}`, one.spec];
      return [...is(name, owned.length, replicas), ...is(`${name} ready`, ready(owned).length, replicas),
        ...is(`${name} updated`, owned.filter((pod) => imageOf(pod) === imageOf(one.spec.template)).length, replicas),
        ...is(`${name} status`, `${one.status.replicas ?? 0}/${one.status.updatedReplicas ?? 0}/${one.status.availableReplicas ?? 0}`, `${replicas}/${replicas}/${replicas}`),
        ...is(`${name} observed`, one.status.observedGeneration, one.metadata.generation)];
    }),
    // A set left behind by its Deployment keeps an image that no node can start: nobody takes it back.
    ...sets.filter((set) => controllerOf(set) || imageOf(set.spec.template) !== BAD_IMAGE).flatMap((set) => [
      ...is(`ReplicaSet ${set.metadata.name} ready`, ready(podsOf(set)).length, set.spec.replicas),
      ...is(`ReplicaSet ${set.metadata.name} status`, set.status.availableReplicas ?? 0, set.spec.replicas)]),
    ...statefulSets.flatMap((set) => {
      const [name, { replicas }] = [`StatefulSet ${set.metadata.name}`, set.spec];
      const first = set.spec.ordinals?.start ?? 0;
      const partition = set.spec.updateStrategy?.type === 'OnDelete' ? Infinity : first + (set.spec.updateStrategy?.rollingUpdate?.partition ?? 0);
      const names = ready(podsOf(set)).map(({ metadata }) => metadata.name).toSorted().join();
      const old = podsOf(set).filter((pod) => Number(pod.metadata.name.split('-').at(-1)) >= partition && imageOf(pod) !== imageOf(set.spec.template));
      return [...is(name, names, Array.from({ length: replicas ?? 1 }, (_, n) => `${set.metadata.name}-${first + n}`).toSorted().join()), ...is(`${name} outdated`, old.length, 0),
        ...is(`${name} status`, set.status.availableReplicas ?? 0, replicas)];
    }),
    ...daemonSets.flatMap((set) => {
      const good = ready(podsOf(set)).filter((pod) => imageOf(pod) === imageOf(set.spec.template));
      const name = `DaemonSet ${set.metadata.name}`;
      return [...is(name, good.map(({ spec }) => spec.nodeName).toSorted().join(), nodes.map(({ metadata }) => metadata.name).toSorted().join()),
        ...is(`${name} status`, set.status.numberAvailable ?? 0, nodes.length)];
    }),
    ...jobs.flatMap((job) => [
      ...is(`Job ${job.metadata.name} finished`, job.status.conditions?.some(({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True') ?? false, true),
      ...is(`Job ${job.metadata.name} running pods`, podsOf(job).filter(({ status }) => !isTerminalPhase(status.phase)).length, 0),
      ...is(`Job ${job.metadata.name} held pods`, podsOf(job).filter(isTracked).length, 0),
      ...is(`Job ${job.metadata.name} uncounted`, JSON.stringify(job.status.uncountedTerminatedPods ?? {}), '{}')]),
    ...pods.flatMap((pod) => {
      const owner = controllerOf(pod);
      const set = owner && [...sets, ...statefulSets, ...daemonSets].find(({ metadata }) => metadata.uid === owner.uid);
      return set && !matchesLabelSelector(set.spec.selector, pod.metadata.labels) ? [`${pod.metadata.name} is held by ${set.metadata.name}, which does not select it`] : [];
    }),
  ];
}
