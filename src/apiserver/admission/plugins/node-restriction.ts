import { deepEqual } from '../../../base/deep-equal.ts';
import { forbiddenRequest } from '../../../meta/api-error.ts';
import type { AnyObject } from '../../../meta/object.ts';
import { referencesOf } from '../../authz/pod-references.ts';
import type { Core } from '../../core.ts';
import type { AdmissionPlugin, Attributes } from '../admission.ts';

const PREFIX = 'system:node:';
const MIRROR = 'kubernetes.io/config.mirror';
const LEASES = 'kube-node-lease';

/** Why a node may not; undefined: it may. */
type Refusal = (node: string, attributes: Attributes, core: Core) => string | undefined;

/** A node writes its own Node, Lease and CSINode, the pods bound to it and its devices, and nothing of its neighbours'. */
export const nodeRestriction: AdmissionPlugin = {
  name: 'NodeRestriction',
  on: {
    operations: ['CREATE', 'UPDATE', 'DELETE'], subresources: ['*', ''],
    resources: ['nodes', 'pods', 'serviceaccounts', 'leases.coordination.k8s.io', 'csinodes.storage.k8s.io', 'resourceslices.resource.k8s.io'],
  },

  validate(attributes, core) {
    const node = nodeOf(attributes);
    if (node === undefined) return;
    const why = REFUSALS[attributes.kind.kind]!(node, attributes, core);
    if (why !== undefined) throw forbiddenRequest(attributes.kind, attributes.name, why);
  },
};

const REFUSALS: Readonly<Record<string, Refusal>> = {
  Node: nodeRefusal, Pod: podRefusal, ServiceAccount: tokenRefusal, Lease: leaseRefusal, CSINode: csiNodeRefusal, ResourceSlice: sliceRefusal,
};

/** The node that asks; undefined for everyone else. */
function nodeOf({ user: { username, groups } }: Attributes): string | undefined {
  return username.startsWith(PREFIX) && groups.includes('system:nodes') ? username.slice(PREFIX.length) : undefined;
}

const quoted = (text: string): string => JSON.stringify(text);

/** Labels and taints decide which pods come: with them a node could draw others' secrets to itself. */
function nodeRefusal(node: string, { operation, name, object, old }: Attributes): string | undefined {
  if (name !== node) return `node ${quoted(node)} is not allowed to modify node ${quoted(name)}`;
  if (operation === 'DELETE') return undefined;
  const labels = forbiddenLabels(object, old);
  if (operation === 'CREATE') return labels.length === 0 ? undefined : `node ${quoted(node)} is not allowed to set the following labels: ${labels.join(', ')}`;
  if (!deepEqual(taintsOf(object), taintsOf(old))) return `node ${quoted(node)} is not allowed to modify taints`;
  return labels.length === 0 ? undefined : `is not allowed to modify labels: ${labels.join(', ')}`;
}

const taintsOf = (node: AnyObject | undefined): readonly unknown[] => (node?.['spec'] as { readonly taints?: readonly unknown[] } | undefined)?.taints ?? [];

/** Labels a kubelet knows of its own machine; and whole domains that are its own. */
const KUBELET_LABELS: ReadonlySet<string> = new Set([
  'kubernetes.io/hostname', 'kubernetes.io/os', 'kubernetes.io/arch', 'kubernetes.io/instance-type', 'beta.kubernetes.io/os', 'beta.kubernetes.io/arch', 'beta.kubernetes.io/instance-type',
  'failure-domain.kubernetes.io/zone', 'failure-domain.kubernetes.io/region', 'failure-domain.beta.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/region',
  'topology.kubernetes.io/zone', 'topology.kubernetes.io/region', 'node.kubernetes.io/instance-type',
]);

/** Those that change and are not the node's to change, sorted. */
function forbiddenLabels({ metadata: { labels: after = {} } }: AnyObject, old: AnyObject | undefined): readonly string[] {
  const before = old?.metadata.labels ?? {};
  const keys = new Set([...Object.keys(after), ...Object.keys(before)]);
  return [...keys].filter((key) => valueOf(after, key) !== valueOf(before, key) && isForbidden(key)).toSorted();
}

const valueOf = (labels: Readonly<Record<string, string>>, key: string): string | undefined => (Object.hasOwn(labels, key) ? labels[key] : undefined);

function isForbidden(key: string): boolean {
  const slash = key.indexOf('/');
  const domain = slash < 0 ? '' : key.slice(0, slash);
  if (isWithin(domain, 'node-restriction.kubernetes.io')) return true;
  if (!isWithin(domain, 'kubernetes.io') && !isWithin(domain, 'k8s.io')) return false;
  return !KUBELET_LABELS.has(key) && !isWithin(domain, 'kubelet.kubernetes.io') && !isWithin(domain, 'node.kubernetes.io');
}

const isWithin = (domain: string, parent: string): boolean => domain === parent || domain.endsWith(`.${parent}`);

function leaseRefusal(node: string, { operation, namespace, name, object }: Attributes): string | undefined {
  if (namespace !== LEASES) return `can only access leases in the ${quoted(LEASES)} system namespace`;
  return (operation === 'CREATE' ? object.metadata.name : name) === node ? undefined : 'can only access node lease with the same name as the requesting node';
}

