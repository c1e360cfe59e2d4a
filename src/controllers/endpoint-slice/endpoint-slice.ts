import { Node } from '../../kinds/core/node.ts';
import { Service } from '../../kinds/core/service.ts';
import { EndpointSlice } from '../../kinds/discovery/endpoint-slice.ts';
import { isApiError } from '../../meta/api-error.ts';
import { formatTime } from '../../meta/time.ts';
import { CHANGED_AT } from '../endpoints/plan.ts';
import { hasSelector, podsOf, watchPods } from '../endpoints/service-pods.ts';
import { isNamespaceTerminating, messageOf } from '../pod-control.ts';
import { controllerReference, defineController, watchOf, type Context } from '../runtime/index.ts';
import { desiredGroups } from './desired.ts';
import { annotationsOf, labelsOf, MANAGED_BY, MANAGER, plan, SERVICE_NAME, type Plan } from './plan.ts';

/** Keeps the slices from which proxies and DNS learn where each Service's pods are. */
export const endpointSliceController = defineController({
  name: 'endpoint-slice',
  for: Service,
  owns: [EndpointSlice],
  watches: [
    watchPods,
    // A slice whose owner reference was taken off still bears its Service's name.
    watchOf(EndpointSlice, ({ metadata }) => (isOurs(metadata.labels) ? [`${metadata.namespace}/${metadata.labels![SERVICE_NAME]}`] : [])),
  ],
  reads: [Node],

  async reconcile(service, context) {
    if (!hasSelector(service) || service.metadata.deletionTimestamp !== undefined) return;
    const { cache, events } = context;
    const { name, namespace = '' } = service.metadata;
    const slices = cache.owned(EndpointSlice, service).filter(({ metadata }) => isOurs(metadata.labels));
    const todo = plan(service, slices, desiredGroups(service, podsOf(service, cache), (node) => cache.get(Node, node)));
    try {
      await carryOut(todo, service, context);
    } catch (error) {
      if (isNamespaceTerminating(error)) return;
      if (!isApiError(error, 'Conflict', 'NotFound')) {
        const reason = `Error updating Endpoint Slices for Service ${namespace}/${name}: ${messageOf(error)}`;
        events.event(service, 'Warning', 'FailedToUpdateEndpointSlices', reason);
      }
      throw error;
    }
  },
});

const isOurs = (labels: Readonly<Record<string, string>> | undefined): boolean => labels?.[MANAGED_BY] === MANAGER;

async function carryOut({ create, update, remove }: Plan, service: Service, { client, now }: Context): Promise<void> {
  const { name, namespace = '' } = service.metadata;
  const changedAt = { [CHANGED_AT]: formatTime(now) };
  // New addresses first: between two writes there are too many rather than none.
  for (const slice of create) {
    const { addressType, ports, endpoints } = slice;
    await client.create(EndpointSlice, {
      metadata: {
        generateName: `${name}-`, namespace, labels: labelsOf(service),
        annotations: { ...annotationsOf(service), ...changedAt },
        ownerReferences: [controllerReference(Service, service)],
      },
      addressType,
      ...(ports.length > 0 ? { ports } : {}),
      ...(endpoints.length > 0 ? { endpoints } : {}),
    });
  }
  for (const slice of update) {
    const annotations = { ...slice.metadata.annotations, ...changedAt };
    await client.update(EndpointSlice, { ...slice, metadata: { ...slice.metadata, annotations } });
  }
  for (const { metadata } of remove) {
    await client.delete(EndpointSlice, metadata.name, { namespace, preconditions: { uid: metadata.uid } }).catch((error: unknown) => {
      if (!isApiError(error, 'NotFound', 'Conflict')) throw error;
    });
  }
}
