/** Registers the node and keeps its status true. */
import { isDeepStrictEqual } from 'node:util';
import type { Millis } from '../../base/clock.ts';
import type { Informer } from '../../client/index.ts';
import { Node } from '../../kinds/core/node.ts';
import type { NodeStatus } from '../../kinds/core/node-status.ts';
import { isApiError } from '../../meta/api-error.ts';
import type { KubeletOptions } from '../options.ts';
import type { Machine } from './machine.ts';
import { isExtended, nodeStatus, TRANSITIONS } from './node-status.ts';

export interface NodeAgentOptions extends Pick<KubeletOptions, 'client' | 'clock' | 'log' | 'cri' | 'nodeName' | 'nodeIp' | 'nodeIps' | 'hostname' | 'nodeLabels' | 'nodeTaints' | 'podCidrs' | 'maxPods' | 'podsPerCore' | 'reserved' | 'nodeStatus' | 'registerNode' | 'providerId' | 'localStorageIsolation'> {
  readonly nodes: Informer<Node>;
  readonly machine: Machine;
  readonly version: string;
  readonly runtimeVersion: string;
  readonly port: number;
  /** What else keeps the node from being ready. */
  readonly trouble: () => readonly string[];
  readonly withheld?: { readonly memoryBytes: number; readonly storageBytes: number };
  readonly pressure: () => readonly string[];
  readonly devices: () => Readonly<Record<string, { readonly capacity: number; readonly allocatable: number }>>;
  /** Volumes it uses, or is about to, of those that are attached to nodes; undefined: not known yet. */
  readonly volumesInUse?: () => readonly string[] | undefined;
  /** Called with what makes the agent report at once. */
  readonly onNudge?: (nudge: () => void) => void;
  /** An event about the node. */
  readonly tell: (reason: string, message: string) => void;
}

const PERIOD: Millis = 10_000;
/** While the node is not ready, or not registered. */
const EAGER_PERIOD: Millis = 500;
/** Sent at least so often, changed or not. */
const REPORT_PERIOD: Millis = 300_000;
const MOST_PODS = 110;
const MOST_IMAGES = 50;

export async function runNodeAgent(options: NodeAgentOptions, signal: AbortSignal): Promise<void> {
  const { clock, log, nodes, nodeStatus: { updatePeriod = PERIOD, reportPeriod = REPORT_PERIOD } = {} } = options;
  let registered = options.registerNode === false;
  let nudge = new AbortController();
  using _handler = nodes.addHandler({ onUpdate: (node) => hasUnclaimed(node.status, options.devices()) && nudge.abort() });
  options.onNudge?.(() => nudge.abort());
  let reportedAt = -Infinity;
  while (!signal.aborted) {
    let wait = EAGER_PERIOD;
    try {
      if (!registered) await register(options, signal);
      registered = true;
      const { sent, ready } = await report(options, { force: clock.monotonic() - reportedAt >= reportPeriod }, signal);
      if (sent) reportedAt = clock.monotonic();
      wait = ready ? updatePeriod : Math.min(updatePeriod, EAGER_PERIOD);
    } catch (error) {
      if (signal.aborted) return;
      // Deleted under us: a node that lives registers again.
      if (isApiError(error, 'NotFound')) registered = options.registerNode === false;
      else log.warn('node status not sent', { error: String(error) });
    }
    await clock.sleep(wait, AbortSignal.any([signal, nudge.signal])).catch(() => {});
    if (nudge.signal.aborted) nudge = new AbortController();
  }
}

/** Somebody advertised a resource: pods that want it should not wait for the next round. */
const hasUnclaimed = ({ capacity = {}, allocatable = {} }: NodeStatus, plugged: object): boolean =>
  Object.entries(capacity).some(([name, amount]) => isExtended(name) && !(name in plugged) && allocatable[name] !== amount);

