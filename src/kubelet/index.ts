/**
 * The kubelet: makes the pods bound to one node run, and says how they are.
 * In: pods, Services, ConfigMaps and Secrets through client/; the container runtime through CRI; devices from plugins that
 * register at a socket; what is left of memory, disk and processes.
 * Out: containers, volumes and cgroups on this machine; pod and node status, a Lease, events; logs, exec and port-forward on
 * its own HTTPS server; who has which device and processor on PodResources' socket.
 * It must not know controllers, scheduler, proxy or network, nor choose its own directories: every path is an option, so that
 * several kubelets can share a machine.
 */
export { connectCri } from './cri/grpc-cri.ts';
export { paced } from './cri/pace.ts';
export { FakeCri } from './cri/fake-cri.ts';
export type { FakeCriOptions } from './cri/fake-cri.ts';
export type { Cri } from './cri/cri.ts';
export type { KubeletOptions, KubeletServerOptions } from './options.ts';
export { shutdownSeconds } from './node/shutdown/plan.ts';
export { startKubelet } from './kubelet.ts';
export type { Kubelet } from './kubelet.ts';
export type { KubeletConfiguration } from './config/configuration.ts';
export { completeConfiguration, readConfiguration } from './config/load.ts';
export type { GivenConfiguration } from './config/load.ts';
export { refusalOf, warningsFor } from './config/limits.ts';
export type { MachineState } from './config/limits.ts';
export { readCredentialProviders } from './images/provider-config.ts';
export { measuredTransport } from './metrics/rest-client.ts';
export { optionsOf, serverOptionsOf } from './config/options-of.ts';
export type { ServerFiles } from './config/options-of.ts';
