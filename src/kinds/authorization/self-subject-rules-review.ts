import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';

export const nonResourceRule = part(() =>
  object('api.authorization.v1.NonResourceRule', {
    verbs: list(string()).required().default([]).tag(1).describe('What may be done.'),
    nonResourceURLs: list(string()).tag(2).describe('The paths.'),
  }));
export type NonResourceRule = TypeOf<ReturnType<typeof nonResourceRule>>;

export const resourceRule = part(() =>
  object('api.authorization.v1.ResourceRule', {
    verbs: list(string()).required().default([]).tag(1).describe('What may be done.'),
    apiGroups: list(string()).tag(2).describe('Groups of the resources.'),
    resources: list(string()).tag(3).describe('The resources.'),
    resourceNames: list(string()).tag(4).describe('Only objects of these names.'),
  }));
export type ResourceRule = TypeOf<ReturnType<typeof resourceRule>>;

export const selfSubjectRulesReviewSpec = part(() =>
  object('api.authorization.v1.SelfSubjectRulesReviewSpec', {
    namespace: string().tag(1).describe('The namespace asked about.'),
  }));
export type SelfSubjectRulesReviewSpec = TypeOf<ReturnType<typeof selfSubjectRulesReviewSpec>>;

export const subjectRulesReviewStatus = part(() =>
  object('api.authorization.v1.SubjectRulesReviewStatus', {
    resourceRules: list(resourceRule()).required().default([]).tag(1).describe('What may be done with resources.'),
    nonResourceRules: list(nonResourceRule()).required().default([]).tag(2).describe('What may be done with paths.'),
    incomplete: boolean().required().default(false).tag(3).describe('Whether there may be more.'),
    evaluationError: string().tag(4).describe('What went wrong while deciding.'),
  }));
export type SubjectRulesReviewStatus = TypeOf<ReturnType<typeof subjectRulesReviewStatus>>;

export const SelfSubjectRulesReview = defineKind({
  group: 'authorization.k8s.io', version: 'v1', kind: 'SelfSubjectRulesReview', plural: 'selfsubjectrulesreviews',
  scope: 'Cluster', package: 'api.authorization.v1',
  description: 'Asks what you may do in a namespace.',
  verbs: ['create'],
  fields: {
    spec: selfSubjectRulesReviewSpec().required().default({}).tag(2).describe('The question.'),
    status: subjectRulesReviewStatus().default({}).tag(3).describe('The answer.'),
  },
});
export type SelfSubjectRulesReview = InstanceOf<typeof SelfSubjectRulesReview>;