async function register(options: NodeAgentOptions, signal: AbortSignal): Promise<void> {
  const { client, nodeName, hostname, nodeLabels = {}, nodeTaints, podCidrs, providerId, machine, log } = options;
  const labels = {
    'kubernetes.io/hostname': hostname, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': machine.architecture,
    'beta.kubernetes.io/os': 'linux', 'beta.kubernetes.io/arch': machine.architecture, ...nodeLabels,
  };
  try {
    await client.create(Node, {
      metadata: { name: nodeName, labels, annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' } },
      spec: { ...(providerId ? { providerID: providerId } : {}), ...(nodeTaints ? { taints: nodeTaints } : {}), ...(podCidrs ? { podCIDR: podCidrs[0]!, podCIDRs: podCidrs } : {}) },
      status: await currentStatus(options, undefined),
    }, { signal });
    log.info('node registered', { node: nodeName });
  } catch (error) {
    if (!isApiError(error, 'AlreadyExists')) throw error;
    await client.patch(Node, nodeName, { type: 'merge', body: { metadata: { labels } } }, { signal });
  }
}

async function report(options: NodeAgentOptions, { force }: { readonly force: boolean }, signal: AbortSignal): Promise<{ readonly sent: boolean; readonly ready: boolean }> {
  const { client, nodeName, nodes } = options;
  const before = nodes.lister.get(nodeName) ?? (await client.get(Node, nodeName, { signal }));
  const status = await currentStatus(options, before.status);
  tellTransitions(options, before.status, status);
  const ready = status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
  if (!force && same(before.status, status)) return { sent: false, ready };
  await client.patch(Node, nodeName, { type: 'strategic', body: { status: patchOf(before.status, status) } }, { subresource: 'status', signal });
  return { sent: true, ready };
}

function tellTransitions({ nodeName, tell }: NodeAgentOptions, before: NodeStatus, { conditions = [] }: NodeStatus): void {
  for (const { type, status } of conditions) {
    const was = before.conditions?.find((condition) => condition.type === type)?.status;
    const reason = TRANSITIONS[type]?.[status === 'True' ? 0 : 1];
    if (reason !== undefined && was !== undefined && was !== status) tell(reason, `Node ${nodeName} status is now: ${reason}`);
  }
}

async function currentStatus(options: NodeAgentOptions, before: NodeStatus | undefined): Promise<NodeStatus> {
  const { cri, clock, machine, podsPerCore = Infinity, reserved = {}, nodeStatus: { mostImages = MOST_IMAGES } = {} } = options;
  const maxPods = Math.min(options.maxPods ?? MOST_PODS, podsPerCore * machine.cpus);
  const [runtime, images, features] = await Promise.all([runtimeTrouble(options), cri.listImages().catch(() => []), cri.features().catch(() => ({ handlers: [] }))]);
  return nodeStatus({ ...options, maxPods, mostImages, countsStorage: options.localStorageIsolation !== false, reserved, images, features, trouble: [...runtime, ...options.trouble()], pressure: options.pressure(), devices: options.devices(), volumesInUse: options.volumesInUse?.(), before, now: clock.now() });
}

async function runtimeTrouble({ cri }: NodeAgentOptions): Promise<readonly string[]> {
  try {
    const conditions = await cri.status();
    const unmet = (type: string) => conditions.find((condition) => condition.type === type && !condition.status);
    const words = (type: string) => {
      const condition = unmet(type);
      return condition && `${type}=false reason:${condition.reason} message:${condition.message}`;
    };
    const runtime = words('RuntimeReady');
    const network = words('NetworkReady');
    return [...(runtime ? [`container runtime not ready: ${runtime}`] : []), ...(network ? [`container runtime network not ready: ${network}`] : [])];
  } catch {
    return ['container runtime is down'];
  }
}

/** Heartbeat times apart. */
function same(server: NodeStatus, ours: NodeStatus): boolean {
  const bare = (status: NodeStatus) => ({ ...status, conditions: undefined });
  const { conditions: _, ...fields } = ours;
  const told = Object.keys(fields).every((field) => isDeepStrictEqual((server as Readonly<Record<string, unknown>>)[field], (bare(ours) as Readonly<Record<string, unknown>>)[field]));
  return told && (ours.conditions ?? []).every((condition) => (server.conditions ?? []).some((other) =>
    other.type === condition.type && other.status === condition.status && other.reason === condition.reason && other.message === condition.message));
}

/** Addresses are replaced whole: a merge by type would keep ones that are no more. */
function patchOf(server: NodeStatus, { addresses = [], ...status }: NodeStatus): object {
  return isDeepStrictEqual(server.addresses, addresses) ? status : { ...status, addresses: [{ $patch: 'replace' }, ...addresses] };
}
