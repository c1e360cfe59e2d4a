import { list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { labelSelector } from '../meta/label-selector.ts';

export const matchCondition = part(() =>
  object('api.admissionregistration.v1.MatchCondition', {
    name: string().required().tag(1),
    expression: string().required().tag(2),
  }));
export type MatchCondition = TypeOf<ReturnType<typeof matchCondition>>;

export const matchResources = part(() =>
  object('api.admissionregistration.v1.MatchResources', {
    namespaceSelector: labelSelector().default({}).tag(1),
    objectSelector: labelSelector().default({}).tag(2),
    resourceRules: list(namedRuleWithOperations()).tag(3),
    excludeResourceRules: list(namedRuleWithOperations()).tag(4),
    matchPolicy: string().pointer().default('Equivalent').tag(7),
  }).atomic());
export type MatchResources = TypeOf<ReturnType<typeof matchResources>>;

export const namedRuleWithOperations = part(() =>
  object('api.admissionregistration.v1.NamedRuleWithOperations', {
    resourceNames: list(string()).tag(1),
    apiGroups: list(string()).within(2, 2).tag(1),
    operations: list(string()).within(2).tag(1),
    apiVersions: list(string()).within(2, 2).tag(2),
    resources: list(string()).within(2, 2).tag(3),
    scope: string().default('*').within(2, 2).tag(4),
  }).atomic());
export type NamedRuleWithOperations = TypeOf<ReturnType<typeof namedRuleWithOperations>>;

export const paramKind = part(() =>
  object('api.admissionregistration.v1.ParamKind', {
    apiVersion: string().tag(1),
    kind: string().tag(2),
  }).atomic());
export type ParamKind = TypeOf<ReturnType<typeof paramKind>>;

export const paramRef = part(() =>
  object('api.admissionregistration.v1.ParamRef', {
    name: string().tag(1),
    namespace: string().tag(2),
    selector: labelSelector().tag(3),
    parameterNotFoundAction: string().pointer().tag(4),
  }).atomic());
export type ParamRef = TypeOf<ReturnType<typeof paramRef>>;

export const ruleWithOperations = part(() =>
  object('api.admissionregistration.v1.RuleWithOperations', {
    operations: list(string()).tag(1),
    apiGroups: list(string()).within(2).tag(1),
    apiVersions: list(string()).within(2).tag(2),
    resources: list(string()).within(2).tag(3),
    scope: string().default('*').within(2).tag(4),
  }));
export type RuleWithOperations = TypeOf<ReturnType<typeof ruleWithOperations>>;

export const variable = part(() =>
  object('api.admissionregistration.v1.Variable', {
    name: string().required().tag(1),
    expression: string().required().tag(2),
  }).atomic());
export type Variable = TypeOf<ReturnType<typeof variable>>;
