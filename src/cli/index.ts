/**
 * The command line: flags, help, and how results look on a terminal.
 *
 * In: the arguments after `knarr`, and the `Actions` that the composition root hands over.
 * Out: lines on the terminal and an exit code.
 *
 * It must not know how a cluster is made: that is `cluster`, which imports this room and not the other way round.
 */
export { runCli, type CommandLine } from './main.ts';
export { Refusal } from './refusal.ts';
export type {
  Actions, CertificateReport, Check, ClusterRef, ClusterStatus, ComponentStatus, CertificateStatus, NodeRequest, NodeStatus, PodNetwork, ProxyRulesRequest, StoredImage, UpRequest,
} from './actions.ts';
export type { Terminal } from './terminal.ts';
