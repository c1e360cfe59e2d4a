/**
 * What other programs import from `knarr`: the typed client and its caches, the controller runtime, every built-in
 * kind, and a whole cluster for tests.
 *
 *     const cluster = await startCluster();                       // in a test
 *     const operator = startOperator({ client, controllers: [defineController({ name, for: Deployment, reconcile })] });
 *
 * Must not know: how the cluster behind a client is made; only testing/ starts one.
 */
export { ManualClock, systemClock, type Clock, type Millis } from '../base/clock.ts';
export { silent, type Logger } from '../base/log.ts';
export { seededRandom, systemRandom, type Random } from '../base/random.ts';
export * from '../client/index.ts';
export * from '../controllers/runtime/index.ts';
export * from '../kinds/index.ts';
export { ApiError, isApiError, type Reason, type Status } from '../meta/api-error.ts';
export type { AnyObject, DeepPartial, KubeObject, ObjectList, ObjectMeta, OwnerReference } from '../meta/object.ts';
export type { InstanceOf, Resource } from '../meta/resource.ts';
export { defineKind, type Kind } from '../schema/kind.ts';
export * as schema from '../schema/field.ts';
export type { ApiHandler, ApiRequest, ApiResponse, Transport, UserInfo } from '../wire/api.ts';
export { startOperator, type OperatorOptions } from './operator.ts';
export { startCluster, type At, type Cluster, type ClusterOptions } from './testing/start-cluster.ts';
