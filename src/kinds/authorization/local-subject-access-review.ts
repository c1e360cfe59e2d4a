import type { InstanceOf } from '../../meta/resource.ts';
import { defineKind } from '../../schema/kind.ts';
import { localReviewErrors } from './access-review-validation.ts';
import { subjectAccessReviewSpec, subjectAccessReviewStatus } from './access-review.ts';

export const LocalSubjectAccessReview = defineKind({
  group: 'authorization.k8s.io', version: 'v1', kind: 'LocalSubjectAccessReview', plural: 'localsubjectaccessreviews',
  scope: 'Namespaced', package: 'api.authorization.v1',
  description: 'Asks whether someone may do something in a namespace.',
  verbs: ['create'],
  validate: localReviewErrors,
  fields: {
    spec: subjectAccessReviewSpec().required().default({}).tag(2).describe('The question.'),
    status: subjectAccessReviewStatus().default({}).tag(3).describe('The answer.'),
  },
});
export type LocalSubjectAccessReview = InstanceOf<typeof LocalSubjectAccessReview>;
