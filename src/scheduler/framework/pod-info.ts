import type { Pod } from '../../kinds/core/pod.ts';
import type { Toleration } from '../../kinds/core/toleration.ts';
import { podRequests, type Amounts } from '../../rules/pod-resources.ts';
import { claimsOf, type PodClaim } from './pod-claims.ts';
import { compileTerms, type PodTerms } from './pod-terms.ts';

/** One host port a pod wants. */
export interface HostPort {
  /** `0.0.0.0` when the pod names none. */
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

/** What a container is taken to use where it requests nothing, when nodes are scored: 100m CPU and 200Mi. */
const SCORING_FLOOR: Amounts = new Map([['cpu', 100], ['memory', 200 * 2 ** 20]]);
const NO_TOLERATIONS: readonly Toleration[] = [];
const EMPTY: Readonly<Record<string, string>> = {};

/** A pod with what plugins ask of it, worked out once. Immutable: a changed pod gets a new one. */
export class PodInfo {
  readonly pod: Pod;
  readonly key: string;
  readonly uid: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly priority: number;
  readonly terminating: boolean;
  readonly tolerations: readonly Toleration[];
  /** Without `pods`: each pod takes one of those. */
  readonly requests: Amounts;
  readonly scoringCpu: number;
  readonly scoringMemory: number;
  readonly hostPorts: readonly HostPort[];
  readonly claims: readonly PodClaim[];
  #terms: PodTerms | undefined;

  constructor(pod: Pod) {
    const { metadata, spec } = pod;
    this.pod = pod;
    this.namespace = metadata.namespace ?? '';
    this.key = `${this.namespace}/${metadata.name}`;
    this.uid = metadata.uid;
    this.labels = metadata.labels ?? EMPTY;
    this.priority = spec.priority ?? 0;
    this.terminating = metadata.deletionTimestamp !== undefined;
    this.tolerations = spec.tolerations ?? NO_TOLERATIONS;
    this.requests = podRequests(pod);
    const floored = this.requests.has('cpu') && this.requests.has('memory') && spec.containers.length === 1
      ? this.requests : podRequests(pod, SCORING_FLOOR);
    this.scoringCpu = floored.get('cpu') ?? 0;
    this.scoringMemory = floored.get('memory') ?? 0;
    this.hostPorts = hostPortsOf(pod);
    this.claims = claimsOf(pod);
  }

  /** Its pod affinity, compiled on first use. */
  get terms(): PodTerms {
    return (this.#terms ??= compileTerms(this.pod));
  }

  /** Whether it says something about other pods; most do not. */
  get hasPodAffinity(): boolean {
    const affinity = this.pod.spec.affinity;
    return affinity?.podAffinity !== undefined || affinity?.podAntiAffinity !== undefined;
  }
}

const NO_PORTS: readonly HostPort[] = [];

function hostPortsOf({ spec }: Pod): readonly HostPort[] {
  const sidecars = spec.initContainers?.filter(({ restartPolicy }) => restartPolicy === 'Always') ?? [];
  let found: HostPort[] | undefined;
  for (const { ports } of [...spec.containers, ...sidecars]) {
    for (const { hostPort, hostIP, protocol } of ports ?? []) {
      if (hostPort) (found ??= []).push({ ip: hostIP || '0.0.0.0', protocol: protocol || 'TCP', port: hostPort });
    }
  }
  return found ?? NO_PORTS;
}
