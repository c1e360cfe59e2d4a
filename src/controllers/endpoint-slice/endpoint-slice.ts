import { Node } from '../../kinds/core/node.ts';
import { Service } from '../../kinds/core/service.ts';
import { EndpointSlice } from '../../kinds/discovery/endpoint-slice.ts';
import { isApiError } from '../../meta/api-error.ts';
import { hasSelector, podsOf, watchPods } from '../endpoints/service-pods.ts';
import { isNamespaceTerminating, messageOf } from '../pod-control.ts';
import { controllerReference, defineController, watchOf } from '../runtime/index.ts';
import { desiredGroups } from './desired.ts';
import { carryOut } from './carry-out.ts';
import { annotationsOf, frameOf, labelsOf, MANAGED_BY, MANAGER, plan, SERVICE_NAME } from './plan.ts';

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
    const todo = plan(frameOf(service), slices, desiredGroups(service, podsOf(service, cache), (node) => cache.get(Node, node)));
    try {
      const annotations = annotationsOf(service);
      await carryOut(todo, { name, namespace, labels: labelsOf(service), annotations, owner: controllerReference(Service, service) }, context);
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
