import { list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { labelSelector } from '../meta/label-selector.ts';

export const matchCondition = part(() =>
  object('api.admissionregistration.v1.MatchCondition', {
    name: string().required().tag(1).describe('The condition\'s name, for audit and for merging.'),
    expression: string().required().tag(2).describe('A CEL expression over object, oldObject, request and authorizer that must be true.'),
  }));
export type MatchCondition = TypeOf<ReturnType<typeof matchCondition>>;

export const matchResources = part(() =>
  object('api.admissionregistration.v1.MatchResources', {
    namespaceSelector: labelSelector().default({}).tag(1).describe('Namespaces whose objects count, by label; all where empty.'),
    objectSelector: labelSelector().default({}).tag(2).describe('Objects that count, by label of the old or the new one; all where empty.'),
    resourceRules: list(namedRuleWithOperations()).tag(3).describe('Operations on resources that count.'),
    excludeResourceRules: list(namedRuleWithOperations()).tag(4).describe('Operations on resources that do not count after all.'),
    matchPolicy: string().pointer().default('Equivalent').tag(7).describe('Equivalent also counts other versions of a resource, Exact only those named.'),
  }).atomic());
export type MatchResources = TypeOf<ReturnType<typeof matchResources>>;

export const namedRuleWithOperations = part(() =>
  object('api.admissionregistration.v1.NamedRuleWithOperations', {
    resourceNames: list(string()).tag(1).describe('Only objects of these names; all where empty.'),
    apiGroups: list(string()).within(2, 2).tag(1).describe('Groups of the resources; * for all.'),
    operations: list(string()).within(2).tag(1).describe('CREATE, UPDATE, DELETE, CONNECT, or * for all.'),
    apiVersions: list(string()).within(2, 2).tag(2).describe('Versions of the resources; * for all.'),
    resources: list(string()).within(2, 2).tag(3).describe('The resources, possibly RESOURCE/SUBRESOURCE; * for all but subresources, */* for all.'),
    scope: string().default('*').within(2, 2).tag(4).describe('Cluster, Namespaced, or * for both.'),
  }).atomic());
export type NamedRuleWithOperations = TypeOf<ReturnType<typeof namedRuleWithOperations>>;

export const paramKind = part(() =>
  object('api.admissionregistration.v1.ParamKind', {
    apiVersion: string().tag(1).describe('The group and version of the parameters.'),
    kind: string().tag(2).describe('The kind of the parameters.'),
  }).atomic());
export type ParamKind = TypeOf<ReturnType<typeof paramKind>>;

export const paramRef = part(() =>
  object('api.admissionregistration.v1.ParamRef', {
    name: string().tag(1).describe('The parameters\' name; or use selector.'),
    namespace: string().tag(2).describe('The parameters\' namespace; that of the request where empty.'),
    selector: labelSelector().tag(3).describe('The parameters by label, each judged for itself.'),
    parameterNotFoundAction: string().pointer().tag(4).describe('What to do when there are none: Allow or Deny.'),
  }).atomic());
export type ParamRef = TypeOf<ReturnType<typeof paramRef>>;

export const ruleWithOperations = part(() =>
  object('api.admissionregistration.v1.RuleWithOperations', {
    operations: list(string()).tag(1).describe('CREATE, UPDATE, DELETE, CONNECT, or * for all.'),
    apiGroups: list(string()).within(2).tag(1).describe('Groups of the resources; * for all.'),
    apiVersions: list(string()).within(2).tag(2).describe('Versions of the resources; * for all.'),
    resources: list(string()).within(2).tag(3).describe('The resources, possibly RESOURCE/SUBRESOURCE; * for all but subresources, */* for all.'),
    scope: string().default('*').within(2).tag(4).describe('Cluster, Namespaced, or * for both.'),
  }));
export type RuleWithOperations = TypeOf<ReturnType<typeof ruleWithOperations>>;

export const variable = part(() =>
  object('api.admissionregistration.v1.Variable', {
    name: string().required().tag(1).describe('The name by which expressions speak of it, as variables.NAME.'),
    expression: string().required().tag(2).describe('The CEL expression it stands for.'),
  }).atomic());
export type Variable = TypeOf<ReturnType<typeof variable>>;
