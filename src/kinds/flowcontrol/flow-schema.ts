import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, int32, list, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, NONE } from '../cells.ts';
import { flowSchemaErrors, flowStatusErrors } from './flow-validation.ts';

export const flowDistinguisherMethod = part(() =>
  object('api.flowcontrol.v1.FlowDistinguisherMethod', {
    type: string().required().tag(1).describe('ByUser or ByNamespace.'),
  }));
export type FlowDistinguisherMethod = TypeOf<ReturnType<typeof flowDistinguisherMethod>>;

export const flowSchemaCondition = part(() =>
  object('api.flowcontrol.v1.FlowSchemaCondition', {
    type: string().tag(1).describe('Dangling: whether its priority level is missing.'),
    status: string().tag(2).describe('True, False or Unknown.'),
    lastTransitionTime: time().tag(3).describe('When the status last changed.'),
    reason: string().tag(4).describe('Why the condition last changed, as one CamelCase word.'),
    message: string().tag(5).describe('Details for people.'),
  }));
export type FlowSchemaCondition = TypeOf<ReturnType<typeof flowSchemaCondition>>;

export const flowSchemaSpec = part(() =>
  object('api.flowcontrol.v1.FlowSchemaSpec', {
    priorityLevelConfiguration: priorityLevelConfigurationReference().required().default({}).tag(1).describe('The priority level of its requests.'),
    matchingPrecedence: int32().default(1000).tag(2).describe('The lowest number among the schemas that match a request wins; 1 to 10000.'),
    distinguisherMethod: flowDistinguisherMethod().tag(3).describe('What tells its flows apart; all are one where nothing is said.'),
    rules: list(policyRulesWithSubjects()).tag(4).describe('Which requests it matches: those that any rule does.'),
  }));
export type FlowSchemaSpec = TypeOf<ReturnType<typeof flowSchemaSpec>>;

export const flowSchemaStatus = part(() =>
  object('api.flowcontrol.v1.FlowSchemaStatus', {
    conditions: list(flowSchemaCondition()).keyedBy('type').tag(1).describe('What is known of the object\'s state, one entry for each type.'),
  }));
export type FlowSchemaStatus = TypeOf<ReturnType<typeof flowSchemaStatus>>;

export const groupSubject = part(() =>
  object('api.flowcontrol.v1.GroupSubject', {
    name: string().required().tag(1).describe('The group; * for any user who is known or not.'),
  }));
export type GroupSubject = TypeOf<ReturnType<typeof groupSubject>>;

export const nonResourcePolicyRule = part(() =>
  object('api.flowcontrol.v1.NonResourcePolicyRule', {
    verbs: list(string()).set().required().tag(1).describe('HTTP methods in lower case; * for all.'),
    nonResourceURLs: list(string()).set().required().tag(6).describe('Paths, possibly ending in /*; * for all.'),
  }));
export type NonResourcePolicyRule = TypeOf<ReturnType<typeof nonResourcePolicyRule>>;

export const policyRulesWithSubjects = part(() =>
  object('api.flowcontrol.v1.PolicyRulesWithSubjects', {
    subjects: list(subject()).required().tag(1).describe('Who asks.'),
    resourceRules: list(resourcePolicyRule()).tag(2).describe('For which resources.'),
    nonResourceRules: list(nonResourcePolicyRule()).tag(3).describe('For which other paths.'),
  }));
export type PolicyRulesWithSubjects = TypeOf<ReturnType<typeof policyRulesWithSubjects>>;

export const priorityLevelConfigurationReference = part(() =>
  object('api.flowcontrol.v1.PriorityLevelConfigurationReference', {
    name: string().required().tag(1).describe('The priority level\'s name.'),
  }));
export type PriorityLevelConfigurationReference = TypeOf<ReturnType<typeof priorityLevelConfigurationReference>>;

export const resourcePolicyRule = part(() =>
  object('api.flowcontrol.v1.ResourcePolicyRule', {
    verbs: list(string()).set().required().tag(1).describe('What is asked, such as get or list; * for all.'),
    apiGroups: list(string()).set().required().tag(2).describe('Groups of the resources; * for all.'),
    resources: list(string()).set().required().tag(3).describe('The resources, possibly RESOURCE/SUBRESOURCE; * for all.'),
    clusterScope: boolean().tag(4).describe('Whether requests without a namespace match.'),
    namespaces: list(string()).set().orNull().tag(5).describe('Namespaces whose requests match; * for all.'),
  }));
export type ResourcePolicyRule = TypeOf<ReturnType<typeof resourcePolicyRule>>;

export const serviceAccountSubject = part(() =>
  object('api.flowcontrol.v1.ServiceAccountSubject', {
    namespace: string().required().tag(1).describe('The account\'s namespace.'),
    name: string().required().tag(2).describe('The account\'s name; * for all of the namespace.'),
  }));
export type ServiceAccountSubject = TypeOf<ReturnType<typeof serviceAccountSubject>>;

export const subject = part(() =>
  object('api.flowcontrol.v1.Subject', {
    kind: string().required().tag(1).describe('User, Group or ServiceAccount.'),
    user: userSubject().tag(2).describe('The user, when kind is User.'),
    group: groupSubject().tag(3).describe('The group, when kind is Group.'),
    serviceAccount: serviceAccountSubject().tag(4).describe('The account, when kind is ServiceAccount.'),
  }).union(['group', 'serviceAccount', 'user'], 'kind'));
export type Subject = TypeOf<ReturnType<typeof subject>>;

export const userSubject = part(() =>
  object('api.flowcontrol.v1.UserSubject', {
    name: string().required().tag(1).describe('The user\'s name; * for all.'),
  }));
export type UserSubject = TypeOf<ReturnType<typeof userSubject>>;

export const FlowSchema = defineKind({
  group: 'flowcontrol.apiserver.k8s.io', version: 'v1', kind: 'FlowSchema', plural: 'flowschemas',
  scope: 'Cluster', package: 'api.flowcontrol.v1',
  description: 'Sorts requests into priority levels.',
  spec: flowSchemaSpec(),
  status: flowSchemaStatus(),
  columns: {
    PriorityLevel: ({ spec }) => spec.priorityLevelConfiguration.name,
    MatchingPrecedence: ({ spec }) => spec.matchingPrecedence,
    DistinguisherMethod: ({ spec }) => spec.distinguisherMethod?.type ?? NONE,
    Age: age,
    MissingPL: ({ status }) => status.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?',
  },
  rowOrder: (a, b) => a.spec.matchingPrecedence - b.spec.matchingPrecedence || (a.metadata.name < b.metadata.name ? -1 : 1),
  validate: flowSchemaErrors,
  validateStatusUpdate: ({ status }, _old, at) => flowStatusErrors(status, at.child('status')),
});
export type FlowSchema = InstanceOf<typeof FlowSchema>;
