import type { InstanceOf } from '../../meta/resource.ts';
import { defineKind } from '../../schema/kind.ts';
import { reviewErrors } from './access-review-validation.ts';
import { subjectAccessReviewSpec, subjectAccessReviewStatus } from './access-review.ts';

export const SubjectAccessReview = defineKind({
  group: 'authorization.k8s.io', version: 'v1', kind: 'SubjectAccessReview', plural: 'subjectaccessreviews',
  scope: 'Cluster', package: 'api.authorization.v1',
  description: 'Asks whether someone may do something.',
  verbs: ['create'],
  validate: reviewErrors,
  fields: {
    spec: subjectAccessReviewSpec().required().default({}).tag(2).describe('The question.'),
    status: subjectAccessReviewStatus().default({}).tag(3).describe('The answer.'),
  },
});
export type SubjectAccessReview = InstanceOf<typeof SubjectAccessReview>;
