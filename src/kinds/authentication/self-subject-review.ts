import type { InstanceOf } from '../../meta/resource.ts';
import { object, part, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { userInfo } from './user-info.ts';

export const selfSubjectReviewStatus = part(() =>
  object('api.authentication.v1.SelfSubjectReviewStatus', {
    userInfo: userInfo().default({}).tag(1).describe('Who is asking.'),
  }));
export type SelfSubjectReviewStatus = TypeOf<ReturnType<typeof selfSubjectReviewStatus>>;

export const SelfSubjectReview = defineKind({
  group: 'authentication.k8s.io', version: 'v1', kind: 'SelfSubjectReview', plural: 'selfsubjectreviews',
  scope: 'Cluster', package: 'api.authentication.v1',
  description: 'Answers who is asking.',
  verbs: ['create'],
  fields: {
    status: selfSubjectReviewStatus().default({}).tag(2).describe('The answer.'),
  },
});
export type SelfSubjectReview = InstanceOf<typeof SelfSubjectReview>;
