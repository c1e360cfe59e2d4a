import type { InstanceOf } from '../../meta/resource.ts';
import { list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, integer } from '../cells.ts';
import { paramKindText } from './policy-columns.ts';
import { mutatingPolicyErrors } from './policy-validation.ts';
import { matchCondition, matchResources, paramKind, variable } from './matching.ts';

export const applyConfiguration = part(() =>
  object('api.admissionregistration.v1.ApplyConfiguration', {
    expression: string().tag(1).describe('A CEL expression whose value is merged into the object as server-side apply would.'),
  }));
export type ApplyConfiguration = TypeOf<ReturnType<typeof applyConfiguration>>;

export const jsonPatch = part(() =>
  object('api.admissionregistration.v1.JSONPatch', {
    expression: string().tag(1).describe('A CEL expression whose value is a list of JSONPatch operations.'),
  }));
export type JSONPatch = TypeOf<ReturnType<typeof jsonPatch>>;

export const mutatingAdmissionPolicySpec = part(() =>
  object('api.admissionregistration.v1.MutatingAdmissionPolicySpec', {
    paramKind: paramKind().tag(1).describe('The kind of its parameters, if it has any.'),
    matchConstraints: matchResources().tag(2).describe('What the policy applies to.'),
    variables: list(variable()).tag(3).describe('Expressions with names, for use in the others.'),
    mutations: list(mutation()).tag(4).describe('The changes, in order.'),
    failurePolicy: string().pointer().default('Fail').tag(5).describe('What an error means: Fail rejects the request, Ignore goes on.'),
    matchConditions: list(matchCondition()).keyedBy('name').tag(6).describe('Further conditions, all of which must hold.'),
    reinvocationPolicy: string().tag(7).describe('Whether it runs again when others changed the object after it: Never or IfNeeded.'),
  }));
export type MutatingAdmissionPolicySpec = TypeOf<ReturnType<typeof mutatingAdmissionPolicySpec>>;

export const mutation = part(() =>
  object('api.admissionregistration.v1.Mutation', {
    patchType: string().required().tag(2).describe('ApplyConfiguration or JSONPatch.'),
    applyConfiguration: applyConfiguration().tag(3).describe('The change, as a partial object.'),
    jsonPatch: jsonPatch().tag(4).describe('The change, as JSONPatch operations.'),
  }));
export type Mutation = TypeOf<ReturnType<typeof mutation>>;

export const MutatingAdmissionPolicy = defineKind({
  group: 'admissionregistration.k8s.io', version: 'v1', kind: 'MutatingAdmissionPolicy', plural: 'mutatingadmissionpolicies',
  categories: ['api-extensions'], scope: 'Cluster', package: 'api.admissionregistration.v1',
  description: 'Expressions that change objects before they are stored.',
  spec: mutatingAdmissionPolicySpec(),
  columns: {
    Mutations: integer(({ spec }) => spec.mutations?.length ?? 0),
    ParamKind: ({ spec }) => paramKindText(spec.paramKind),
    Age: age,
  },
  validateCreate: (policy, at) => mutatingPolicyErrors(policy, undefined, at),
  validateUpdate: mutatingPolicyErrors,
});
export type MutatingAdmissionPolicy = InstanceOf<typeof MutatingAdmissionPolicy>;
