import type { InstanceOf } from '../../meta/resource.ts';
import { list } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age } from '../cells.ts';
import { withFields } from '../change.ts';
import { bindingUpdateErrors, clusterRoleBindingErrors } from './rbac-validation.ts';
import { subjectNames } from './subject-columns.ts';
import { defaultSubjects, roleRef, subject } from './subject.ts';

export const ClusterRoleBinding = defineKind({
  group: 'rbac.authorization.k8s.io', version: 'v1', kind: 'ClusterRoleBinding', plural: 'clusterrolebindings',
  scope: 'Cluster', package: 'api.rbac.v1',
  description: 'Gives a role to someone in the whole cluster.',
  nameRule: 'path-segment',
  fields: {
    subjects: list(subject()).tag(2).describe('Who gets the role.'),
    roleRef: roleRef().required().default({}).tag(3).describe('The cluster role; fixed once created.'),
  },
  columns: { Role: ({ roleRef }) => `${roleRef.kind}/${roleRef.name}`, Age: age },
  wideColumns: {
    Users: ({ subjects }) => subjectNames(subjects, 'User'),
    Groups: ({ subjects }) => subjectNames(subjects, 'Group'),
    ServiceAccounts: ({ subjects }) => subjectNames(subjects, 'ServiceAccount'),
  },
  defaults: (binding) => withFields(binding, { subjects: defaultSubjects(binding.subjects) }),
  validate: clusterRoleBindingErrors,
  validateUpdate: bindingUpdateErrors,
});
export type ClusterRoleBinding = InstanceOf<typeof ClusterRoleBinding>;
