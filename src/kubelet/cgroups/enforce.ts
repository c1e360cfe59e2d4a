/** Node allocatable (https://kubernetes.io/docs/tasks/administer-cluster/reserve-compute-resources/): who is held to which part of the node. */
import { messageOf } from '../../base/message-of.ts';
import type { Cgroups, NodeShare } from './cgroups.ts';

/** Programs that are not pods, and what is reserved for them. */
export interface ReservedShare extends NodeShare {
  /** Theirs, made by somebody else. */
  readonly cgroup: string;
}

export interface Enforcement {
  /** Pods together; they are unless said. */
  readonly pods?: boolean;
  readonly system?: ReservedShare;
  readonly kube?: ReservedShare;
}

export interface EnforceOptions {
  readonly cgroups: Pick<Cgroups, 'enforce' | 'hold'>;
  readonly enforcement?: Enforcement;
  /** What pods may have. */
  readonly allocatable: NodeShare;
  readonly tell: (event: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string }) => void;
}

/** The cgroup of all pods is made in any case. @throws Error where programs are to be held to what is reserved and have no such cgroup */
export async function enforceNodeAllocatable({ cgroups, enforcement: { pods = true, system, kube } = {}, allocatable, tell }: EnforceOptions): Promise<void> {
  await cgroups.enforce(pods ? allocatable : { ...allocatable, memoryBytes: 0 });
  if (pods) tell({ type: 'Normal', reason: ENFORCED, message: 'Updated Node Allocatable limit across pods' });
  for (const [name, share] of [['System', system], ['Kube', kube]] as const) {
    if (!share) continue;
    try {
      await cgroups.hold(share.cgroup, share);
    } catch (error) {
      const message = `Failed to enforce ${name} Reserved Cgroup Limits on "${share.cgroup}": ${messageOf(error)}`;
      tell({ type: 'Warning', reason: 'FailedNodeAllocatableEnforcement', message });
      throw new Error(message, { cause: error });
    }
    tell({ type: 'Normal', reason: ENFORCED, message: `Updated limits on ${name.toLowerCase()} reserved cgroup ${share.cgroup}` });
  }
}

const ENFORCED = 'NodeAllocatableEnforced';
