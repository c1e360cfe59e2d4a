import { ReplicaSet } from '../../../../kinds/apps/replica-set.ts';
import { Pod } from '../../../../kinds/core/pod.ts';
import { isActive, isReady } from '../../../../rules/pod-conditions.ts';
import { controllerOf } from '../../../runtime/index.ts';
import type { Judges } from '../witness.ts';

/** As many pods as asked for: none made beyond, none taken below. */
export const replicaSetJudges: Judges = {
  *'replicaset create pods'({ body }, view) {
    const { uid = '', name } = controllerOf(body) ?? {};
    const most = Math.max(...view.lately(ReplicaSet, uid).map(({ spec }) => spec.replicas));
    const there = view.active(view.owned(Pod, uid)).length;
    if (there + 1 > most) yield `makes pod ${there + 1} of ${most} for ReplicaSet ${name}`;
  },

  *'replicaset delete pods'({ name = '', namespace }, view) {
    const pod = view.get(Pod, name, namespace);
    const { uid = '', name: set } = (pod && controllerOf(pod)) ?? {};
    const asked = view.lately(ReplicaSet, uid);
    if (!pod || asked.length === 0 || !isActive(pod)) return;
    const least = Math.min(...asked.map(({ spec }) => spec.replicas));
    const all = view.owned(Pod, uid).filter((one) => !view.isDeleted(one));
    const there = all.filter((one) => view.was(one, isActive)).length;
    if (there <= least) yield `takes pod ${name} from the ${there} of ReplicaSet ${set} that asks for ${least}`;
    // The cheapest go first: what waits for a node before what runs.
    const cheaper = all.filter((one) => isActive(one) && !view.was(one, ({ spec }) => Boolean(spec.nodeName)) && !view.isTried(one));
    if (isReady(pod) && cheaper.length > 0) yield `takes ready pod ${name} though ${cheaper.map(({ metadata }) => metadata.name).join()} wait for a node`;
  },
};
