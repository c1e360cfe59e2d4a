import type { InstanceOf } from '../../meta/resource.ts';
import { list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { matchCondition, matchResources, paramKind, variable } from './matching.ts';

export const applyConfiguration = part(() =>
  object('api.admissionregistration.v1.ApplyConfiguration', {
    expression: string().tag(1),
  }));
export type ApplyConfiguration = TypeOf<ReturnType<typeof applyConfiguration>>;

export const jsonPatch = part(() =>
  object('api.admissionregistration.v1.JSONPatch', {
    expression: string().tag(1),
  }));
export type JSONPatch = TypeOf<ReturnType<typeof jsonPatch>>;

export const mutatingAdmissionPolicySpec = part(() =>
  object('api.admissionregistration.v1.MutatingAdmissionPolicySpec', {
    paramKind: paramKind().tag(1),
    matchConstraints: matchResources().tag(2),
    variables: list(variable()).tag(3),
    mutations: list(mutation()).tag(4),
    failurePolicy: string().pointer().default('Fail').tag(5),
    matchConditions: list(matchCondition()).keyedBy('name').tag(6),
    reinvocationPolicy: string().tag(7),
  }));
export type MutatingAdmissionPolicySpec = TypeOf<ReturnType<typeof mutatingAdmissionPolicySpec>>;

export const mutation = part(() =>
  object('api.admissionregistration.v1.Mutation', {
    patchType: string().required().tag(2),
    applyConfiguration: applyConfiguration().tag(3),
    jsonPatch: jsonPatch().tag(4),
  }));
export type Mutation = TypeOf<ReturnType<typeof mutation>>;

export const MutatingAdmissionPolicy = defineKind({
  group: 'admissionregistration.k8s.io', version: 'v1', kind: 'MutatingAdmissionPolicy', plural: 'mutatingadmissionpolicies',
  categories: ['api-extensions'], scope: 'Cluster', package: 'api.admissionregistration.v1',
  description: 'Expressions that change objects before they are stored.',
  spec: mutatingAdmissionPolicySpec(),
});
export type MutatingAdmissionPolicy = InstanceOf<typeof MutatingAdmissionPolicy>;
