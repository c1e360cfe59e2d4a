import { ApiError } from '../../meta/api-error.ts';
import type { AnyObject, KubeObject } from '../../meta/object.ts';
import { apiVersionOf } from '../../meta/resource.ts';
import { decodeBare } from '../../schema/decode.ts';
import type { Kind } from '../../schema/kind.ts';
import type { Served } from '../resources.ts';
import type { Version } from '../watch-cache/version.ts';

const decoder = new TextDecoder();
/** What one review asks to convert: an answer of several times that is still read. */
const AT_ONCE = 100;
const BYTES_AT_ONCE = 1 << 20;

/**
 * Reading and writing what only a webhook can bring to another version. Conversion takes time, reading does not: whoever reads sees to it first that
 * what is wanted was converted ({@link readable}); it stays so as long as the stored bytes are held.
 */
export class Remote {
  readonly #kind: Kind;
  readonly #stored: Kind | undefined;
  readonly #sibling: (apiVersion: string) => Kind | undefined;
  readonly #converted = new WeakMap<Uint8Array, AnyObject>();
  /** Under way, so that nothing is asked twice. */
  readonly #asked = new WeakMap<Uint8Array, Promise<void>>();

  constructor(kind: Kind, sibling: (apiVersion: string) => Kind | undefined) {
    this.#kind = kind;
    this.#stored = kind.custom!.stored?.kind;
    this.#sibling = sibling;
  }

  /** What a stored text says; undefined where it was stored in this version, which is also the one that is stored now. @throws ApiError where it was not converted */
  read(value: Uint8Array, text: Uint8Array): AnyObject | undefined {
    const known = this.#converted.get(value);
    if (known) return known;
    const object = parse(text);
    if (object.apiVersion !== apiVersionOf(this.#kind)) throw new ApiError('InternalError', `${object.apiVersion} ${object.kind} was not converted to ${apiVersionOf(this.#kind)}`);
    return this.#stored ? (this.#kind.custom!.upgrade(object) as AnyObject) : undefined;
  }

  /** Converts what cannot be read yet. @throws ApiError InternalError */
  async ready(entries: readonly { readonly value: Uint8Array; readonly text: Uint8Array }[]): Promise<void> {
    const waiting: Promise<void>[] = [];
    const lacking = new Map<string, { value: Uint8Array; object: AnyObject }[]>();
    for (const { value, text } of entries) {
      if (this.#converted.has(value)) continue;
      const asked = this.#asked.get(value);
      if (asked) {
        waiting.push(asked);
        continue;
      }
      const object = parse(text);
      if (object.apiVersion === apiVersionOf(this.#kind)) continue;
      const same = lacking.get(object.apiVersion) ?? [];
      same.push({ value, object });
      lacking.set(object.apiVersion, same);
    }
    for (const same of lacking.values()) {
      for (const batch of batchesOf(same)) waiting.push(this.#ask(batch));
    }
    await Promise.all(waiting);
  }

  async #ask(batch: readonly { readonly value: Uint8Array; readonly object: AnyObject }[]): Promise<void> {
    const work = this.#convert(batch);
    for (const { value } of batch) this.#asked.set(value, work);
    try {
      await work;
    } finally {
      for (const { value } of batch) this.#asked.delete(value);
    }
  }

  async #convert(batch: readonly { readonly value: Uint8Array; readonly object: AnyObject }[]): Promise<void> {
    const { custom } = this.#kind;
    const writtenAs = this.#sibling(batch[0]!.object.apiVersion);
    const objects = batch.map(({ object }) => (writtenAs ? (writtenAs.custom!.upgrade(object) as AnyObject) : object));
    const converted = await custom!.convert!(objects, apiVersionOf(this.#kind));
    for (const [position, { value }] of batch.entries()) this.#converted.set(value, pruned(this.#kind, converted[position]!));
  }

  /** An object of this version as it is stored. @throws ApiError InternalError */
  async store(object: AnyObject): Promise<AnyObject> {
    if (!this.#stored) return object;
    const [converted] = await this.#kind.custom!.convert!([object], apiVersionOf(this.#stored));
    return pruned(this.#stored, converted!);
  }
}

function* batchesOf<T extends { readonly value: Uint8Array }>(all: readonly T[]): Generator<readonly T[]> {
  let batch: T[] = [];
  let bytes = 0;
  for (const one of all) {
    if (batch.length === AT_ONCE || (batch.length > 0 && bytes + one.value.length > BYTES_AT_ONCE)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(one);
    bytes += one.value.length;
  }
  if (batch.length > 0) yield batch;
}

const parse = (text: Uint8Array): AnyObject => JSON.parse(decoder.decode(text)) as AnyObject;
const pruned = (kind: Kind, object: KubeObject): AnyObject => decodeBare<AnyObject>(kind, object).value;

/** Resolves once these versions can be read. Most resources need no time for it. @throws ApiError InternalError */
export async function readable({ codec, cache }: Pick<Served, 'codec' | 'cache'>, versions?: () => Iterable<Version | undefined>): Promise<void> {
  if (!codec.isRemote) return;
  await cache.settled();
  if (versions) await codec.ready([...versions()].flatMap((version) => (version ? [version.value] : [])));
}
