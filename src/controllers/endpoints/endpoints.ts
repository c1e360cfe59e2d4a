import { messageOf } from '../../base/message-of.ts';
import { Endpoints } from '../../kinds/core/endpoints.ts';
import { Service } from '../../kinds/core/service.ts';
import { isApiError } from '../../meta/api-error.ts';
import { formatTime } from '../../meta/time.ts';
import { isNamespaceTerminating } from '../pod-control.ts';
import { defineController, watchOf } from '../runtime/index.ts';
import { CHANGED_AT, isCurrent, plan } from './plan.ts';
import { hasSelector, podsOf, watchPods } from './service-pods.ts';

/** Keeps, for each Service with a selector, an Endpoints object of its name: what clients knew before EndpointSlices. */
export const endpointsController = defineController({
  name: 'endpoint',
  for: Service,
  watches: [watchPods, watchOf(Endpoints, ({ metadata }) => [`${metadata.namespace}/${metadata.name}`])],

  async reconcile(service, { cache, client, events, now }) {
    if (!hasSelector(service)) return;
    const { name, namespace = '' } = service.metadata;
    const todo = plan(service, podsOf(service, cache));
    const before = cache.get(Endpoints, name, namespace);
    if (before && isCurrent(before, todo)) return;
    const { labels, subsets } = todo;
    const annotations = { ...todo.annotations, [CHANGED_AT]: formatTime(now) };
    try {
      if (before) await client.update(Endpoints, { ...before, metadata: { ...before.metadata, labels, annotations }, subsets });
      else await client.create(Endpoints, { metadata: { name, namespace, labels, annotations }, subsets });
    } catch (error) {
      // A Conflict is another writer's turn, not a failure to tell users of.
      if (isNamespaceTerminating(error)) return;
      const what = before ? 'update' : 'create';
      if (!isApiError(error, 'Conflict')) {
        events.event(service, 'Warning', before ? 'FailedToUpdateEndpoint' : 'FailedToCreateEndpoint', `Failed to ${what} endpoint ${namespace}/${name}: ${messageOf(error)}`);
      }
      throw error;
    }
  },

  async gone(key, { cache, client }) {
    const [namespace = '', name = ''] = key.split('/');
    const endpoints = cache.get(Endpoints, name, namespace);
    // What others made by hand, for no Service yet, is theirs.
    if (endpoints?.metadata.labels?.['endpoints.kubernetes.io/managed-by'] !== 'endpoint-controller') return;
    await client.remove(Endpoints, endpoints);
  },
});
