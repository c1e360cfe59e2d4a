/**
 * `knarr/client`: a cluster from outside, as any program sees it.
 *
 *     await using cluster = await connectCluster();              // kubeconfig, or the pod this runs in
 *     await cluster.client.list(Pod, { namespace: 'default' });
 *     const { code, stdout } = await cluster.exec({ name: 'web' }, ['ls', '/']);
 *
 * In: a kubeconfig, a pod's service account, or any transport. Out: typed verbs for every built-in kind and for one's own,
 * informers, leader election, logs, commands, forwarded ports. Must not know: the server, controllers, any cluster's insides.
 */
export { ManualClock, systemClock, type Clock, type Millis } from '../../base/clock.ts';
export { silent, type Logger } from '../../base/log.ts';
export { seededRandom, systemRandom, type Random } from '../../base/random.ts';
export * from '../../client/index.ts';
export * from '../../kinds/index.ts';
export { ApiError, isApiError, type Reason, type Status } from '../../meta/api-error.ts';
export type { AnyObject, DeepPartial, KubeObject, ObjectList, ObjectMeta, OwnerReference } from '../../meta/object.ts';
export type { InstanceOf, Resource } from '../../meta/resource.ts';
export type { ApiHandler, ApiRequest, ApiResponse, Transport, UserInfo } from '../../wire/api.ts';
export { connectCluster, connectionOver, type ConnectOptions, type Connection, type PodPlace } from './connect.ts';
export type { CommandOptions, Finished, Sink } from './command.ts';
export { customResource } from './custom-resource.ts';
export { linesOf, type LogOptions } from './logs.ts';
export type { PortForward, PortForwardOptions } from './port-forward.ts';
