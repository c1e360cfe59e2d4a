import { ManualClock } from '../../base/clock.ts';
import { seededRandom } from '../../base/random.ts';
import type { Node } from '../../kinds/core/node.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { DeepPartial } from '../../meta/object.ts';
import { schedulePod, type CycleInput, type Decision } from '../cycle.ts';
import { fitMessage } from '../framework/diagnosis.ts';
import type { PluginEntry } from '../framework/plugin.ts';
import { PodInfo } from '../framework/pod-info.ts';
import { defineProfile } from '../framework/profile.ts';
import { defaultPlugins } from '../plugins/order.ts';
import { NodeTable } from '../snapshot/node-table.ts';
import { devicesOf } from './devices.ts';
import { storageOf } from './storage.ts';

type Labels = Readonly<Record<string, string>>;
type Requests = Readonly<Record<string, string>>;

/** A node with room for 4 cores, 16Gi and 110 pods. */
export function makeNode(name: string, more: { labels?: Labels; allocatable?: Requests; spec?: Node['spec']; images?: Node['status']['images'] } = {}): Node {
  return {
    apiVersion: 'v1', kind: 'Node',
    metadata: {
      name, uid: `node-${name}`, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z',
      labels: { 'kubernetes.io/hostname': name, ...more.labels },
    },
    spec: more.spec ?? {},
    status: {
      allocatable: { cpu: '4', memory: '16Gi', pods: '110', ...more.allocatable },
      ...(more.images && { images: more.images }),
    },
  } as unknown as Node;
}

interface PodParts {
  readonly namespace?: string;
  readonly labels?: Labels;
  readonly requests?: Requests;
  readonly spec?: DeepPartial<Pod['spec']>;
  readonly status?: Pod['status'];
}

export function makePod(name: string, { namespace = 'default', labels = {}, requests = {}, spec = {}, status = {} }: PodParts = {}): Pod {
  return {
    apiVersion: 'v1', kind: 'Pod',
    metadata: { name, namespace, uid: `pod-${namespace}-${name}`, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', labels },
    spec: { schedulerName: 'default-scheduler', containers: [{ name: 'c', image: 'app:1', resources: { requests } }], ...spec },
    status,
  } as unknown as Pod;
}

export const podInfo = (name: string, parts?: PodParts): PodInfo => new PodInfo(makePod(name, parts));

/** A cluster in a test: nodes, pods on them, and one cycle at a time. */
export class TestCluster {
  readonly table = new NodeTable();
  readonly input: CycleInput;
  readonly namespaces = new Map<string, Labels>();

  constructor(nodes: readonly Node[], plugins: readonly PluginEntry[] = testPlugins) {
    for (const node of nodes) this.table.setNode(node);
    this.input = {
      profile: defineProfile('default-scheduler', plugins),
      snapshot: { table: this.table, namespaceLabels: (name) => this.namespaces.get(name) },
      random: seededRandom(1),
    };
  }

  run(node: string, name: string, parts?: PodParts): PodInfo {
    const pod = podInfo(name, parts);
    this.table.addPod(pod, node);
    return pod;
  }

  decide(name: string, parts?: PodParts): Decision {
    return schedulePod(podInfo(name, parts), this.input);
  }

  /** The chosen node's name, or the message of a pod that fits nowhere. */
  place(name: string, parts?: PodParts): string {
    const decision = this.decide(name, parts);
    return decision.type === 'fits' ? decision.node.name : fitMessage(decision.diagnosis);
  }
}

const bindsNothing = () => Promise.reject(new Error('a cycle binds nothing'));

/** The default profile, bound to nothing. Pods with the same `app` label belong together. */
export const testPlugins = defaultPlugins({
  client: { createSubresource: bindsNothing, patch: bindsNothing, get: bindsNothing, create: bindsNothing, update: bindsNothing, updateStatus: bindsNothing, delete: bindsNothing },
  clock: new ManualClock(),
  random: seededRandom(3),
  storage: storageOf([]),
  devices: devicesOf([]),
  event: () => {},
  selectorOf: ({ labels }) => (labels.app === undefined ? undefined : { matchLabels: { app: labels.app } }),
  budgets: () => [],
  isPreempting: () => false,
});
