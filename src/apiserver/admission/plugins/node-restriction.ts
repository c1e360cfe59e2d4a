import { forbiddenRequest } from '../../../meta/api-error.ts';
import type { AnyObject } from '../../../meta/object.ts';
import type { AdmissionPlugin, Attributes } from '../admission.ts';

const PREFIX = 'system:node:';
const MIRROR = 'kubernetes.io/config.mirror';

/** A node writes its own Node, the pods bound to it and its devices, and nothing of its neighbours'. */
export const nodeRestriction: AdmissionPlugin = {
  name: 'NodeRestriction',
  on: { operations: ['CREATE', 'UPDATE', 'DELETE'], resources: ['nodes', 'pods', 'resourceslices.resource.k8s.io'], subresources: ['*', ''] },

  validate(attributes) {
    const node = nodeOf(attributes);
    if (node === undefined) return;
    const why = REFUSALS[attributes.kind.kind]!(node, attributes);
    if (why !== undefined) throw forbiddenRequest(attributes.kind, attributes.name, why);
  },
};

const REFUSALS: Readonly<Record<string, (node: string, attributes: Attributes) => string | undefined>> = { Node: nodeRefusal, Pod: podRefusal, ResourceSlice: sliceRefusal };

/** The node that asks; undefined for everyone else. */
function nodeOf({ user: { username, groups } }: Attributes): string | undefined {
  return username.startsWith(PREFIX) && groups.includes('system:nodes') ? username.slice(PREFIX.length) : undefined;
}

function nodeRefusal(node: string, { name }: Attributes): string | undefined {
  return name === node ? undefined : `node ${JSON.stringify(node)} is not allowed to modify node ${JSON.stringify(name)}`;
}

/** Of changes the authorizer judges. */
function sliceRefusal(node: string, { operation, object, old }: Attributes): string | undefined {
  const slice = operation === 'CREATE' ? object : operation === 'DELETE' ? old : undefined;
  return slice === undefined || boundTo(slice) === node ? undefined : `can only ${operation.toLowerCase()} ResourceSlice with the same NodeName as the requesting node`;
}

const boundTo = (object: AnyObject | undefined): string | undefined => (object?.['spec'] as { readonly nodeName?: string } | undefined)?.nodeName;

function podRefusal(node: string, { operation, subresource, object, old }: Attributes): string | undefined {
  const itself = 'pods with spec.nodeName set to itself';
  const who = `node ${JSON.stringify(node)}`;
  if (operation === 'DELETE') return boundTo(old) === node ? undefined : `${who} can only delete ${itself}`;
  if (operation === 'UPDATE') return boundTo(old) === node ? undefined : `${who} can only update pod ${subresource === '' ? 'spec' : subresource} for ${itself}`;
  // Of an eviction, the deletion that follows is judged.
  if (subresource !== '') return undefined;
  if (object.metadata.annotations?.[MIRROR] === undefined) return `pod does not have ${JSON.stringify(MIRROR)} annotation, ${who} can only create mirror pods`;
  return boundTo(object) === node ? undefined : `${who} can only create ${itself}`;
}
