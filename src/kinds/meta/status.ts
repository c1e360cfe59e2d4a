import { int32, int64, list, object, part, string, type TypeOf } from '../../schema/field.ts';

export const listMeta = part(() =>
  object('apimachinery.pkg.apis.meta.v1.ListMeta', {
    selfLink: string().tag(1),
    resourceVersion: string().tag(2),
    continue: string().tag(3),
    remainingItemCount: int64().pointer().tag(4),
    shardInfo: shardInfo().tag(5),
  }));
export type ListMeta = TypeOf<ReturnType<typeof listMeta>>;

export const shardInfo = part(() =>
  object('apimachinery.pkg.apis.meta.v1.ShardInfo', {
    selector: string().required().default('').tag(1),
  }));
export type ShardInfo = TypeOf<ReturnType<typeof shardInfo>>;

export const status = part(() =>
  object('apimachinery.pkg.apis.meta.v1.Status', {
    metadata: listMeta().tag(1),
    status: string().tag(2),
    message: string().tag(3),
    reason: string().tag(4),
    details: statusDetails().tag(5),
    code: int32().tag(6),
    apiVersion: string(),
    kind: string(),
  }));
export type Status = TypeOf<ReturnType<typeof status>>;

export const statusCause = part(() =>
  object('apimachinery.pkg.apis.meta.v1.StatusCause', {
    reason: string().tag(1),
    message: string().tag(2),
    field: string().tag(3),
  }));
export type StatusCause = TypeOf<ReturnType<typeof statusCause>>;

export const statusDetails = part(() =>
  object('apimachinery.pkg.apis.meta.v1.StatusDetails', {
    name: string().tag(1),
    group: string().tag(2),
    kind: string().tag(3),
    causes: list(statusCause()).tag(4),
    retryAfterSeconds: int32().tag(5),
    uid: string().tag(6),
  }));
export type StatusDetails = TypeOf<ReturnType<typeof statusDetails>>;
