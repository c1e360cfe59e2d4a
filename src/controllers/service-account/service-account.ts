import { Namespace } from '../../kinds/core/namespace.ts';
import { ServiceAccount } from '../../kinds/core/service-account.ts';
import { isApiError } from '../../meta/api-error.ts';
import { isNamespaceTerminating } from '../pod-control.ts';
import { defineController, watchOf } from '../runtime/index.ts';

const DEFAULT = 'default';

/** Gives every namespace its `default` ServiceAccount, which pods use that name none. */
export const serviceAccountController = defineController({
  name: 'serviceaccount',
  component: 'serviceaccount-controller',
  for: Namespace,
  watches: [watchOf(ServiceAccount, ({ metadata }) => (metadata.name === DEFAULT ? [metadata.namespace!] : []))],

  async reconcile(namespace, { cache, client }) {
    const { name } = namespace.metadata;
    if (isLeaving(namespace) || cache.get(ServiceAccount, DEFAULT, name)) return;
    await client.create(ServiceAccount, { metadata: { name: DEFAULT, namespace: name } }).catch(ignoreRaces);
  },
});

export const isLeaving = ({ metadata, status }: Namespace): boolean => metadata.deletionTimestamp !== undefined || status.phase === 'Terminating';

/** Another made it, or the namespace began to leave: either way there is nothing to do. */
export function ignoreRaces(error: unknown): void {
  if (!isApiError(error, 'AlreadyExists', 'NotFound') && !isNamespaceTerminating(error)) throw error;
}
