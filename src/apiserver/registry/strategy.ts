import type { AnyObject } from '../../meta/object.ts';
import { groupResource } from '../../meta/resource.ts';
import type { CustomResourceDefinitionCondition } from '../../kinds/apiextensions/custom-resource-definition.ts';
import type { Kind } from '../../schema/kind.ts';
import { CLEANUP, PENDING } from '../crd/cleanup.ts';
import { withCondition } from '../crd/names.ts';

/** How the registry treats one resource apart from the rest. What an object may hold is its kind's business. */
export interface Strategy {
  /** Seconds until a deletion takes effect; undefined where deletion is not graceful. */
  gracePeriod?(object: AnyObject, asked: number | undefined): number;
  /** What keeps a deleted object besides metadata.finalizers. */
  finalizers?(object: AnyObject): readonly string[];
  /** What a deletion that cannot take effect at once changes beside metadata. */
  markDeleting?(object: AnyObject, now: string): AnyObject;
  /** Holds every object that is deleted, until whoever cleans up after it takes it off. */
  readonly cleanupFinalizer?: string;
  /** PUT of an object that is not there creates it. */
  readonly createOnUpdate?: boolean;
  /** PUT needs a resourceVersion. */
  readonly needsResourceVersion?: boolean;
  /** What a deletion does with dependents where neither the caller nor a finalizer says: `keep` orphans them, `none` knows no dependents. */
  readonly dependents?: 'keep' | 'none';
  /** DELETE answers with the object instead of a Status. */
  readonly returnsDeleted?: boolean;
  /** metadata.generation is kept. */
  readonly generation: boolean;
  /** What of metadata makes a new generation besides all that is neither metadata nor status; 'first': no change does. */
  readonly generationCounts?: 'labels' | 'annotations' | 'first';
  /** What of metadata the status subresource leaves as it was. */
  readonly statusKeeps?: readonly StatusKept[];
  /** An object may come with its status: whoever makes it also knows how it is. */
  readonly createsStatus?: boolean;
}

export type StatusKept = 'labels' | 'annotations' | 'finalizers' | 'ownerReferences';
const ALL_META: readonly StatusKept[] = ['labels', 'annotations', 'finalizers', 'ownerReferences'];

type Loose = { readonly [field: string]: unknown };
const part = (object: AnyObject, name: string): Loose => (object[name] as Loose | undefined) ?? {};

/** @returns 0 for pods that nobody runs (any more). */
function podGracePeriod(pod: AnyObject, asked: number | undefined): number {
  const spec = part(pod, 'spec');
  const phase = part(pod, 'status')['phase'];
  if (!spec['nodeName'] || phase === 'Failed' || phase === 'Succeeded') return 0;
  const period = asked ?? (spec['terminationGracePeriodSeconds'] as number | undefined) ?? 30;
  return period < 0 ? 1 : period;
}

function markTerminating(definition: AnyObject, now: string): AnyObject {
  const status = part(definition, 'status');
  return { ...definition, status: { ...status, conditions: withCondition((status['conditions'] ?? []) as readonly CustomResourceDefinitionCondition[], PENDING, now) } };
}

/** Resources without metadata.generation, as upstream's strategies leave it. */
const NO_GENERATION = new Set([
  'bindings', 'configmaps', 'secrets', 'events', 'endpoints', 'namespaces', 'nodes', 'persistentvolumes', 'persistentvolumeclaims',
  'serviceaccounts', 'services', 'limitranges', 'resourcequotas', 'leases.coordination.k8s.io', 'events.events.k8s.io',
  'roles.rbac.authorization.k8s.io', 'rolebindings.rbac.authorization.k8s.io', 'clusterroles.rbac.authorization.k8s.io',
  'clusterrolebindings.rbac.authorization.k8s.io', 'storageclasses.storage.k8s.io', 'volumeattachments.storage.k8s.io',
  'csinodes.storage.k8s.io', 'csistoragecapacities.storage.k8s.io', 'volumeattributesclasses.storage.k8s.io',
  'resourceclaims.resource.k8s.io', 'resourceclaimtemplates.resource.k8s.io', 'runtimeclasses.node.k8s.io', 'controllerrevisions.apps', 'certificatesigningrequests.certificates.k8s.io',
  'horizontalpodautoscalers.autoscaling', 'apiservices.apiregistration.k8s.io', 'ipaddresses.networking.k8s.io',
]);

