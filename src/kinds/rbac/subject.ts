import { object, part, string, type TypeOf } from '../../schema/field.ts';
import { mapItems } from '../change.ts';

export const roleRef = part(() =>
  object('api.rbac.v1.RoleRef', {
    apiGroup: string().default('rbac.authorization.k8s.io').tag(1).describe('rbac.authorization.k8s.io.'),
    kind: string().required().tag(2).describe('Role or ClusterRole.'),
    name: string().required().tag(3).describe('The role\'s name.'),
  }).atomic());
export type RoleRef = TypeOf<ReturnType<typeof roleRef>>;

export const subject = part(() =>
  object('api.rbac.v1.Subject', {
    kind: string().required().tag(1).describe('User, Group or ServiceAccount.'),
    apiGroup: string().tag(2).describe('rbac.authorization.k8s.io for users and groups, empty for service accounts.'),
    name: string().required().tag(3).describe('The subject\'s name.'),
    namespace: string().tag(4).describe('Of a service account.'),
  }).atomic());
export type Subject = TypeOf<ReturnType<typeof subject>>;

/** Users and groups belong to the RBAC group, service accounts to the core group. */
export const defaultSubjects = (subjects: readonly Subject[] | undefined): readonly Subject[] | undefined =>
  subjects && mapItems(subjects, (one) =>
    one.apiGroup || (one.kind !== 'User' && one.kind !== 'Group') ? one : { ...one, apiGroup: 'rbac.authorization.k8s.io' });
