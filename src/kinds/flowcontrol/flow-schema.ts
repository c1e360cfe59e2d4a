import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, int32, list, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';

export const flowDistinguisherMethod = part(() =>
  object('api.flowcontrol.v1.FlowDistinguisherMethod', {
    type: string().required().tag(1),
  }));
export type FlowDistinguisherMethod = TypeOf<ReturnType<typeof flowDistinguisherMethod>>;

export const flowSchemaCondition = part(() =>
  object('api.flowcontrol.v1.FlowSchemaCondition', {
    type: string().tag(1),
    status: string().tag(2),
    lastTransitionTime: time().tag(3).describe('When the status last changed.'),
    reason: string().tag(4),
    message: string().tag(5),
  }));
export type FlowSchemaCondition = TypeOf<ReturnType<typeof flowSchemaCondition>>;

export const flowSchemaSpec = part(() =>
  object('api.flowcontrol.v1.FlowSchemaSpec', {
    priorityLevelConfiguration: priorityLevelConfigurationReference().required().default({}).tag(1),
    matchingPrecedence: int32().default(1000).tag(2),
    distinguisherMethod: flowDistinguisherMethod().tag(3),
    rules: list(policyRulesWithSubjects()).tag(4),
  }));
export type FlowSchemaSpec = TypeOf<ReturnType<typeof flowSchemaSpec>>;

export const flowSchemaStatus = part(() =>
  object('api.flowcontrol.v1.FlowSchemaStatus', {
    conditions: list(flowSchemaCondition()).keyedBy('type').tag(1).describe('What is known of the object\'s state, one entry for each type.'),
  }));
export type FlowSchemaStatus = TypeOf<ReturnType<typeof flowSchemaStatus>>;

export const groupSubject = part(() =>
  object('api.flowcontrol.v1.GroupSubject', {
    name: string().required().tag(1),
  }));
export type GroupSubject = TypeOf<ReturnType<typeof groupSubject>>;

export const nonResourcePolicyRule = part(() =>
  object('api.flowcontrol.v1.NonResourcePolicyRule', {
    verbs: list(string()).set().required().tag(1),
    nonResourceURLs: list(string()).set().required().tag(6),
  }));
export type NonResourcePolicyRule = TypeOf<ReturnType<typeof nonResourcePolicyRule>>;

export const policyRulesWithSubjects = part(() =>
  object('api.flowcontrol.v1.PolicyRulesWithSubjects', {
    subjects: list(subject()).required().tag(1),
    resourceRules: list(resourcePolicyRule()).tag(2),
    nonResourceRules: list(nonResourcePolicyRule()).tag(3),
  }));
export type PolicyRulesWithSubjects = TypeOf<ReturnType<typeof policyRulesWithSubjects>>;

export const priorityLevelConfigurationReference = part(() =>
  object('api.flowcontrol.v1.PriorityLevelConfigurationReference', {
    name: string().required().tag(1),
  }));
export type PriorityLevelConfigurationReference = TypeOf<ReturnType<typeof priorityLevelConfigurationReference>>;

export const resourcePolicyRule = part(() =>
  object('api.flowcontrol.v1.ResourcePolicyRule', {
    verbs: list(string()).set().required().tag(1),
    apiGroups: list(string()).set().required().tag(2),
    resources: list(string()).set().required().tag(3),
    clusterScope: boolean().tag(4),
    namespaces: list(string()).set().tag(5),
  }));
export type ResourcePolicyRule = TypeOf<ReturnType<typeof resourcePolicyRule>>;

export const serviceAccountSubject = part(() =>
  object('api.flowcontrol.v1.ServiceAccountSubject', {
    namespace: string().required().tag(1),
    name: string().required().tag(2),
  }));
export type ServiceAccountSubject = TypeOf<ReturnType<typeof serviceAccountSubject>>;

export const subject = part(() =>
  object('api.flowcontrol.v1.Subject', {
    kind: string().required().tag(1).describe('User, Group or ServiceAccount.'),
    user: userSubject().tag(2),
    group: groupSubject().tag(3),
    serviceAccount: serviceAccountSubject().tag(4),
  }));
export type Subject = TypeOf<ReturnType<typeof subject>>;

export const userSubject = part(() =>
  object('api.flowcontrol.v1.UserSubject', {
    name: string().required().tag(1),
  }));
export type UserSubject = TypeOf<ReturnType<typeof userSubject>>;

export const FlowSchema = defineKind({
  group: 'flowcontrol.apiserver.k8s.io', version: 'v1', kind: 'FlowSchema', plural: 'flowschemas',
  scope: 'Cluster', package: 'api.flowcontrol.v1',
  description: 'Sorts requests into priority levels.',
  spec: flowSchemaSpec(),
  status: flowSchemaStatus(),
});
export type FlowSchema = InstanceOf<typeof FlowSchema>;
