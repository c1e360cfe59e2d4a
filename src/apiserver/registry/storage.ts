import type { Del, Put } from '../../store/index.ts';
import type { Core } from '../core.ts';
import type { Served } from '../resources.ts';
import { Version } from '../watch-cache/version.ts';
import type { Codec, Unversioned } from './codec.ts';
import { readable } from './remote.ts';

/** Further keys that must change together with an object: allocations, and quotas charged. */
export interface SideWrites {
  /** Keys expected absent. */
  readonly claim: readonly Put[];
  readonly release: readonly Del[];
  /** Keys expected as of a revision. */
  readonly replace?: readonly Replacement[];
}

export interface Replacement {
  readonly put: Put;
  readonly base: number;
}

/** A claimed key was taken meanwhile by someone else, or one to be replaced has changed. */
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
  if (served.codec.isRemote) await readable(served, () => [served.cache.get(key)]);
  return served.cache.get(key);
}

/** Writes a new object, or resolves with undefined when the key exists. @throws ClaimTaken */
export async function commitCreate(core: Core, served: Served, write: { key: string; object: Unversioned; side?: SideWrites }): Promise<Version | undefined> {
  const { codec } = served;
  const value = codec.isRemote ? await codec.store(write.object) : codec.encode(write.object);
  const result = await core.driver.commit({
    expect: expecting(write.key, 0n, write.side),
    ops: [{ type: 'put', key: write.key, value }, ...sideOps(write.side)],
  });
  if (result.ok) return made(codec, { key: write.key, value, revision: Number(result.revision) });
  const actual = result.actual.map((entry) => entry.key);
  if (!actual.includes(write.key)) checkClaims(actual, write.side);
  return undefined;
}

/** A version that can be read. */
async function made(codec: Codec, at: { readonly key: string; readonly value: Uint8Array; readonly revision: number }): Promise<Version> {
  if (codec.isRemote) await codec.ready([at.value]);
  return new Version(codec, at);
}

export type Replaced = { readonly done: Version } | { readonly lost: Version | undefined };

/** Replaces `base`; `lost` holds what stands there instead. @throws ClaimTaken */
export async function commitUpdate(core: Core, base: Version, write: { object: Unversioned; side?: SideWrites }): Promise<Replaced> {
  const { key, codec } = base;
  const value = codec.isRemote ? await codec.store(write.object) : codec.encode(write.object);
  const result = await core.driver.commit({
    expect: expecting(key, BigInt(base.revision), write.side),
    ops: [{ type: 'put', key, value }, ...sideOps(write.side)],
  });
  if (result.ok) return { done: await made(codec, { key, value, revision: Number(result.revision) }) };
  const actual = result.actual.find((entry) => entry.key === key);
  if (actual?.modRevision === BigInt(base.revision)) checkClaims(result.actual.map((entry) => entry.key), write.side);
  return { lost: actual && await made(codec, { key, value: actual.value, revision: Number(actual.modRevision) }) };
}

/** Deletes `base`; `done` is its last state at the revision of the deletion. */
export async function commitDelete(core: Core, base: Version, side?: SideWrites): Promise<Replaced> {
  const result = await core.driver.commit({
    expect: { [base.key]: BigInt(base.revision) },
    ops: [{ type: 'del', key: base.key }, ...(side?.release ?? [])],
  });
  if (result.ok) return { done: base.at(Number(result.revision)) };
  const actual = result.actual.find((entry) => entry.key === base.key);
  return { lost: actual && await made(base.codec, { key: base.key, value: actual.value, revision: Number(actual.modRevision) }) };
}

/** What must stand at `key`, and at all keys that change with it. */
function expecting(key: string, revision: bigint, side: SideWrites | undefined): Record<string, bigint> {
  const expect: Record<string, bigint> = { [key]: revision };
  for (const claim of side?.claim ?? []) expect[claim.key] = 0n;
  for (const { put, base } of side?.replace ?? []) expect[put.key] = BigInt(base);
  return expect;
}

const sideOps = (side: SideWrites | undefined): readonly (Put | Del)[] =>
  (side ? [...side.release, ...side.claim, ...(side.replace ?? []).map(({ put }) => put)] : []);

/** @throws ClaimTaken where the object itself was not in the way */
function checkClaims(actual: readonly string[], side: SideWrites | undefined): void {
  const taken = side?.claim.find((claim) => actual.includes(claim.key)) ?? side?.replace?.[0]?.put;
  if (taken) throw new ClaimTaken(taken.key);
}
