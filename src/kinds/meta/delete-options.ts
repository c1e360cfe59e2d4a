import { boolean, int64, list, object, part, string, type TypeOf } from '../../schema/field.ts';

export const deleteOptions = part(() =>
  object('apimachinery.pkg.apis.meta.v1.DeleteOptions', {
    gracePeriodSeconds: int64().pointer().tag(1).describe('Seconds until it is gone for good; 0 means at once.'),
    preconditions: preconditions().tag(2).describe('What must be true of the object.'),
    orphanDependents: boolean().pointer().tag(3).describe('Whether its dependents stay; propagationPolicy replaces it.'),
    propagationPolicy: string().pointer().tag(4).describe('Foreground deletes dependents first, Background after, Orphan not.'),
    dryRun: list(string()).tag(5).describe('All: check and answer, but change nothing.'),
    ignoreStoreReadErrorWithClusterBreakingPotential: boolean().pointer().tag(6).describe('Deletes even what can no longer be read.'),
    apiVersion: string().describe('The version of this object itself.'),
    kind: string().describe('The kind of this object itself.'),
  }));
export type DeleteOptions = TypeOf<ReturnType<typeof deleteOptions>>;

export const preconditions = part(() =>
  object('apimachinery.pkg.apis.meta.v1.Preconditions', {
    uid: string().pointer().tag(1).describe('The UID it must have.'),
    resourceVersion: string().pointer().tag(2).describe('The version it must have.'),
  }));
export type Preconditions = TypeOf<ReturnType<typeof preconditions>>;
