import { ApiError, forbiddenRequest, notFound } from '../../../meta/api-error.ts';
import type { AnyObject } from '../../../meta/object.ts';
import type { Core } from '../../core.ts';
import type { AdmissionPlugin, Attributes } from '../admission.ts';

const NAMESPACES = { group: '', plural: 'namespaces' };
const IMMORTAL = ['default', 'kube-system', 'kube-public'];

/** Keeps objects out of namespaces that are not there or on their way out, and the system's namespaces alive. */
export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  on: { operations: ['CREATE', 'UPDATE', 'DELETE'], subresources: ['*', ''] },

  async mutate(attributes, core) {
    const { operation, kind, namespace, object } = attributes;
    if (kind.scope === 'Cluster' || operation !== 'CREATE') return object;
    const found = await lookUp(core, namespace);
    if (!found) throw notFound(NAMESPACES, namespace);
    if (isTerminating(found)) throw terminating(attributes);
    return object;
  },

  validate({ operation, kind, name }) {
    if (operation === 'DELETE' && kind.kind === 'Namespace' && IMMORTAL.includes(name)) {
      throw forbiddenRequest(NAMESPACES, name, 'this namespace may not be deleted');
    }
  },
};

async function lookUp({ resources, hub }: Core, namespace: string): Promise<AnyObject | undefined> {
  const cache = resources.of('', 'namespaces')?.cache;
  const found = cache?.object('', namespace);
  if (found || !cache) return found;
  await hub.fresh();
  return cache.object('', namespace);
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
