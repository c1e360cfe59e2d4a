/** Whatever bytes a caller sends, the schema engine answers with a value or with a failure in upstream's words. */
import { expect, test } from 'vitest';
import { MalformedProtobuf } from '../../src/base/protobuf-reader.ts';
import { seededRandom } from '../../src/base/random.ts';
import { isApiError } from '../../src/meta/api-error.ts';
import type { AnyObject } from '../../src/meta/object.ts';
import { apiVersionOf } from '../../src/meta/resource.ts';
import { builtinKinds } from '../../src/kinds/index.ts';
import { applyPatch, trackUpdate } from '../../src/schema/apply/apply.ts';
import { decodeObject } from '../../src/schema/decode.ts';
import { duplicateFields } from '../../src/schema/duplicate-fields.ts';
import type { Kind, KindHooks } from '../../src/schema/kind.ts';
import { decodeMessage } from '../../src/schema/protobuf/decode.ts';
import { encodeMessage } from '../../src/schema/protobuf/encode.ts';
import { strategicMerge } from '../../src/schema/strategic-merge.ts';
import { validateObject } from '../../src/schema/validate.ts';
import { deepFreeze, Sampler } from './samples.ts';

const ROUNDS = 60;

/** What the attempt gives, undefined where it was refused as a caller is refused; any other failure is ours. */
function answered<T>(attempt: () => T): T | undefined {
  try {
    return attempt();
  } catch (error) {
    if (isApiError(error) || error instanceof MalformedProtobuf) return undefined;
    throw error;
  }
}

const named = (kind: Kind, value: unknown): AnyObject => ({
  ...(value as AnyObject), apiVersion: apiVersionOf(kind), kind: kind.kind, metadata: { ...(value as AnyObject).metadata, name: 'a', namespace: 'default' },
});
/** Everything a kind does of its own with an object that decodes. */
function exercise(kind: Kind, value: AnyObject, old: AnyObject | undefined): void {
  validateObject(kind, value, old);
  const hooks = kind as unknown as KindHooks<AnyObject>;
  hooks.warnings?.(value, old);
  validateObject(kind, hooks.prepareForCreate?.(value) ?? value);
  if (old) hooks.prepareForUpdate?.(value, old);
  for (const { value: field } of Object.values(kind.fieldSelectors ?? {}).map((read) => ({ value: read(value) }))) expect(typeof field).toBe('string');
  for (const column of Object.values({ ...kind.columns, ...kind.wideColumns })) (typeof column === 'function' ? column : column.cell)(value, 0);
}

const unpolluted = () => expect(Object.keys(Object.prototype)).toEqual([]);

test.each(builtinKinds.map((kind) => [`${apiVersionOf(kind)} ${kind.kind}`, kind] as const))('%s: decoding is total and idempotent, validation never breaks', (_, kind) => {
  const sampler = new Sampler(seededRandom(kind.kind.length));
  for (let round = 0; round < ROUNDS; round++) {
    const json = deepFreeze(sampler.mutated(sampler.value(kind.schema)));
    const decoded = answered(() => decodeObject(kind, json));
    if (!decoded) continue;
    const value = deepFreeze(decoded.value);
    const again = decodeObject(kind, JSON.parse(JSON.stringify(value)));
    expect(again.problems).toEqual([]);
    expect(again.value).toEqual(value);
    const known = { ...value, metadata: { ...value.metadata, uid: 'u' } };
    if (value.metadata.name) exercise(kind, known, sampler.chance(0.3) ? known : undefined);
    unpolluted();
  }
});

test.each(builtinKinds.map((kind) => [`${apiVersionOf(kind)} ${kind.kind}`, kind] as const))('%s: protobuf keeps what it is given', (_, kind) => {
  const sampler = new Sampler(seededRandom(7 + kind.kind.length));
  for (let round = 0; round < ROUNDS / 3; round++) {
    const { value } = decodeObject(kind, named(kind, sampler.value(kind.schema)));
    const bytes = encodeMessage(kind.schema, value);
    const back = decodeObject(kind, decodeMessage(kind.schema, bytes)).value;
    expect(encodeMessage(kind.schema, back)).toEqual(bytes);
    const broken = Uint8Array.from(bytes, (byte) => (sampler.chance(0.02) ? sampler.upTo(256) : byte)).subarray(0, sampler.chance(0.5) ? sampler.upTo(bytes.length) : bytes.length);
    answered(() => decodeMessage(kind.schema, broken));
  }
});

test.each(builtinKinds.map((kind) => [`${apiVersionOf(kind)} ${kind.kind}`, kind] as const))('%s: strategic merges change neither side', (_, kind) => {
  const sampler = new Sampler(seededRandom(13 + kind.kind.length));
  const directives = ['replace', 'delete', 'merge', 'nonsense', 1, null];
  for (let round = 0; round < ROUNDS; round++) {
    const original = deepFreeze(answered(() => decodeObject(kind, sampler.value(kind.schema)))?.value ?? {});
    const sample = sampler.mutated(sampler.value(kind.schema)) as object;
    const patch = deepFreeze(sampler.chance(0.3) && typeof sample === 'object' && sample !== null ? { ...sample, $patch: sampler.of(directives) } : sample);
    if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) continue;
    answered(() => strategicMerge(kind.schema, original, patch));
    unpolluted();
  }
});

test.each(builtinKinds.map((kind) => [`${apiVersionOf(kind)} ${kind.kind}`, kind] as const))('%s: what is applied is there, and applying it again changes nothing', (_, kind) => {
  const sampler = new Sampler(seededRandom(17 + kind.kind.length));
  let live: AnyObject | undefined;
  for (let round = 0; round < ROUNDS / 3; round++) {
    const manager = sampler.of(['a', 'b', 'c']);
    const applied = deepFreeze(named(kind, { ...(sampler.mutated(sampler.value(kind.schema), 0.005) as object), metadata: { labels: { [manager]: 'x' } } }));
    const write = { kind, manager, now: round * 1000 };
    const merged = answered(() => applyPatch({ ...write, live, applied, force: true }));
    const stored = merged && answered(() => decodeObject(kind, merged).value);
    if (!stored) continue;
    expect(stored.metadata.labels?.[manager]).toBe('x');
    live = deepFreeze({ ...stored, metadata: { ...stored.metadata, uid: 'u' } });
    const second = applyPatch({ ...write, live, applied, force: false });
    expect(decodeObject(kind, second).value.metadata.managedFields?.map(({ fieldsV1 }) => fieldsV1)).toEqual(live.metadata.managedFields?.map(({ fieldsV1 }) => fieldsV1));
    const next = deepFreeze(answered(() => decodeObject(kind, sampler.mutated(live, 0.01)).value));
    if (next && next.metadata.name === 'a') live = deepFreeze(trackUpdate({ ...write, live, next: { ...next, metadata: { ...next.metadata, uid: 'u' } } }));
  }
});

test('doubled fields are found where the text doubles them, and nowhere else', () => {
  const sampler = new Sampler(seededRandom(23));
  for (let round = 0; round < 2000; round++) {
    const value = sampler.garbage();
    expect(duplicateFields(JSON.stringify(value, null, sampler.upTo(3)))).toEqual([]);
    const text = JSON.stringify({ outer: [value, { twice: value }] }).replace('"twice":', '"twice":0,"twice":');
    expect(duplicateFields(text)).toEqual(['duplicate field "outer[1].twice"']);
  }
});
