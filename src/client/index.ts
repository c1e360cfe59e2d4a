/**
 * How every part of knarr speaks to the API, in-process or across machines.
 * In: a Transport. Out: typed verbs (Client), caches kept current by list and watch (Informers), work queues, the
 * event recorder, leader election by Lease.
 *
 *     watch → Reflector → SharedInformer (Indexer, handlers) → WorkQueue → worker
 *
 * Must not know: sockets, the server, any controller. Time and chance come in as Clock and Random.
 */
export { createClient, type ClientOptions } from './api-client.ts';
export type * from './client.ts';
export { readBytes, readObject } from './answer.ts';
export { discover, type DiscoveredResource, type Discovery } from './discovery.ts';
export { keyOf } from './informer.ts';
export type { Handler, Informer, Informers, InformerScope, Lister } from './informer.ts';
export { createInformers } from './informers.ts';
export { Indexer } from './indexer.ts';
export { queryOf } from './query.ts';
export { Reflector, type ReflectorTarget, type Surroundings } from './reflector.ts';
export { compareResourceVersions } from './resource-version.ts';
export { QueueMetrics, type QueueWatcher } from './queue-metrics.ts';
export { WorkQueue } from './work-queue.ts';
export { bucketAndExponential, exponential, TokenBucket, type RateLimiter } from './rate-limiter.ts';
export { createEventRecorder, referenceTo, type EventRecorder, type RecorderOptions, type Regarding } from './event-recorder.ts';
export { runLeaderElection, type ElectionOptions } from './leader-election.ts';
