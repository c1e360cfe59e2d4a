import type { InstanceOf } from '../../meta/resource.ts';
import { object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age } from '../cells.ts';
import { paramRefText } from './policy-columns.ts';
import { mutatingBindingErrors } from './policy-validation.ts';
import { matchResources, paramRef } from './matching.ts';

export const mutatingAdmissionPolicyBindingSpec = part(() =>
  object('api.admissionregistration.v1.MutatingAdmissionPolicyBindingSpec', {
    policyName: string().tag(1).describe('The policy put into effect.'),
    paramRef: paramRef().tag(2).describe('The policy\'s parameters here.'),
    matchResources: matchResources().tag(3).describe('Narrows what the policy applies to.'),
  }));
export type MutatingAdmissionPolicyBindingSpec = TypeOf<ReturnType<typeof mutatingAdmissionPolicyBindingSpec>>;

export const MutatingAdmissionPolicyBinding = defineKind({
  group: 'admissionregistration.k8s.io', version: 'v1', kind: 'MutatingAdmissionPolicyBinding', plural: 'mutatingadmissionpolicybindings',
  categories: ['api-extensions'], scope: 'Cluster', package: 'api.admissionregistration.v1',
  description: 'Puts a mutating policy into effect.',
  spec: mutatingAdmissionPolicyBindingSpec(),
  columns: { PolicyName: ({ spec }) => spec.policyName ?? '', ParamRef: ({ spec }) => paramRefText(spec.paramRef), Age: age },
  validate: mutatingBindingErrors,
});
export type MutatingAdmissionPolicyBinding = InstanceOf<typeof MutatingAdmissionPolicyBinding>;
