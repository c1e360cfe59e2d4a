import { ApiError, forbiddenRequest, notFound } from '../../../meta/api-error.ts';
import type { AnyObject } from '../../../meta/object.ts';
import type { AdmissionPlugin, Attributes } from '../admission.ts';

const NAMESPACES = { group: '', plural: 'namespaces' };
const IMMORTAL = ['default', 'kube-system', 'kube-public'];

/** Keeps objects out of namespaces that are not there or on their way out, and the system's namespaces alive. */
export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  on: { operations: ['CREATE', 'UPDATE', 'DELETE'], subresources: ['*', ''] },

  mutate(attributes, { resources, hub }) {
    const { operation, kind, namespace, object } = attributes;
    if (kind.scope === 'Cluster' || operation !== 'CREATE') return object;
    const cache = resources.of('', 'namespaces')?.cache;
    const found = cache?.object('', namespace);
    // Only what the cache does not know may be too new for it.
    return found || !cache ? checked(attributes, found) : hub.fresh().then(() => checked(attributes, cache.object('', namespace)));
  },

  validate({ operation, kind, name }) {
    if (operation === 'DELETE' && kind.kind === 'Namespace' && IMMORTAL.includes(name)) {
      throw forbiddenRequest(NAMESPACES, name, 'this namespace may not be deleted');
    }
  },
};

function checked(attributes: Attributes, namespace: AnyObject | undefined): AnyObject {
  if (!namespace) throw notFound(NAMESPACES, attributes.namespace);
  if (isTerminating(namespace)) throw terminating(attributes);
  return attributes.object;
}

function isTerminating(namespace: AnyObject): boolean {
  return namespace.metadata.deletionTimestamp !== undefined || (namespace['status'] as { readonly phase?: string } | undefined)?.phase === 'Terminating';
}

function terminating({ kind, name, namespace }: Attributes): ApiError {
  const error = forbiddenRequest(kind, name, `unable to create new content in namespace ${namespace} because it is being terminated`);
  return new ApiError('Forbidden', error.message, {
    details: { ...error.details, causes: [{ reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated`, field: 'metadata.namespace' }] },
  });
}
