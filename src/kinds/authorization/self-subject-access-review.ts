import type { InstanceOf } from '../../meta/resource.ts';
import { object, part, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { selfReviewErrors } from './access-review-validation.ts';
import { nonResourceAttributes, resourceAttributes, subjectAccessReviewStatus } from './access-review.ts';

export const selfSubjectAccessReviewSpec = part(() =>
  object('api.authorization.v1.SelfSubjectAccessReviewSpec', {
    resourceAttributes: resourceAttributes().tag(1).describe('Of a resource.'),
    nonResourceAttributes: nonResourceAttributes().tag(2).describe('Of a path.'),
  }));
export type SelfSubjectAccessReviewSpec = TypeOf<ReturnType<typeof selfSubjectAccessReviewSpec>>;

export const SelfSubjectAccessReview = defineKind({
  group: 'authorization.k8s.io', version: 'v1', kind: 'SelfSubjectAccessReview', plural: 'selfsubjectaccessreviews',
  scope: 'Cluster', package: 'api.authorization.v1',
  description: 'Asks whether you may do something.',
  verbs: ['create'],
  validate: selfReviewErrors,
  fields: {
    spec: selfSubjectAccessReviewSpec().required().default({}).tag(2).describe('The question.'),
    status: subjectAccessReviewStatus().default({}).tag(3).describe('The answer.'),
  },
});
export type SelfSubjectAccessReview = InstanceOf<typeof SelfSubjectAccessReview>;