const SPECIAL: Readonly<Record<string, Omit<Strategy, 'generation'>>> = {
  pods: { gracePeriod: podGracePeriod, returnsDeleted: true, statusKeeps: ['ownerReferences'] },
  namespaces: {
    finalizers: (object) => (part(object, 'spec')['finalizers'] as readonly string[] | undefined) ?? [],
    markDeleting: (object) => ({ ...object, status: { ...part(object, 'status'), phase: 'Terminating' } }),
  },
  nodes: { createsStatus: true },
  services: { createOnUpdate: true, returnsDeleted: true },
  serviceaccounts: { returnsDeleted: true },
  persistentvolumeclaims: { returnsDeleted: true },
  persistentvolumes: { returnsDeleted: true },
  resourcequotas: { returnsDeleted: true },
  podtemplates: { returnsDeleted: true },
  endpoints: { createOnUpdate: true },
  events: { createOnUpdate: true, dependents: 'none' },
  // As upstream's first versions, for compatibility.
  replicationcontrollers: { dependents: 'keep' },
  'jobs.batch': { dependents: 'keep' },
  limitranges: { createOnUpdate: true },
  'leases.coordination.k8s.io': { createOnUpdate: true, needsResourceVersion: true },
  'roles.rbac.authorization.k8s.io': { createOnUpdate: true },
  'rolebindings.rbac.authorization.k8s.io': { createOnUpdate: true },
  'clusterroles.rbac.authorization.k8s.io': { createOnUpdate: true },
  'clusterrolebindings.rbac.authorization.k8s.io': { createOnUpdate: true },
  'events.events.k8s.io': { createOnUpdate: true, dependents: 'none' },
  'runtimeclasses.node.k8s.io': { createOnUpdate: true, needsResourceVersion: true },
  'deployments.apps': { statusKeeps: ['labels'], generationCounts: 'annotations' },
  'endpointslices.discovery.k8s.io': { generationCounts: 'labels' },
  'priorityclasses.scheduling.k8s.io': { generationCounts: 'first' },
  'deviceclasses.resource.k8s.io': { returnsDeleted: true },
  'resourceclaims.resource.k8s.io': { returnsDeleted: true, statusKeeps: ALL_META },
  'resourceclaimtemplates.resource.k8s.io': { returnsDeleted: true },
  'resourceslices.resource.k8s.io': { returnsDeleted: true },
  'csidrivers.storage.k8s.io': { returnsDeleted: true, needsResourceVersion: true },
  'csinodes.storage.k8s.io': { returnsDeleted: true, needsResourceVersion: true },
  'storageclasses.storage.k8s.io': { returnsDeleted: true },
  'volumeattachments.storage.k8s.io': { returnsDeleted: true, needsResourceVersion: true, statusKeeps: ALL_META },
  'volumeattributesclasses.storage.k8s.io': { returnsDeleted: true },
  'apiservices.apiregistration.k8s.io': { needsResourceVersion: true, statusKeeps: ALL_META },
  'flowschemas.flowcontrol.apiserver.k8s.io': { statusKeeps: ALL_META },
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io': { statusKeeps: ALL_META },
  'validatingadmissionpolicies.admissionregistration.k8s.io': { statusKeeps: ALL_META },
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': { needsResourceVersion: true },
  'validatingwebhookconfigurations.admissionregistration.k8s.io': { needsResourceVersion: true },
  'poddisruptionbudgets.policy': { needsResourceVersion: true },
  'csistoragecapacities.storage.k8s.io': { needsResourceVersion: true },
  'customresourcedefinitions.apiextensions.k8s.io': { needsResourceVersion: true, cleanupFinalizer: CLEANUP, markDeleting: markTerminating },
};

const CUSTOM: Strategy = { generation: true, needsResourceVersion: true, statusKeeps: ALL_META };

export function strategyOf(kind: Kind): Strategy {
  if (kind.custom) return CUSTOM;
  const name = groupResource(kind);
  return { ...SPECIAL[name], generation: !NO_GENERATION.has(name) };
}
