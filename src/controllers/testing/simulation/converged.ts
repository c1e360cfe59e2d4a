import type { Client } from '../../../client/index.ts';
import { StatefulSet } from '../../../kinds/apps/stateful-set.ts';
import { HorizontalPodAutoscaler } from '../../../kinds/autoscaling/horizontal-pod-autoscaler.ts';
import { CronJob } from '../../../kinds/batch/cron-job.ts';
import { Job } from '../../../kinds/batch/job.ts';
import { Endpoints } from '../../../kinds/core/endpoints.ts';
import { PersistentVolume } from '../../../kinds/core/persistent-volume.ts';
import { PersistentVolumeClaim } from '../../../kinds/core/persistent-volume-claim.ts';
import { Pod } from '../../../kinds/core/pod.ts';
import { ResourceQuota } from '../../../kinds/core/resource-quota.ts';
import { Service } from '../../../kinds/core/service.ts';
import { EndpointSlice } from '../../../kinds/discovery/endpoint-slice.ts';
import { PodDisruptionBudget } from '../../../kinds/policy/pod-disruption-budget.ts';
import { matchesLabelSelector, matchesLabels } from '../../../meta/label-selector.ts';
import type { InstanceOf, Resource } from '../../../meta/resource.ts';
import { isReady, isTerminalPhase } from '../../../rules/pod-conditions.ts';
import { controllerOf } from '../../runtime/index.ts';
import { unfinishedWorkloads } from './converged-workloads.ts';
import { NAMESPACE } from './user.ts';

type List = <R extends Resource>(resource: R) => Promise<readonly InstanceOf<R>[]>;
const is = (what: string, got: unknown, wanted: unknown): readonly string[] => (got === wanted ? [] : [`${what}: ${String(got)}, wanted ${String(wanted)}`]);

/** What is still not as it was asked for; nothing in the end. */
export async function unfinished(client: Client): Promise<readonly string[]> {
  const list: List = async (resource) => (await client.list(resource, resource.scope === 'Namespaced' ? { namespace: NAMESPACE } : {})).items;
  const parts = await Promise.all([unfinishedWorkloads(client), services(list), claims(list), bounds(list), cronJobs(list)]);
  return parts.flat();
}

/** Endpoints are exactly the ready pods. */
async function services(list: List): Promise<readonly string[]> {
  const [all, pods, slices, endpoints] = await Promise.all([list(Service), list(Pod), list(EndpointSlice), list(Endpoints)]);
  const stray = slices.filter((slice) => all.some(({ metadata }) => metadata.name === slice.metadata.labels?.['kubernetes.io/service-name'] && metadata.uid !== controllerOf(slice)?.uid));
  return [
    ...stray.map(({ metadata }) => `EndpointSlice ${metadata.name} is not its Service's own`),
    ...all.flatMap((service) => {
      const { name, uid } = service.metadata;
      const wanted = pods.filter((pod) => matchesLabels(service.spec.selector ?? {}, pod.metadata.labels) && isReady(pod) && !isTerminalPhase(pod.status.phase)).map(({ status }) => status.podIP).toSorted().join();
      const sliced = slices.filter((slice) => controllerOf(slice)?.uid === uid).flatMap((slice) => (slice.endpoints ?? []).filter(({ conditions }) => conditions?.ready).flatMap(({ addresses }) => addresses)).toSorted().join();
      const listed = endpoints.filter(({ metadata }) => metadata.name === name).flatMap(({ subsets = [] }) => subsets.flatMap(({ addresses = [] }) => addresses.map(({ ip }) => ip))).toSorted().join();
      return [...is(`slices of ${name}`, sliced, wanted), ...is(`endpoints of ${name}`, listed, wanted)];
    }),
  ];
}

/** Claims and volumes are bound one to one; claims go with what they were made for, where that was asked. */
async function claims(list: List): Promise<readonly string[]> {
  const [all, volumes, sets, pods] = await Promise.all([list(PersistentVolumeClaim), list(PersistentVolume), list(StatefulSet), list(Pod)]);
  const living = new Set([...sets, ...pods].map(({ metadata }) => metadata.uid));
  return [
    ...all.flatMap(({ metadata, spec, status }) => {
      const volume = volumes.find((one) => one.metadata.name === spec.volumeName);
      return [...is(`claim ${metadata.name}`, status.phase, 'Bound'), ...is(`claim ${metadata.name} of volume ${spec.volumeName}`, volume?.spec.claimRef?.uid, metadata.uid)];
    }),
    ...volumes.flatMap(({ metadata, spec, status }) => {
      const claim = all.find((one) => one.metadata.uid === spec.claimRef?.uid);
      const wanted = claim?.spec.volumeName === metadata.name ? 'Bound' : spec.claimRef?.uid ? 'Released' : 'Available';
      return is(`volume ${metadata.name}`, status.phase, wanted);
    }),
    ...all.flatMap(({ metadata }) => (metadata.ownerReferences ?? []).filter(({ uid }) => !living.has(uid)).map(({ name }) => `claim ${metadata.name} outlives ${name}`)),
  ];
}

/** Quotas and budgets count what there is; autoscalers keep within their bounds. */
async function bounds(list: List): Promise<readonly string[]> {
  const [pods, quotas, budgets, autoscalers] = await Promise.all([list(Pod), list(ResourceQuota), list(PodDisruptionBudget), list(HorizontalPodAutoscaler)]);
  const standing = pods.filter(({ status }) => !isTerminalPhase(status.phase));
  return [
    ...quotas.flatMap(({ metadata, status }) => is(`quota ${metadata.name} used`, status?.used?.['pods'], String(standing.length))),
    ...budgets.flatMap(({ metadata, spec, status }) => {
      const healthy = standing.filter((pod) => matchesLabelSelector(spec.selector, pod.metadata.labels) && isReady(pod)).length;
      const allowed = Math.max(0, healthy - Number(spec.minAvailable ?? 0));
      return [...is(`budget ${metadata.name} healthy`, status.currentHealthy, healthy), ...is(`budget ${metadata.name} allows`, status.disruptionsAllowed, allowed)];
    }),
    ...autoscalers.flatMap(({ metadata, spec, status }) => {
      const replicas = status.currentReplicas ?? 0;
      return replicas === 0 || (replicas >= (spec.minReplicas ?? 1) && replicas <= spec.maxReplicas) ? [] : [`autoscaler ${metadata.name} is at ${replicas} of ${spec.minReplicas} to ${spec.maxReplicas}`];
    }),
  ];
}

/** Finished Jobs beyond the limits are gone. */
async function cronJobs(list: List): Promise<readonly string[]> {
  const [all, jobs] = await Promise.all([list(CronJob), list(Job)]);
  return all.flatMap(({ metadata, spec, status }) => {
    const own = jobs.filter((job) => controllerOf(job)?.uid === metadata.uid);
    const done = own.filter((job) => job.status.conditions?.some((one) => one.type === 'Complete' && one.status === 'True')).length;
    const limit = spec.successfulJobsHistoryLimit ?? 3;
    return [...(done > limit ? [`CronJob ${metadata.name} keeps ${done} jobs of ${limit}`] : []), ...is(`CronJob ${metadata.name} active`, status.active?.length ?? 0, 0)];
  });
}
