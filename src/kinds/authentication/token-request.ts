import type { InstanceOf } from '../../meta/resource.ts';
import { int64, list, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';

export const boundObjectReference = part(() =>
  object('api.authentication.v1.BoundObjectReference', {
    kind: string().tag(1).describe('Pod, Secret or Node.'),
    apiVersion: string().tag(2).describe('v1.'),
    name: string().tag(3).describe('The object\'s name.'),
    uid: string().tag(4).describe('The object\'s UID.'),
  }));
export type BoundObjectReference = TypeOf<ReturnType<typeof boundObjectReference>>;

export const tokenRequestSpec = part(() =>
  object('api.authentication.v1.TokenRequestSpec', {
    audiences: list(string()).tag(1).describe('For whom the token is meant.'),
    boundObjectRef: boundObjectReference().orNull().tag(3).describe('An object with which the token loses its validity.'),
    expirationSeconds: int64().pointer().tag(4).describe('How long it should be valid.'),
  }));
export type TokenRequestSpec = TypeOf<ReturnType<typeof tokenRequestSpec>>;

export const tokenRequestStatus = part(() =>
  object('api.authentication.v1.TokenRequestStatus', {
    token: string().tag(1).describe('The token.'),
    expirationTimestamp: time().tag(2).describe('When it ends.'),
  }));
export type TokenRequestStatus = TypeOf<ReturnType<typeof tokenRequestStatus>>;

export const TokenRequest = defineKind({
  group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest', plural: 'tokenrequests',
  scope: 'Namespaced', package: 'api.authentication.v1',
  description: 'Asks for a token of a service account.',
  verbs: [],
  spec: tokenRequestSpec(),
  fields: {
    status: tokenRequestStatus().default({}).tag(3).describe('The answer.'),
  },
});
export type TokenRequest = InstanceOf<typeof TokenRequest>;
