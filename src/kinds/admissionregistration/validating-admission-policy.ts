import type { InstanceOf } from '../../meta/resource.ts';
import { int64, list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, integer } from '../cells.ts';
import { paramKindText } from './policy-columns.ts';
import { validatingPolicyErrors, validatingPolicyStatusErrors } from './policy-validation.ts';
import { matchCondition, matchResources, paramKind, variable } from './matching.ts';
import { condition } from '../meta/condition.ts';

export const auditAnnotation = part(() =>
  object('api.admissionregistration.v1.AuditAnnotation', {
    key: string().required().tag(1).describe('The annotation\'s key in the audit event, behind the policy\'s name.'),
    valueExpression: string().required().tag(2).describe('A CEL expression for its value; null or empty leaves it out.'),
  }));
export type AuditAnnotation = TypeOf<ReturnType<typeof auditAnnotation>>;

export const expressionWarning = part(() =>
  object('api.admissionregistration.v1.ExpressionWarning', {
    fieldRef: string().required().default('').tag(2).describe('Where the expression is, such as spec.validations[0].expression.'),
    warning: string().required().default('').tag(3).describe('What is wrong with its types.'),
  }));
export type ExpressionWarning = TypeOf<ReturnType<typeof expressionWarning>>;

export const typeChecking = part(() =>
  object('api.admissionregistration.v1.TypeChecking', {
    expressionWarnings: list(expressionWarning()).tag(1).describe('Expressions whose types do not fit.'),
  }));
export type TypeChecking = TypeOf<ReturnType<typeof typeChecking>>;

export const validatingAdmissionPolicySpec = part(() =>
  object('api.admissionregistration.v1.ValidatingAdmissionPolicySpec', {
    paramKind: paramKind().tag(1).describe('The kind of its parameters, if it has any.'),
    matchConstraints: matchResources().tag(2).describe('What the policy applies to.'),
    validations: list(validation()).tag(3).describe('What must be true.'),
    failurePolicy: string().pointer().default('Fail').tag(4).describe('What an error means: Fail rejects the request, Ignore goes on.'),
    auditAnnotations: list(auditAnnotation()).tag(5).describe('What is added to audit events.'),
    matchConditions: list(matchCondition()).keyedBy('name').tag(6).describe('Further conditions, all of which must hold.'),
    variables: list(variable()).keyedBy('name').tag(7).describe('Expressions with names, for use in the others.'),
  }));
export type ValidatingAdmissionPolicySpec = TypeOf<ReturnType<typeof validatingAdmissionPolicySpec>>;

export const validatingAdmissionPolicyStatus = part(() =>
  object('api.admissionregistration.v1.ValidatingAdmissionPolicyStatus', {
    observedGeneration: int64().tag(1).describe('The generation of the object this was computed from.'),
    typeChecking: typeChecking().tag(2).describe('What was found when the expressions were held against the types.'),
    conditions: list(condition()).mapKeys('type').tag(3).describe('What is known of the object\'s state, one entry for each type.'),
  }));
export type ValidatingAdmissionPolicyStatus = TypeOf<ReturnType<typeof validatingAdmissionPolicyStatus>>;

export const validation = part(() =>
  object('api.admissionregistration.v1.Validation', {
    expression: string().required().tag(1).describe('A CEL expression over object, oldObject, request, params, variables and authorizer that must be true.'),
    message: string().tag(2).describe('What is said when it is not.'),
    reason: string().pointer().tag(3).describe('The reason of the refusal: Unauthorized, Forbidden, Invalid or RequestEntityTooLarge.'),
    messageExpression: string().tag(4).describe('A CEL expression for the message, before message.'),
  }));
export type Validation = TypeOf<ReturnType<typeof validation>>;

export const ValidatingAdmissionPolicy = defineKind({
  group: 'admissionregistration.k8s.io', version: 'v1', kind: 'ValidatingAdmissionPolicy', plural: 'validatingadmissionpolicies',
  categories: ['api-extensions'], scope: 'Cluster', package: 'api.admissionregistration.v1',
  description: 'Expressions that reject objects.',
  spec: validatingAdmissionPolicySpec(),
  status: validatingAdmissionPolicyStatus(),
  columns: {
    Validations: integer(({ spec }) => spec.validations?.length ?? 0),
    ParamKind: ({ spec }) => paramKindText(spec.paramKind),
    Age: age,
  },
  validateCreate: (policy, at) => validatingPolicyErrors(policy, undefined, at),
  validateUpdate: validatingPolicyErrors,
  validateStatusUpdate: ({ status }, _old, at) => validatingPolicyStatusErrors(status, at.child('status')),
});
export type ValidatingAdmissionPolicy = InstanceOf<typeof ValidatingAdmissionPolicy>;
