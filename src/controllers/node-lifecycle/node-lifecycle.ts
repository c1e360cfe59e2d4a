import type { Millis } from '../../base/clock.ts';
import { TokenBucket } from '../../client/index.ts';
import { Lease } from '../../kinds/coordination/lease.ts';
import { Node } from '../../kinds/core/node.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { formatTime } from '../../meta/time.ts';
import { findCondition, isReady, setCondition } from '../../rules/pod-conditions.ts';
import { podsOfNode } from '../pods-of-node.ts';
import { defineController, watchOf, type Context, type Controller } from '../runtime/index.ts';
import { heard, isReadyNode, silentAt, unknownConditions, type Heartbeat } from './health.ts';
import { evictingKey, isEvicting, plannedTaints } from './taints.ts';
import { evictionRate, isEverythingDown, takeCensus, zoneOf, type Census } from './zones.ts';

const NODE_LEASES = 'kube-node-lease';
const NO_NEWS: Millis = 5_000;
/** With thousands of nodes down each asks every few seconds how all others fare: they share an answer. */
const CENSUS_AGE: Millis = 1_000;

/** Notices nodes that fall silent, and taints nodes by their conditions. */
export const nodeLifecycleController = (): Controller => {
  const heartbeats = new Map<string, Heartbeat>();
  let census: (Census & { readonly at: Millis }) | undefined;
  const buckets = new Map<string, { readonly rate: number; readonly bucket: TokenBucket }>();

  return defineController({
    name: 'node-lifecycle',
    component: 'node-controller',
    for: Node,
    watches: [watchOf(Lease, ({ metadata }) => (metadata.namespace === NODE_LEASES ? [metadata.name] : []))],
    reads: [Pod],

    async reconcile(node, context) {
      const { name } = node.metadata;
      const { cache, events, now } = context;
      if (!heartbeats.has(name)) events.event(node, 'Normal', 'RegisteredNode', `Node ${name} event: Registered Node ${name} in Controller`);
      const renewed = cache.get(Lease, name, NODE_LEASES)?.spec.renewTime ?? '';
      const reported = findCondition(node.status.conditions, 'Ready')?.lastHeartbeatTime ?? '';
      // By the steady clock: a step of the wall clock must not make every node look dead.
      const heartbeat = heard(heartbeats.get(name), `${renewed} ${reported}`, context.clock.monotonic());
      heartbeats.set(name, heartbeat);
      const left = silentAt(node, heartbeat) - context.clock.monotonic();
      const judged = left > 0 ? node : await declareSilent(node, context);
      const wait = await retaint(judged, context);
      if (findCondition(judged.status.conditions, 'Ready')?.status === 'Unknown') await markPodsNotReady(name, context, now);
      return earliest(left > 0 ? left + 1 : undefined, wait);
    },

    async gone(name, { events }) {
      if (!heartbeats.delete(name)) return;
      const reference = { kind: 'Node', apiVersion: 'v1', name, uid: name };
      events.event({ reference }, 'Normal', 'RemovingNode', `Node ${name} event: Removing Node ${name} from Controller`);
    },
  });

  /** @returns when to try again where pods may not be moved off yet */
  async function retaint(node: Node, context: Context): Promise<Millis | undefined> {
    const { client, now } = context;
    const pending = evictingKey(node) !== undefined && !isEvicting(node);
    const mayEvict = pending && admitEviction(node, context);
    const taints = plannedTaints(node, mayEvict, now);
    if (taints !== node.spec.taints && (taints.length > 0 || node.spec.taints)) {
      await client.update(Node, { ...node, spec: { ...node.spec, taints } });
    }
    return pending && !mayEvict ? NO_NEWS : undefined;
  }

  /** A zone's nodes are emptied one by one, the slower the more of it is down. */
  function admitEviction(node: Node, { cache, clock }: Context): boolean {
    const nodes = () => cache.list(Node);
    if (!census || clock.monotonic() - census.at >= CENSUS_AGE) census = { at: clock.monotonic(), ...takeCensus(nodes()) };
    const zone = zoneOf(node);
    const { state, size } = census.zones.get(zone) ?? { state: 'Normal', size: 1 };
    if (census.everythingDown) return false;
    const rate = evictionRate(state, size);
    const known = buckets.get(zone);
    const bucket = known?.rate === rate ? known.bucket : new TokenBucket(clock, { perSecond: rate, burst: rate === 0 ? 0 : 1 });
    buckets.set(zone, { rate, bucket });
    // Few get so far: what is decided for them is decided by what is so now.
    return bucket.tryTake() && !isEverythingDown(nodes());
  }
};

async function declareSilent(node: Node, { client, events, now }: Context): Promise<Node> {
  const conditions = unknownConditions(node, now);
  if (findCondition(node.status.conditions, 'Ready')?.status === 'Unknown') return node;
  const { name } = node.metadata;
  const silent = await client.updateStatus(Node, { ...node, status: { ...node.status, conditions } });
  if (isReadyNode(node)) events.event(node, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
  return silent;
}

/** Services must not send anything where nobody answers. A kubelet that lives says for itself what is ready. */
async function markPodsNotReady(node: string, { cache, client, events }: Context, now: Millis): Promise<void> {
  await Promise.all(podsOfNode(cache, node).filter(isReady).map(async (pod) => {
    const ready = findCondition(pod.status.conditions, 'Ready')!;
    const conditions = setCondition(pod.status.conditions, { ...ready, status: 'False', lastTransitionTime: formatTime(now) });
    await client.updateStatus(Pod, { ...pod, status: { ...pod.status, conditions } });
    events.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
  }));
}

const earliest = (a: Millis | undefined, b: Millis | undefined): Millis | undefined =>
  a === undefined ? b : b === undefined ? a : Math.min(a, b);
