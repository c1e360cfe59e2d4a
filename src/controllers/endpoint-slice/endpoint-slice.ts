import { messageOf } from '../../base/message-of.ts';
import { Node } from '../../kinds/core/node.ts';
import { Service } from '../../kinds/core/service.ts';
import { EndpointSlice } from '../../kinds/discovery/endpoint-slice.ts';
import { isApiError } from '../../meta/api-error.ts';
import { hasSelector, podsOf, watchPods } from '../endpoints/service-pods.ts';
import { isNamespaceTerminating } from '../pod-control.ts';
import { controllerReference, defineController, watchOf, type Context, type Controller } from '../runtime/index.ts';
import { desiredGroups } from './desired.ts';
import { carryOut } from './carry-out.ts';
import { topologyEnded, withTopology, type Hinted, type Known, type Modes } from './hints.ts';
import { annotationsOf, frameOf, labelsOf, MANAGED_BY, MANAGER, plan, SERVICE_NAME } from './plan.ts';
import { topologyOf, wantsTopology } from './topology.ts';

/** Keeps the slices from which proxies and DNS learn where each Service's pods are. */
export function endpointSliceController(): Controller {
  /** Zones as last told of, by Service. */
  const told = new Map<string, Modes>();
  return defineController({
    name: 'endpoint-slice',
    for: Service,
    owns: [EndpointSlice],
    watches: [
      watchPods,
      watchOf(Node, (node, cache, old) => (old && topologyOf(old) === topologyOf(node) ? [] : cache.list(Service).filter(wantsTopology).map(keyOf))),
      // A slice whose owner reference was taken off still bears its Service's name.
      watchOf(EndpointSlice, (slice) => BY_SERVICE.values(slice)),
    ],

    async reconcile(service, context) {
      if (!hasSelector(service) || service.metadata.deletionTimestamp !== undefined) return;
      const { cache, events } = context;
      const { name, namespace = '' } = service.metadata;
      const named = cache.byIndex(EndpointSlice, BY_SERVICE, keyOf(service));
      const isOwn = (slice: EndpointSlice) => slice.metadata.ownerReferences?.some(({ uid }) => uid === service.metadata.uid) ?? false;
      const slices = named.filter(isOwn);
      // Left behind by an earlier Service of that name: whoever looks slices up by it would still be sent there.
      const strays = named.filter((slice) => !isOwn(slice) && slice.metadata.deletionTimestamp === undefined);
      const { groups, announce, modes } = hinted(service, { slices, before: told.get(keyOf(service)) ?? new Map() }, context);
      const todo = plan(frameOf(service), slices, groups);
      try {
        const annotations = annotationsOf(service);
        await carryOut({ ...todo, remove: [...todo.remove, ...strays] }, { name, namespace, labels: labelsOf(service), annotations, owner: controllerReference(Service, service) }, context);
        for (const one of announce) events.event(service, ...one);
        if (modes.size > 0) told.set(keyOf(service), modes);
        else told.delete(keyOf(service));
      } catch (error) {
        if (isNamespaceTerminating(error)) return;
        if (!isApiError(error, 'Conflict', 'NotFound')) {
          const reason = `Error updating Endpoint Slices for Service ${namespace}/${name}: ${messageOf(error)}`;
          events.event(service, 'Warning', 'FailedToUpdateEndpointSlices', reason);
        }
        throw error;
      }
    },

    gone: async (key) => void told.delete(key),
  });
}

/** What the slices are to hold, and for whom. */
function hinted(service: Service, { slices, before }: Pick<Known, 'slices' | 'before'>, { cache }: Context): Hinted {
  const groups = desiredGroups(service, podsOf(service, cache), (node) => cache.get(Node, node));
  if (!wantsTopology(service)) return { groups, announce: topologyEnded(before), modes: new Map() };
  return withTopology(groups, { slices, nodes: cache.list(Node), before });
}

const keyOf = ({ metadata }: Service): string => `${metadata.namespace}/${metadata.name}`;

/** The Service our slices are named for, whoever owns them. */
const BY_SERVICE = {
  name: 'service',
  values: ({ metadata }: EndpointSlice) => (isOurs(metadata.labels) ? [`${metadata.namespace}/${metadata.labels![SERVICE_NAME]}`] : []),
};
const isOurs = (labels: Readonly<Record<string, string>> | undefined): boolean => labels?.[MANAGED_BY] === MANAGER;
