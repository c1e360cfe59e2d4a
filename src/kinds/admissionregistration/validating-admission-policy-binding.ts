import type { InstanceOf } from '../../meta/resource.ts';
import { list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age } from '../cells.ts';
import { paramRefText } from './policy-columns.ts';
import { validatingBindingErrors } from './policy-validation.ts';
import { matchResources, paramRef } from './matching.ts';

export const validatingAdmissionPolicyBindingSpec = part(() =>
  object('api.admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec', {
    policyName: string().required().tag(1).describe('The policy put into effect.'),
    paramRef: paramRef().tag(2).describe('The policy\'s parameters here.'),
    matchResources: matchResources().tag(3).describe('Narrows what the policy applies to.'),
    validationActions: list(string()).set().required().tag(4).describe('What a failed validation leads to: Deny, Warn, Audit.'),
  }));
export type ValidatingAdmissionPolicyBindingSpec = TypeOf<ReturnType<typeof validatingAdmissionPolicyBindingSpec>>;

export const ValidatingAdmissionPolicyBinding = defineKind({
  group: 'admissionregistration.k8s.io', version: 'v1', kind: 'ValidatingAdmissionPolicyBinding', plural: 'validatingadmissionpolicybindings',
  categories: ['api-extensions'], scope: 'Cluster', package: 'api.admissionregistration.v1',
  description: 'Puts a validating policy into effect.',
  spec: validatingAdmissionPolicyBindingSpec().required().describe('Which policy, and how.'),
  columns: { PolicyName: ({ spec }) => spec.policyName ?? '', ParamRef: ({ spec }) => paramRefText(spec.paramRef), Age: age },
  validate: validatingBindingErrors,
});
export type ValidatingAdmissionPolicyBinding = InstanceOf<typeof ValidatingAdmissionPolicyBinding>;
