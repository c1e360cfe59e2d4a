import type { InstanceOf } from '../../meta/resource.ts';
import { int64, list, object, part, string, time, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';

export const boundObjectReference = part(() =>
  object('api.authentication.v1.BoundObjectReference', {
    kind: string().tag(1),
    apiVersion: string().tag(2),
    name: string().tag(3),
    uid: string().tag(4),
  }));
export type BoundObjectReference = TypeOf<ReturnType<typeof boundObjectReference>>;

export const tokenRequestSpec = part(() =>
  object('api.authentication.v1.TokenRequestSpec', {
    audiences: list(string()).tag(1),
    boundObjectRef: boundObjectReference().tag(3),
    expirationSeconds: int64().pointer().tag(4),
  }));
export type TokenRequestSpec = TypeOf<ReturnType<typeof tokenRequestSpec>>;

export const tokenRequestStatus = part(() =>
  object('api.authentication.v1.TokenRequestStatus', {
    token: string().tag(1),
    expirationTimestamp: time().tag(2),
  }));
export type TokenRequestStatus = TypeOf<ReturnType<typeof tokenRequestStatus>>;

export const TokenRequest = defineKind({
  group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest', plural: 'tokenrequests',
  scope: 'Namespaced', package: 'api.authentication.v1',
  description: 'Asks for a token of a service account.',
  verbs: [],
  spec: tokenRequestSpec(),
  fields: {
    status: tokenRequestStatus().default({}).tag(3),
  },
});
export type TokenRequest = InstanceOf<typeof TokenRequest>;
