import type { RunProgram } from '../../base/program.ts';
import type { Family } from '../ruleset.ts';
import type { RulesetChange } from '../tracker.ts';

export const PROXY_MODES = ['nftables', 'iptables', 'ipvs'] as const;
export type ProxyMode = (typeof PROXY_MODES)[number];

/** What every backend is told of its surroundings. */
export interface BackendOptions {
  readonly family: Family;
  /** Pods' addresses in this family; what comes from elsewhere is masqueraded on its way to a ClusterIP. Without it, nothing is. */
  readonly clusterCidr?: string;
  /** Whatever goes to a ClusterIP is masqueraded. */
  readonly masqueradeAll: boolean;
  /** Networks of the node's addresses on which node ports answer; empty: on all. */
  readonly nodePortAddresses: readonly string[];
  /** How a virtual server of IPVS chooses among its endpoints (ipvsadm(8)); `rr` unless said. */
  readonly scheduler?: string;
  /** With IPVS: whether neighbours learn a Service's address only from the device that has it. */
  readonly strictArp?: boolean;
  /** Runs programs in the node's network namespace. */
  readonly run: RunProgram;
}

/** Keeps the kernel's rules of one family as the ruleset says. Others' rules stay. Every backend passes `test/scenarios/proxy-contract.ts`. */
export interface ProxyBackend {
  /** Writes what changed since the last call. @throws ProgramFailed, after which the next call must be whole */
  sync(change: RulesetChange): Promise<void>;
  /** Whether what was written still stands. */
  intact(): Promise<boolean>;
  /** Takes every rule away. */
  remove(): Promise<void>;
}

/** Marks packets that leave with the node's own address: bit 14, as upstream's default. */
export const MASQUERADE_MARK = 0x4000;
