import type { Core } from '../core.ts';
import { flowControlMetrics } from '../flow-control/index.ts';
import type { Served } from '../resources.ts';
import { type Family, labels } from '../../base/metrics/family.ts';
import { buildInfo, processMetrics } from '../../base/metrics/process.ts';

/** What need not be counted, only looked up when asked: caches, watches, the build and the process. */
export function* serverMetrics({ config, resources, hub, flowControl }: Core): Iterable<Family> {
  const served = resources.served();
  const resourcesOnce = [...new Map(served.toReversed().map((one) => [groupResource(one), one])).values()].toReversed();
  yield* storageMetrics(resourcesOnce);
  yield* openWatches(served);
  yield* watchCacheMetrics(resourcesOnce);
  yield { name: 'knarr_store_revision', type: 'gauge', help: 'The revision the caches have reached.', samples: [{ labels: '', value: hub.revision }] };
  yield* flowControlMetrics(flowControl);
  yield buildInfo(config.version ?? {});
  if (config.process) yield* processMetrics(config.process());
}

const nameOf = ({ kind }: Served): string => (kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`);
const groupResource = ({ kind }: Served): string => labels({ group: kind.group, resource: kind.plural });

function* storageMetrics(served: readonly Served[]): Iterable<Family> {
  yield {
    name: 'apiserver_storage_objects', type: 'gauge', help: 'Number of stored objects at the time of last check split by kind.',
    samples: served.map((one) => ({ labels: labels({ resource: nameOf(one) }), value: one.cache.size })),
  };
  yield {
    name: 'apiserver_resource_objects', type: 'gauge', help: 'Number of stored objects at the time of last check split by kind.',
    samples: served.map((one) => ({ labels: groupResource(one), value: one.cache.size })),
  };
  // Kinds that are views of one store entry share its bytes.
  const sizes = new Map(served.map(({ codec, cache }) => [codec.prefix, cache.bytes]));
  yield {
    name: 'apiserver_storage_size_bytes', type: 'gauge', help: 'Size of the storage database file physically allocated in bytes.',
    samples: [{ labels: 'storage_cluster_id="etcd-0"', value: [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0) }],
  };
}

function* openWatches(served: readonly Served[]): Iterable<Family> {
  const watched = served.filter(({ cache }) => cache.watching > 0);
  yield {
    name: 'apiserver_longrunning_requests', type: 'gauge', help: 'Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.',
    samples: watched.map(({ kind, cache }) => ({
      labels: labels({ component: 'apiserver', group: kind.group, resource: kind.plural, scope: 'cluster', subresource: '', verb: 'WATCH', version: kind.version }), value: cache.watching,
    })),
  };
  yield {
    name: 'apiserver_registered_watchers', type: 'gauge', help: 'Number of currently registered watchers for a given resources',
    samples: watched.map(({ kind, cache }) => ({ labels: labels({ group: kind.group, kind: kind.kind, version: kind.version }), value: cache.watching })),
  };
}

function* watchCacheMetrics(served: readonly Served[]): Iterable<Family> {
  const gauge = (name: string, help: string, value: (one: Served) => number): Family =>
    ({ name, type: 'gauge', help, samples: served.map((one) => ({ labels: groupResource(one), value: value(one) })) });
  const counter = (name: string, help: string, value: (one: Served) => number): Family =>
    ({ name, type: 'counter', help, samples: served.map((one) => ({ labels: groupResource(one), value: value(one) })).filter((sample) => sample.value > 0) });
  yield gauge('apiserver_watch_cache_resource_version', 'Current resource version of watch cache broken by resource type.', ({ cache }) => cache.lastChange);
  yield gauge('apiserver_watch_cache_capacity', 'Total capacity of watch cache broken by resource type.', ({ cache }) => cache.capacity);
  yield counter('apiserver_watch_cache_events_received_total', 'Counter of events received in watch cache broken by resource type.', ({ cache }) => cache.received);
  yield counter('apiserver_watch_cache_events_dispatched_total', 'Counter of events dispatched in watch cache broken by resource type.', ({ cache }) => cache.received);
  yield counter('apiserver_watch_cache_initializations_total', 'Counter of watch cache initializations broken by resource type.', () => 1);
  yield counter('apiserver_init_events_total', 'Counter of init events processed in watch cache broken by resource type.', ({ cache }) => cache.initialEvents);
  yield counter('apiserver_terminated_watchers_total', 'Counter of watchers closed due to unresponsiveness broken by resource type.', ({ cache }) => cache.laggards);
}
