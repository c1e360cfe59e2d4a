import type { CustomResourceDefinitionCondition } from '../../kinds/apiextensions/custom-resource-definition.ts';
import type { Kind } from '../../schema/kind.ts';
import type { ApiHandler } from '../../wire/api.ts';
import { send, urlOf } from '../bootstrap/send.ts';
import type { Served } from '../resources.ts';

/** Holds a definition until none of what it declares is left. */
export const CLEANUP = 'customresourcecleanup.apiextensions.k8s.io';

type Condition = CustomResourceDefinitionCondition;

const terminating = (status: 'True' | 'False', reason: string, message: string): Condition => ({ type: 'Terminating', status, reason, message });

export const PENDING = terminating('True', 'InstanceDeletionPending', 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon');
export const IN_PROGRESS = terminating('True', 'InstanceDeletionInProgress', 'CustomResource deletion is in progress');
export const COMPLETED = terminating('False', 'InstanceDeletionCompleted', 'removed all instances');
export const NEVER_ESTABLISHED = terminating('False', 'NeverEstablished', 'resource was never established');
export const NOT_ALL_DELETED = (why: string): Condition => terminating('True', 'InstanceDeletionFailed', `could not issue all deletes: ${why}`);

/** Asks every instance to go, namespace by namespace. What finalizers hold goes later. @throws ApiError */
export async function deleteInstances(handler: ApiHandler, storage: Served, asServed: Kind): Promise<void> {
  const { kind: { scope }, cache } = storage;
  const namespaces = scope === 'Namespaced' ? new Set([...cache.list('')].map(({ path }) => path.slice(0, path.indexOf('/')))) : new Set(['']);
  if (cache.size === 0) return;
  for (const namespace of namespaces) await send(handler, { method: 'DELETE', url: urlOf({ ...storage, kind: asServed }, namespace), object: {} });
}
