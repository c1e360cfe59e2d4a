import type { InstanceOf } from '../../meta/resource.ts';
import { int64, list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { matchCondition, matchResources, paramKind, variable } from './matching.ts';
import { condition } from '../meta/condition.ts';

export const auditAnnotation = part(() =>
  object('api.admissionregistration.v1.AuditAnnotation', {
    key: string().required().tag(1),
    valueExpression: string().required().tag(2),
  }));
export type AuditAnnotation = TypeOf<ReturnType<typeof auditAnnotation>>;

export const expressionWarning = part(() =>
  object('api.admissionregistration.v1.ExpressionWarning', {
    fieldRef: string().required().default('').tag(2),
    warning: string().required().default('').tag(3),
  }));
export type ExpressionWarning = TypeOf<ReturnType<typeof expressionWarning>>;

export const typeChecking = part(() =>
  object('api.admissionregistration.v1.TypeChecking', {
    expressionWarnings: list(expressionWarning()).tag(1),
  }));
export type TypeChecking = TypeOf<ReturnType<typeof typeChecking>>;

export const validatingAdmissionPolicySpec = part(() =>
  object('api.admissionregistration.v1.ValidatingAdmissionPolicySpec', {
    paramKind: paramKind().tag(1),
    matchConstraints: matchResources().tag(2),
    validations: list(validation()).tag(3),
    failurePolicy: string().pointer().default('Fail').tag(4),
    auditAnnotations: list(auditAnnotation()).tag(5),
    matchConditions: list(matchCondition()).keyedBy('name').tag(6),
    variables: list(variable()).keyedBy('name').tag(7),
  }));
export type ValidatingAdmissionPolicySpec = TypeOf<ReturnType<typeof validatingAdmissionPolicySpec>>;

export const validatingAdmissionPolicyStatus = part(() =>
  object('api.admissionregistration.v1.ValidatingAdmissionPolicyStatus', {
    observedGeneration: int64().tag(1).describe('The generation of the object this was computed from.'),
    typeChecking: typeChecking().tag(2),
    conditions: list(condition()).mapKeys('type').tag(3).describe('What is known of the object\'s state, one entry for each type.'),
  }));
export type ValidatingAdmissionPolicyStatus = TypeOf<ReturnType<typeof validatingAdmissionPolicyStatus>>;

export const validation = part(() =>
  object('api.admissionregistration.v1.Validation', {
    expression: string().required().tag(1),
    message: string().tag(2),
    reason: string().pointer().tag(3),
    messageExpression: string().tag(4),
  }));
export type Validation = TypeOf<ReturnType<typeof validation>>;

export const ValidatingAdmissionPolicy = defineKind({
  group: 'admissionregistration.k8s.io', version: 'v1', kind: 'ValidatingAdmissionPolicy', plural: 'validatingadmissionpolicies',
  categories: ['api-extensions'], scope: 'Cluster', package: 'api.admissionregistration.v1',
  description: 'Expressions that reject objects.',
  spec: validatingAdmissionPolicySpec(),
  status: validatingAdmissionPolicyStatus(),
});
export type ValidatingAdmissionPolicy = InstanceOf<typeof ValidatingAdmissionPolicy>;
