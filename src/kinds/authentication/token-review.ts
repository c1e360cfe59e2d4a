import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { userInfo } from './user-info.ts';

export const tokenReviewSpec = part(() =>
  object('api.authentication.v1.TokenReviewSpec', {
    token: string().required().tag(1).describe('The token.'),
    audiences: list(string()).tag(2).describe('For whom it should be meant.'),
  }));
export type TokenReviewSpec = TypeOf<ReturnType<typeof tokenReviewSpec>>;

export const tokenReviewStatus = part(() =>
  object('api.authentication.v1.TokenReviewStatus', {
    authenticated: boolean().tag(1).describe('Whether it is valid.'),
    user: userInfo().default({}).tag(2).describe('Whose it is.'),
    error: string().tag(3).describe('Why it could not be checked.'),
    audiences: list(string()).tag(4).describe('For whom it is meant.'),
  }));
export type TokenReviewStatus = TypeOf<ReturnType<typeof tokenReviewStatus>>;

export const TokenReview = defineKind({
  group: 'authentication.k8s.io', version: 'v1', kind: 'TokenReview', plural: 'tokenreviews',
  scope: 'Cluster', package: 'api.authentication.v1',
  description: 'Asks whose a token is.',
  verbs: ['create'],
  fields: {
    spec: tokenReviewSpec().required().default({}).tag(2).describe('The question.'),
    status: tokenReviewStatus().default({}).tag(3).describe('The answer.'),
  },
});
export type TokenReview = InstanceOf<typeof TokenReview>;
