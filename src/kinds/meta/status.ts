import { int32, int64, list, object, part, string, type TypeOf } from '../../schema/field.ts';

export const listMeta = part(() =>
  object('apimachinery.pkg.apis.meta.v1.ListMeta', {
    selfLink: string().tag(1).describe('Formerly the list\'s path; no longer set.'),
    resourceVersion: string().tag(2).describe('The revision the list shows.'),
    continue: string().tag(3).describe('Where the next page begins.'),
    remainingItemCount: int64().pointer().tag(4).describe('How many items follow this page, where known.'),
    shardInfo: shardInfo().tag(5).describe('Which part of a divided list this is.'),
  }));
export type ListMeta = TypeOf<ReturnType<typeof listMeta>>;

export const shardInfo = part(() =>
  object('apimachinery.pkg.apis.meta.v1.ShardInfo', {
    selector: string().required().default('').tag(1).describe('The part asked for.'),
  }));
export type ShardInfo = TypeOf<ReturnType<typeof shardInfo>>;

export const status = part(() =>
  object('apimachinery.pkg.apis.meta.v1.Status', {
    metadata: listMeta().tag(1).describe('As of a list.'),
    status: string().tag(2).describe('Success or Failure.'),
    message: string().tag(3).describe('Details for people.'),
    reason: string().tag(4).describe('Why it failed, as one CamelCase word.'),
    details: statusDetails().tag(5).describe('Of what, and each cause.'),
    code: int32().tag(6).describe('The HTTP status code.'),
    apiVersion: string().describe('v1.'),
    kind: string().describe('Status.'),
  }));
export type Status = TypeOf<ReturnType<typeof status>>;

export const statusCause = part(() =>
  object('apimachinery.pkg.apis.meta.v1.StatusCause', {
    reason: string().tag(1).describe('Why, as one CamelCase word.'),
    message: string().tag(2).describe('Details for people.'),
    field: string().tag(3).describe('The field at fault, such as spec.containers[0].name.'),
  }));
export type StatusCause = TypeOf<ReturnType<typeof statusCause>>;

export const statusDetails = part(() =>
  object('apimachinery.pkg.apis.meta.v1.StatusDetails', {
    name: string().tag(1).describe('The object\'s name.'),
    group: string().tag(2).describe('The object\'s group.'),
    kind: string().tag(3).describe('The object\'s kind or resource.'),
    causes: list(statusCause()).tag(4).describe('What is wrong, one by one.'),
    retryAfterSeconds: int32().tag(5).describe('When to try again.'),
    uid: string().tag(6).describe('The object\'s UID.'),
  }));
export type StatusDetails = TypeOf<ReturnType<typeof statusDetails>>;