function csiNodeRefusal(node: string, { operation, name, object }: Attributes): string | undefined {
  return (operation === 'CREATE' ? object.metadata.name : name) === node ? undefined : 'can only access CSINode with the same name as the requesting node';
}

/** Of changes the authorizer judges. */
function sliceRefusal(node: string, { operation, object, old }: Attributes): string | undefined {
  const slice = operation === 'CREATE' ? object : operation === 'DELETE' ? old : undefined;
  return slice === undefined || boundTo(slice) === node ? undefined : `can only ${operation.toLowerCase()} ResourceSlice with the same NodeName as the requesting node`;
}

const boundTo = (object: AnyObject | undefined): string | undefined => (object?.['spec'] as { readonly nodeName?: string } | undefined)?.nodeName;

interface TokenSpec {
  readonly boundObjectRef?: { readonly apiVersion?: string; readonly kind?: string; readonly name?: string; readonly uid?: string } | null;
}

/** A token that a node asks for dies with a pod of its own. */
function tokenRefusal(node: string, { operation, subresource, namespace, object }: Attributes, core: Core): string | undefined {
  if (operation !== 'CREATE' || subresource !== 'token') return undefined;
  const { apiVersion, kind, name, uid } = (object['spec'] as TokenSpec | undefined)?.boundObjectRef ?? {};
  if (apiVersion !== 'v1' || kind !== 'Pod' || !name) return 'node requested token not bound to a pod';
  if (!uid) return 'node requested token with a pod binding without a uid';
  const pod = core.resources.of('', 'pods')?.cache.object(namespace, name);
  if (!pod) return undefined; // told as not found by who binds it
  if (pod.metadata.uid !== uid) return `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`;
  return boundTo(pod) === node ? undefined : 'node requested token bound to a pod scheduled on a different node';
}

function podRefusal(node: string, attributes: Attributes, core: Core): string | undefined {
  const { operation, subresource, object, old } = attributes;
  const itself = 'pods with spec.nodeName set to itself';
  const who = `node ${quoted(node)}`;
  if (operation === 'DELETE') return boundTo(old) === node ? undefined : `${who} can only delete ${itself}`;
  if (operation === 'UPDATE') {
    if (boundTo(old) !== node) return `${who} can only update pod ${subresource === '' ? 'spec' : subresource} for ${itself}`;
    return deepEqual(object.metadata.labels ?? {}, old?.metadata.labels ?? {}) ? undefined : `${who} cannot update labels through pod status`;
  }
  // Of an eviction, the deletion that follows is judged.
  if (subresource !== '') return undefined;
  if (object.metadata.annotations?.[MIRROR] === undefined) return `pod does not have ${quoted(MIRROR)} annotation, ${who} can only create mirror pods`;
  if (boundTo(object) !== node) return `${who} can only create ${itself}`;
  return ownerRefusal(node, object, core) ?? referenceRefusal(node, object);
}

function ownerRefusal(node: string, { metadata: { ownerReferences = [] } }: AnyObject, core: Core): string | undefined {
  const who = `node ${quoted(node)}`;
  const [owner, ...more] = ownerReferences;
  if (more.length > 0) return `${who} can only create pods with a single owner reference set to itself`;
  if (owner?.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node) return `${who} can only create pods with an owner reference set to itself`;
  if (owner.controller !== true) return `${who} can only create pods with a controller owner reference set to itself`;
  if (owner.blockOwnerDeletion === true) return `${who} must not set blockOwnerDeletion on an owner reference`;
  const uid = core.resources.of('', 'nodes')?.cache.object('', node)?.metadata.uid;
  if (uid === undefined) return `nodes ${quoted(node)} not found`;
  return owner.uid === uid ? undefined : `node ${node} UID mismatch: expected ${owner.uid} got ${uid}`;
}

interface Referring {
  readonly serviceAccountName?: string;
  readonly volumes?: readonly { readonly persistentVolumeClaim?: object; readonly projected?: { readonly sources?: readonly { readonly clusterTrustBundle?: object }[] | null } }[] | null;
}

/** What a pod refers to its node may read: no node chooses that for itself. */
function referenceRefusal(node: string, pod: AnyObject): string | undefined {
  const { serviceAccountName, volumes } = pod['spec'] as Referring;
  const references = [...referencesOf(pod)];
  const to = (plural: string): boolean => references.some((one) => one.startsWith(`${plural}/`));
  const what = serviceAccountName ? 'a service account'
    : to('secrets') ? 'secrets'
      : to('configmaps') ? 'configmaps'
        : volumes?.some(({ projected }) => projected?.sources?.some(({ clusterTrustBundle }) => clusterTrustBundle)) ? 'clustertrustbundles'
          : volumes?.some(({ persistentVolumeClaim }) => persistentVolumeClaim) ? 'persistentvolumeclaims' : undefined;
  return what === undefined ? undefined : `node ${quoted(node)} can not create pods that reference ${what}`;
}
