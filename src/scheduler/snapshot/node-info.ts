import type { Node } from '../../kinds/core/node.ts';
import type { Taint } from '../../kinds/core/toleration.ts';
import type { HostPort, PodInfo } from '../framework/pod-info.ts';

type Labels = Readonly<Record<string, string>>;
const NO_LABELS: Labels = {};
const NO_TAINTS: readonly Taint[] = [];
const WILDCARD = '0.0.0.0';

/** What is not a number about one node; the numbers are columns of the NodeTable, at `slot`. Only the table changes it. */
export class NodeInfo {
  readonly slot: number;
  readonly name: string;
  /** Absent while pods are known on a node that is not, or no longer. */
  node: Node | undefined;
  labels: Labels = NO_LABELS;
  unschedulable = false;
  /** NoSchedule and NoExecute. */
  hardTaints: readonly Taint[] = NO_TAINTS;
  /** PreferNoSchedule. */
  softTaints: readonly Taint[] = NO_TAINTS;
  /** Image name to its size in bytes. */
  images: ReadonlyMap<string, number> = new Map();
  readonly pods = new Map<string, PodInfo>();
  /** `protocol/port` to the addresses it is taken on, one for each pod. */
  readonly #ports = new Map<string, string[]>();

  constructor(slot: number, name: string) {
    this.slot = slot;
    this.name = name;
  }

  setNode(node: Node | undefined): void {
    this.node = node;
    this.labels = node?.metadata.labels ?? NO_LABELS;
    this.unschedulable = node?.spec.unschedulable ?? false;
    const taints = node?.spec.taints ?? NO_TAINTS;
    this.hardTaints = taints.filter(({ effect }) => effect === 'NoSchedule' || effect === 'NoExecute');
    this.softTaints = taints.filter(({ effect }) => effect === 'PreferNoSchedule');
    this.images = new Map(node?.status.images?.flatMap(({ names, sizeBytes = 0 }) => (names ?? []).map((name) => [name, sizeBytes] as const)));
  }

  addPod(pod: PodInfo): void {
    this.pods.set(pod.uid, pod);
    for (const { ip, protocol, port } of pod.hostPorts) {
      const key = `${protocol}/${port}`;
      const taken = this.#ports.get(key);
      if (taken) taken.push(ip);
      else this.#ports.set(key, [ip]);
    }
  }

  removePod(pod: PodInfo): void {
    this.pods.delete(pod.uid);
    for (const { ip, protocol, port } of pod.hostPorts) {
      const key = `${protocol}/${port}`;
      const taken = this.#ports.get(key);
      taken?.splice(taken.indexOf(ip), 1);
      if (taken?.length === 0) this.#ports.delete(key);
    }
  }

  /** Whether one of these ports is taken; 0.0.0.0 takes, and needs, every address. */
  portsConflict(wanted: readonly HostPort[]): boolean {
    if (this.#ports.size === 0) return false;
    return wanted.some(({ ip, protocol, port }) =>
      this.#ports.get(`${protocol}/${port}`)?.some((taken) => taken === WILDCARD || ip === WILDCARD || taken === ip) ?? false);
  }
}
