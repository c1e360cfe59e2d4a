import { boolean, int64, list, object, part, string, type TypeOf } from '../../schema/field.ts';

export const deleteOptions = part(() =>
  object('apimachinery.pkg.apis.meta.v1.DeleteOptions', {
    gracePeriodSeconds: int64().pointer().tag(1),
    preconditions: preconditions().tag(2),
    orphanDependents: boolean().pointer().tag(3),
    propagationPolicy: string().pointer().tag(4),
    dryRun: list(string()).tag(5),
    ignoreStoreReadErrorWithClusterBreakingPotential: boolean().pointer().tag(6),
    apiVersion: string(),
    kind: string(),
  }));
export type DeleteOptions = TypeOf<ReturnType<typeof deleteOptions>>;

export const preconditions = part(() =>
  object('apimachinery.pkg.apis.meta.v1.Preconditions', {
    uid: string().pointer().tag(1),
    resourceVersion: string().pointer().tag(2),
  }));
export type Preconditions = TypeOf<ReturnType<typeof preconditions>>;
