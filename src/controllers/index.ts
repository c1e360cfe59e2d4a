/**
 * The loops that turn what users ask for into what the scheduler and the kubelets act on.
 * In: the cluster's objects, through informers. Out: writes through the client, and Events.
 * Each folder is one controller: a pure `plan()` decides, a thin shell acts. `runtime/` carries them all.
 * Must not know: the server, the store, the scheduler, any node's insides.
 */
export * from './runtime/index.ts';
export type { ControllersConfig } from './all.ts';
export type { CertificateAuthority, CertificateOrder } from './certificates/certificates.ts';
export { startControllers } from './start.ts';
export { INGRESS_RIGHTS } from './ingress/ingress.ts';
export { GATEWAY_RIGHTS } from './gateway/gateway.ts';
