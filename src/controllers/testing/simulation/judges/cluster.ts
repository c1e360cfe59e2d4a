import { ControllerRevision } from '../../../../kinds/apps/controller-revision.ts';
import { HorizontalPodAutoscaler } from '../../../../kinds/autoscaling/horizontal-pod-autoscaler.ts';
import { Node } from '../../../../kinds/core/node.ts';
import { PersistentVolume } from '../../../../kinds/core/persistent-volume.ts';
import { PersistentVolumeClaim } from '../../../../kinds/core/persistent-volume-claim.ts';
import { Pod } from '../../../../kinds/core/pod.ts';
import type { EndpointSlice } from '../../../../kinds/discovery/endpoint-slice.ts';
import { PodDisruptionBudget } from '../../../../kinds/policy/pod-disruption-budget.ts';
import { matchesLabelSelector } from '../../../../meta/label-selector.ts';
import { parseTime } from '../../../../meta/time.ts';
import { isReady, isTerminalPhase } from '../../../../rules/pod-conditions.ts';
import { tolerates } from '../../../../rules/tolerations.ts';
import { controllerOf } from '../../../runtime/index.ts';
import type { View } from '../view.ts';
import type { Deed, Judge, Judges } from '../witness.ts';

const isLeaving = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;

/** Nobody is sent to a pod that is not ready. */
function* endpoints({ body }: Deed, view: View): Iterable<string> {
  const { endpoints: all, metadata } = body as unknown as EndpointSlice;
  for (const { conditions, targetRef, addresses } of all ?? []) {
    if (!conditions?.ready || targetRef?.kind !== 'Pod') continue;
    const [pod, ...former] = view.lately(Pod, targetRef.uid ?? '');
    if (!pod || ![pod, ...former].some((one) => isReady(one) && !isLeaving(one) && one.status.podIP === addresses[0])) {
      yield `calls ${targetRef.name} ready in ${metadata.name ?? metadata.generateName}`;
    }
  }
}

/** A revision goes only when no pod is of it. */
const revisions: Judge = function* ({ name = '', namespace }, view) {
  const revision = view.get(ControllerRevision, name, namespace);
  const owner = revision && controllerOf(revision);
  const users = owner ? view.owned(Pod, owner.uid).filter((pod) => !isLeaving(pod) && pod.metadata.labels?.['controller-revision-hash'] === name) : [];
  if (users.length > 0) yield `forgets revision ${name}, which ${users.map(({ metadata }) => metadata.name).join()} is of`;
};

const scale: Judge = function* ({ body, name = '' }, view) {
  const replicas = (body as unknown as { readonly spec?: { readonly replicas?: number } }).spec?.replicas ?? 0;
  const asked = view.list(HorizontalPodAutoscaler).filter(({ spec }) => spec.scaleTargetRef.name === name).flatMap(({ metadata }) => view.lately(HorizontalPodAutoscaler, metadata.uid));
  if (asked.length > 0 && !asked.some(({ spec }) => replicas >= (spec.minReplicas ?? 1) && replicas <= spec.maxReplicas)) yield `scales ${name} to ${replicas}`;
};

export const clusterJudges: Judges = {
  'endpoint-slice create endpointslices': endpoints,
  'endpoint-slice update endpointslices': endpoints,
  'statefulset delete controllerrevisions': revisions,
  'daemonset delete controllerrevisions': revisions,
  'horizontal-pod-autoscaler update deployments/scale': scale,

  *'disruption update poddisruptionbudgets/status'({ body }, view) {
    const { spec, status, metadata } = body as unknown as PodDisruptionBudget;
    const pods = view.list(Pod).filter((pod) => pod.metadata.namespace === metadata.namespace && view.was(pod, (one) => matchesLabelSelector(spec.selector, one.metadata.labels)));
    const disrupted = status.disruptedPods ?? {};
    const healthy = pods.filter((pod) => disrupted[pod.metadata.name] === undefined && view.was(pod, (one) => isReady(one) && !isLeaving(one))).length;
    if (typeof spec.minAvailable !== 'number') return;
    if ((status.disruptionsAllowed ?? 0) > Math.max(0, healthy - spec.minAvailable)) yield `allows ${status.disruptionsAllowed} disruptions of ${metadata.name} with ${healthy} healthy pods of ${spec.minAvailable}`;
  },

  *'taint-eviction delete pods'({ name = '', namespace }, view) {
    const pod = view.get(Pod, name, namespace);
    const node = pod?.spec.nodeName === undefined ? undefined : view.get(Node, pod.spec.nodeName);
    if (!pod || !node) return;
    if (!view.was(node, ({ spec }) => spec.taints?.some(({ effect }) => effect === 'NoExecute') ?? false)) yield `evicts ${name} from ${node.metadata.name}, which has no taint`;
    const taints = [node, ...view.lately(Node, node.metadata.uid)].flatMap(({ spec }) => spec.taints ?? []);
    const waits = taints.filter(({ effect }) => effect === 'NoExecute').map((taint) => {
      const seconds = (pod.spec.tolerations ?? []).filter((one) => tolerates(one, taint)).map(({ tolerationSeconds = Infinity }) => Math.max(0, tolerationSeconds));
      return seconds.length === 0 ? 0 : (parseTime(taint.timeAdded) ?? 0) + Math.min(...seconds) * 1000;
    });
    if (Math.min(...waits) > view.clock.now()) yield `evicts ${name} before its time`;
  },

  *'pod-garbage-collector delete pods'({ name = '', namespace }, view) {
    const pod = view.get(Pod, name, namespace);
    if (!pod || view.was(pod, isLeaving) || view.was(pod, ({ status }) => isTerminalPhase(status.phase))) return;
    if (!pod.spec.nodeName || view.get(Node, pod.spec.nodeName)) yield `removes ${name}, whose node is there`;
  },

  *'persistentvolumeclaim-binder update persistentvolumes'({ body, name = '' }, view) {
    const before = view.get(PersistentVolume, name)?.spec.claimRef;
    const after = (body as unknown as PersistentVolume).spec.claimRef;
    if (before?.uid && after?.uid && before.uid !== after.uid) yield `gives ${name} to ${after.name}, though it is ${before.name}'s`;
    const elsewhere = view.list(PersistentVolume).find(({ metadata, spec }) => metadata.name !== name && after?.uid && spec.claimRef?.uid === after.uid);
    if (elsewhere && !view.was(elsewhere, ({ spec }) => spec.claimRef?.uid !== after!.uid)) yield `gives ${name} to ${after!.name}, which has ${elsewhere.metadata.name}`;
  },

  *'persistentvolumeclaim-binder update persistentvolumeclaims'({ body, name }, view) {
    const { spec, metadata } = body as unknown as PersistentVolumeClaim;
    const volume = spec.volumeName ? view.get(PersistentVolume, spec.volumeName) : undefined;
    if (volume?.spec.claimRef?.uid && volume.spec.claimRef.uid !== metadata.uid) yield `binds ${name} to ${spec.volumeName}, which is ${volume.spec.claimRef.name}'s`;
  },
};
