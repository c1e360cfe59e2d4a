import { Deployment } from '../../../../kinds/apps/deployment.ts';
import { ReplicaSet } from '../../../../kinds/apps/replica-set.ts';
import { Pod } from '../../../../kinds/core/pod.ts';
import { isTerminalPhase } from '../../../../rules/pod-conditions.ts';
import { desiredWhenSized } from '../../../deployment/annotations.ts';
import { leeway } from '../../../deployment/sizes.ts';
import { controllerOf } from '../../../runtime/index.ts';
import type { View } from '../view.ts';
import type { Judges } from '../witness.ts';

/** Never more than maxSurge beyond, and never fewer available than maxUnavailable allows, but by a change of `replicas`. */
export const deploymentJudges: Judges = {
  *'deployment update replicasets'({ body, name = '', namespace }, view) {
    const before = view.get(ReplicaSet, name, namespace);
    const owner = controllerOf(body);
    const asked = owner ? view.lately(Deployment, owner.uid) : [];
    if (!before || asked.length === 0) return;
    const after = body as unknown as ReplicaSet;
    const sets = view.owned(ReplicaSet, owner!.uid);
    const change = after.spec.replicas - before.spec.replicas;
    const total = sets.reduce((sum, { spec }) => sum + spec.replicas, change);
    const most = Math.max(...asked.map((one) => one.spec.replicas + leeway(one).maxSurge));
    if (change > 0 && !isRescaled(asked, sets)) yield* early(owner!.uid, before, view);
    if (change > 0 && total > most) yield `scales ${name} up to ${total} pods in all of at most ${most}`;
    if (change >= 0 || asked.some(({ spec }) => spec.strategy.type === 'Recreate') || isRescaled(asked, sets)) return;
    const least = Math.min(...asked.map((one) => one.spec.replicas - leeway(one).maxUnavailable));
    // By what each set's status says now, or by the best that it lately said.
    const told = [(set: ReplicaSet) => set.status.availableReplicas ?? 0, (set: ReplicaSet) => Math.max(...view.lately(ReplicaSet, set.metadata.uid).map(({ status }) => status.availableReplicas ?? 0))];
    const faults = told.flatMap((availableIn) => {
      const available = (size: (set: ReplicaSet) => number) => sets.reduce((sum, set) => sum + Math.min(size(set), availableIn(set)), 0);
      const left = available((set) => (set === before ? after.spec.replicas : set.spec.replicas));
      return left < Math.min(least, available(({ spec }) => spec.replicas)) ? [left] : [];
    });
    if (faults.length === told.length) yield `scales ${name} down from ${before.spec.replicas} to ${after.spec.replicas}: ${faults[0]} available pods are left, of at least ${least}`;
  },

  *'deployment create replicasets'({ body }, view) {
    const { uid = '', name } = controllerOf(body) ?? {};
    const asked = view.lately(Deployment, uid);
    const made = (body as unknown as ReplicaSet).spec.replicas;
    const total = view.owned(ReplicaSet, uid).reduce((sum, { spec }) => sum + spec.replicas, made);
    const most = Math.max(...asked.map((one) => one.spec.replicas + leeway(one).maxSurge));
    if (made > 0 && total > most) yield `begins a rollout of ${name} with ${total} pods in all of at most ${most}`;
    if (made > 0) yield* early(uid, undefined, view);
  },

  *'deployment delete replicasets'({ name = '', namespace }, view) {
    const set = view.get(ReplicaSet, name, namespace);
    if (set && !view.was(set, ({ spec, status }) => spec.replicas === 0 && status.replicas === 0)) yield `forgets ${name}, which has ${set.status.replicas} pods`;
  },
};

/** Where a rollout recreates, new pods come before the old ones have ended. @param grown the set that gets them */
function* early(uid: string, grown: ReplicaSet | undefined, view: View): Iterable<string> {
  const asked = view.lately(Deployment, uid);
  if (asked.some(({ spec }) => spec.strategy.type !== 'Recreate')) return;
  const old = view.owned(ReplicaSet, uid).filter((set) => set !== grown && imageOf(set.spec) !== imageOf(asked[0]!.spec));
  const running = old.flatMap((set) => view.owned(Pod, set.metadata.uid)).filter((pod) => !view.was(pod, ({ status }) => isTerminalPhase(status.phase)));
  if (running.length > 0) yield `recreates ${asked[0]!.metadata.name} while ${running.map(({ metadata }) => metadata.name).join()} still run`;
}

const imageOf = ({ template }: Pick<ReplicaSet['spec'], 'template'>): string => template.spec.containers[0]?.image ?? '';

/** What follows a change of `replicas` is no step of a rollout: it heeds no one's availability. */
const isRescaled = (asked: readonly Deployment[], sets: readonly ReplicaSet[]): boolean =>
  sets.some((set) => set.spec.replicas > 0 && asked.some(({ spec }) => (desiredWhenSized(set) ?? spec.replicas) !== spec.replicas));
