import type { Del, Put } from '../../store/index.ts';
import type { Core } from '../core.ts';
import type { Served } from '../resources.ts';
import { Version } from '../watch-cache/version.ts';
import type { Unversioned } from './codec.ts';

/** Further keys that must change together with an object: allocations. An op's key is expected absent for a put. */
export interface SideWrites {
  readonly claim: readonly Put[];
  readonly release: readonly Del[];
}

/** A claimed key was taken meanwhile by someone else. */
export class ClaimTaken extends Error {
  readonly key: string;
  constructor(key: string) {
    super(`${key} is taken`);
    this.key = key;
  }
}

/** The present version, read linearizably. */
export async function readFresh(core: Core, served: Served, key: string): Promise<Version | undefined> {
  await core.hub.fresh();
  return served.cache.get(key);
}

/** Writes a new object, or resolves with undefined when the key exists. @throws ClaimTaken */
export async function commitCreate(core: Core, served: Served, write: { key: string; object: Unversioned; side?: SideWrites }): Promise<Version | undefined> {
  const value = served.codec.encode(write.object);
  const result = await core.driver.commit({
    expect: { [write.key]: 0n, ...expectClaims(write.side) },
    ops: [{ type: 'put', key: write.key, value }, ...sideOps(write.side)],
  });
  if (result.ok) return new Version(served.codec, { key: write.key, value, revision: Number(result.revision) });
  checkClaims(result.actual.map((entry) => entry.key), write.key, write.side);
  return undefined;
}

export type Replaced = { readonly done: Version } | { readonly lost: Version | undefined };

/** Replaces `base`; `lost` holds what stands there instead. @throws ClaimTaken */
export async function commitUpdate(core: Core, base: Version, write: { object: Unversioned; side?: SideWrites }): Promise<Replaced> {
  const { key, codec } = base;
  const value = codec.encode(write.object);
  const result = await core.driver.commit({
    expect: { [key]: BigInt(base.revision), ...expectClaims(write.side) },
    ops: [{ type: 'put', key, value }, ...sideOps(write.side)],
  });
  if (result.ok) return { done: new Version(codec, { key, value, revision: Number(result.revision) }) };
  const actual = result.actual.find((entry) => entry.key === key);
  if (actual?.modRevision === BigInt(base.revision)) checkClaims(result.actual.map((entry) => entry.key), key, write.side);
  return { lost: actual && new Version(codec, { key, value: actual.value, revision: Number(actual.modRevision) }) };
}

/** Deletes `base`; `done` is its last state at the revision of the deletion. */
export async function commitDelete(core: Core, base: Version, side?: SideWrites): Promise<Replaced> {
  const result = await core.driver.commit({
    expect: { [base.key]: BigInt(base.revision) },
    ops: [{ type: 'del', key: base.key }, ...(side?.release ?? [])],
  });
  if (result.ok) return { done: base.at(Number(result.revision)) };
  const actual = result.actual.find((entry) => entry.key === base.key);
  return { lost: actual && new Version(base.codec, { key: base.key, value: actual.value, revision: Number(actual.modRevision) }) };
}

const expectClaims = (side: SideWrites | undefined): Record<string, bigint> =>
  Object.fromEntries((side?.claim ?? []).map(({ key }) => [key, 0n]));

const sideOps = (side: SideWrites | undefined): readonly (Put | Del)[] => (side ? [...side.release, ...side.claim] : []);

function checkClaims(actual: readonly string[], key: string, side: SideWrites | undefined): void {
  if (actual.includes(key)) return;
  const taken = side?.claim.find((claim) => actual.includes(claim.key));
  if (taken) throw new ClaimTaken(taken.key);
}
