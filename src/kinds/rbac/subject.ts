import { object, part, string, type TypeOf } from '../../schema/field.ts';

export const roleRef = part(() =>
  object('api.rbac.v1.RoleRef', {
    apiGroup: string().default('rbac.authorization.k8s.io').tag(1),
    kind: string().required().tag(2),
    name: string().required().tag(3),
  }).atomic());
export type RoleRef = TypeOf<ReturnType<typeof roleRef>>;

export const subject = part(() =>
  object('api.rbac.v1.Subject', {
    kind: string().required().tag(1),
    apiGroup: string().tag(2),
    name: string().required().tag(3),
    namespace: string().tag(4),
  }).atomic());
export type Subject = TypeOf<ReturnType<typeof subject>>;
