import { deepEqual } from '../../base/deep-equal.ts';
import type { Client } from '../../client/index.ts';
import { Role } from '../../kinds/rbac/role.ts';
import { RoleBinding } from '../../kinds/rbac/role-binding.ts';
import { isApiError } from '../../meta/api-error.ts';
import type { Cache } from '../runtime/index.ts';

/** Who may read which Secrets of a namespace, and no other. */
export interface CertificateRole {
  /** Of the Role and its binding. */
  readonly name: string;
  readonly namespace: string;
  readonly secrets: readonly string[];
  /** The group that may. */
  readonly readers: string;
}

/** Makes the Role name these Secrets, or takes it away with the last of them. */
export async function grantCertificates({ name, namespace, secrets, readers }: CertificateRole, { cache, client }: { readonly cache: Cache; readonly client: Client }): Promise<void> {
  const names = [...new Set(secrets)].toSorted();
  const role = cache.get(Role, name, namespace);
  if (names.length === 0) {
    if (!role) return;
    await client.delete(RoleBinding, name, { namespace }).catch(unless('NotFound'));
    return void (await client.delete(Role, name, { namespace }).catch(unless('NotFound')));
  }
  const rules = [{ apiGroups: [''], resources: ['secrets'], resourceNames: names, verbs: ['get', 'list', 'watch'] }];
  if (role && deepEqual(role.rules, rules)) return;
  if (role) return void (await client.update(Role, { ...role, rules }));
  await client.create(Role, { metadata: { name, namespace }, rules });
  await client.create(RoleBinding, {
    metadata: { name, namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: readers }],
  }).catch(unless('AlreadyExists'));
}

/** Lets nothing but this failure pass. */
export const unless = (reason: 'NotFound' | 'AlreadyExists') => (error: unknown): void => {
  if (!isApiError(error, reason)) throw error;
};
