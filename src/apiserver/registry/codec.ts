import { ApiError } from '../../meta/api-error.ts';
import type { AnyObject, KubeObject } from '../../meta/object.ts';
import { isRecord, setOwn } from '../../meta/own.ts';
import { apiVersionOf } from '../../meta/resource.ts';
import type { Kind } from '../../schema/kind.ts';
import type { SchemaNode } from '../../schema/node.ts';
import { isShared, jsonOf, withSharedSpec } from '../../schema/shared-specs.ts';
import { checkReadable } from '../encryption/index.ts';
import type { Remote } from './remote.ts';

/** Bytes in front of the JSON text in the store: the fingerprint of the schema that wrote it, in hex. */
const FINGERPRINT = 8;
/** Characters of an object whose text is worth keeping for a moment. */
const LONG = 1 << 16;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** An object as written: its metadata has no resourceVersion, which is the revision of the commit. */
export type Unversioned = Omit<AnyObject, 'metadata'> & { readonly metadata: Omit<KubeObject['metadata'], 'resourceVersion'> };

/** Brings an object that another schema wrote to this one's shape: decode and default again. */
export type Upgrade = (kind: Kind, object: unknown) => AnyObject;

/** Another kind's codec that this kind's objects are stored by, and the ways there and back. */
export interface StoredAs {
  readonly codec: Codec;
  toStored(object: AnyObject): AnyObject;
  fromStored(stored: AnyObject): AnyObject;
}

/**
 * One kind's two notions of bytes. *Storage bytes*: fingerprint, then `{"kind":K,"apiVersion":V,"metadata":{…`, without
 * resourceVersion. *Served bytes*: `,{"kind":…,"metadata":{"resourceVersion":"7",…}}\n`; the leading comma and the
 * trailing line feed make a LIST a plain concatenation. As long as the fingerprint is the same, the second is the
 * first with the revision spliced in behind `"metadata":{`.
 */
export class Codec {
  readonly kind: Kind;
  /** `/registry/<group or core>/<plural>/` */
  readonly prefix: string;
  readonly #salt: string;
  #fingerprint: string | undefined;
  readonly #apiVersion: string;
  readonly #head: string;
  readonly #headBytes: number;
  readonly #upgrade: Upgrade;
  readonly #stored: StoredAs | undefined;
  readonly #remote: Remote | undefined;
  /** What this process encoded a moment ago need not be decoded when the store's feed brings it back. */
  readonly #known = new Recent();
  /** Whether the object written last was long: then the next one's spec is kept as text, for the status that is written soon after. */
  #wasLong = false;
  #longSpec: { readonly spec: object; readonly text: string } | undefined;

  constructor(kind: Kind, upgrade: Upgrade, { salt = '', stored, remote }: { readonly salt?: string; readonly stored?: StoredAs; readonly remote?: Remote } = {}) {
    this.kind = kind;
    this.#stored = stored;
    this.#remote = remote;
    this.prefix = stored?.codec.prefix ?? `/registry/${kind.group === '' ? 'core' : kind.group}/${kind.plural}/`;
    this.#salt = salt;
    this.#apiVersion = apiVersionOf(kind);
    this.#head = `{"kind":${JSON.stringify(kind.kind)},"apiVersion":${JSON.stringify(apiVersionOf(kind))},"metadata":{`;
    this.#headBytes = encoder.encode(this.#head).length;
    this.#upgrade = upgrade;
  }

  keyOf(namespace: string, name: string): string {
    return this.kind.scope === 'Namespaced' ? `${this.prefix}${namespace}/${name}` : this.prefix + name;
  }

  /** Made on first use: most kinds are never stored in a given run. */
  get fingerprint(): string {
    return (this.#fingerprint ??= this.kind.custom?.fingerprint ?? fingerprintOf(this.kind, this.#salt));
  }

  /** Whether reading or writing may take a webhook: then `ready` comes before reading, and `store` is in place of `encode`. */
  get isRemote(): boolean {
    return this.#remote !== undefined;
  }

  /** @throws ApiError where the webhook fails */
  async ready(values: readonly Uint8Array[]): Promise<void> {
    await this.#remote?.ready(values.map((value) => ({ value, text: value.subarray(FINGERPRINT) })));
  }

  /** As `encode`, by way of the webhook where there is one. @throws ApiError where it fails */
  async store(object: Unversioned): Promise<Uint8Array> {
    if (!this.#remote || !this.#stored) return this.encode(object);
    return this.#stored.codec.encode(await this.#remote.store(this.#draft(object) as unknown as AnyObject));
  }

  #draft(object: Unversioned): Record<string, unknown> {
    const draft: Record<string, unknown> = { kind: this.kind.kind, apiVersion: this.#apiVersion, metadata: unversioned(object.metadata) };
    for (const key in object) if (!Object.hasOwn(draft, key)) setOwn(draft, key, (object as Readonly<Record<string, unknown>>)[key]);
    return draft;
  }

  encode(object: Unversioned): Uint8Array {
    const draft = this.#draft(object);
    if (this.#stored) {
      // Not remembered as it was given: what is stored is what everyone sees of it, this version's clients too.
      return this.#stored.codec.encode(this.#stored.toStored(draft as unknown as AnyObject));
    }
    const value = encoder.encode(this.fingerprint + this.#textOf(draft));
    this.#known.set(value, draft as unknown as Unversioned);
    return value;
  }

  #textOf(draft: Readonly<Record<string, unknown>>): string {
    const { spec } = draft;
    const known = this.#longSpec?.spec === spec ? this.#longSpec?.text : undefined;
    if (!isShared(spec) && known === undefined && !this.#wasLong) return this.#noted(JSON.stringify(draft));
    // As JSON.stringify would, field by field.
    let text = '';
    for (const key in draft) {
      if (draft[key] === undefined) continue;
      const part = key === 'spec' ? (known ?? jsonOf(spec)) : jsonOf(draft[key]);
      if (key === 'spec') this.#longSpec = known === undefined && part.length > LONG && isRecord(spec) ? { spec, text: part } : undefined;
      text += `${text === '' ? '{' : ','}${JSON.stringify(key)}:${part}`;
    }
    return this.#noted(`${text}}`);
  }

  #noted(text: string): string {
    this.#wasLong = text.length > LONG;
    return text;
  }

  /** @throws ApiError where the store's bytes could not be opened */
  decode(value: Uint8Array): Unversioned {
    const known = this.#known.get(value);
    if (known) return known;
    checkReadable(value);
    const converted = this.#remote?.read(value, value.subarray(FINGERPRINT));
    if (converted) return converted;
    if (this.#stored) {
      const converted = this.#stored.fromStored(this.#stored.codec.decode(value) as AnyObject);
      const object = { ...converted, apiVersion: apiVersionOf(this.kind), kind: this.kind.kind };
      this.#known.set(value, object);
      return object;
    }
    const parsed = parsedFrom(value);
    const object = withSharedSpec(this.kind, this.#isCurrent(value) ? (parsed as AnyObject) : this.#upgrade(this.kind, parsed));
    this.#known.set(value, object);
    return object;
  }

  /** The store's feed has brought it back: whoever still needs the object holds it. What dies young costs the collector nothing. */
  settled(value: Uint8Array): void {
    this.#known.delete(value);
  }

  /** Whether the served bytes are the stored ones with the revision spliced in. */
  servesAsStored(value: Uint8Array): boolean {
    return !this.#stored && this.#isCurrent(value);
  }

  servedLength(value: Uint8Array, revision: number): number {
    return value.length - FINGERPRINT + SPLICE_BYTES + digitsOf(revision) + 2;
  }

  /** Splices; where the served bytes end. */
  serveInto({ value, revision }: { readonly value: Uint8Array; readonly revision: number }, bytes: Uint8Array, at: number): number {
    bytes[at] = COMMA;
    const head = at + 1 + this.#headBytes;
    bytes.set(value.subarray(FINGERPRINT, FINGERPRINT + this.#headBytes), at + 1);
    const tail = writeAscii(bytes, `"resourceVersion":"${revision}",`, head);
    bytes.set(value.subarray(FINGERPRINT + this.#headBytes), tail);
    const end = tail + value.length - FINGERPRINT - this.#headBytes;
    bytes[end] = LINE_FEED;
    return end + 1;
  }

  /** The served bytes of what is stored in another form. */
  converted(value: Uint8Array, revision: number): Uint8Array {
    return encoder.encode(`,${JSON.stringify(versioned(this.decode(value), revision))}\n`);
  }

  /** Whether the bytes were written with this very schema. */
  #isCurrent(value: Uint8Array): boolean {
    const { fingerprint } = this;
    for (let i = 0; i < FINGERPRINT; i++) if (value[i] !== fingerprint.charCodeAt(i)) return false;
    return true;
  }
}

/** @throws ApiError where it is no JSON: opened with another key, under a cipher that does not notice */
function parsedFrom(value: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(value.subarray(FINGERPRINT)));
  } catch (error) {
    throw new ApiError('InternalError', 'Internal error occurred: unable to decode the stored object', { cause: error });
  }
}

export function versioned(object: Unversioned, revision: number): AnyObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } } as AnyObject;
}

function unversioned(metadata: Unversioned['metadata']): Unversioned['metadata'] {
  if (!('resourceVersion' in metadata) && !('selfLink' in metadata)) return metadata;
  const { resourceVersion: _version, selfLink: _link, ...kept } = metadata as AnyObject['metadata'];
  return kept;
}

const COMMA = 44;
const LINE_FEED = 10;
const SPLICE_BYTES = '"resourceVersion":"",'.length;

/** How many digits a positive whole number has. */
function digitsOf(number: number): number {
  let digits = 1;
  for (let bound = 10; number >= bound; bound *= 10) digits++;
  return digits;
}

/** Where the text ends. */
function writeAscii(into: Uint8Array, text: string, at: number): number {
  for (let i = 0; i < text.length; i++) into[at + i] = text.charCodeAt(i);
  return at + text.length;
}

/** Bytes whose objects are at hand, between a write and those it is told to. */
const RECENT_BYTES = 2 << 20;

class Recent {
  readonly #objects = new Map<Uint8Array, Unversioned>();
  #bytes = 0;

  get(value: Uint8Array): Unversioned | undefined {
    return this.#objects.get(value);
  }

  delete(value: Uint8Array): void {
    if (this.#objects.delete(value)) this.#bytes -= value.length;
  }

  set(value: Uint8Array, object: Unversioned): void {
    if (!this.#objects.has(value)) this.#bytes += value.length;
    this.#objects.set(value, object);
    for (const oldest of this.#objects.keys()) {
      if (this.#bytes <= RECENT_BYTES) return;
      this.#objects.delete(oldest);
      this.#bytes -= oldest.length;
    }
  }
}

/** A hash of everything that decides what decoding and defaulting give: fields, types, defaults. */
function fingerprintOf(kind: Kind, salt: string): string {
  const seen = new Set<SchemaNode>();
  const text = JSON.stringify([salt, apiVersionOf(kind), String(kind.defaults ?? ''), kind.schema], (_key, value: unknown) => {
    if (typeof value === 'function') return String(value);
    if (typeof value === 'object' && value !== null && 'type' in value && value.type === 'lazy') {
      if (seen.has(value as SchemaNode)) return 'seen';
      seen.add(value as SchemaNode);
    }
    return value;
  });
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(FINGERPRINT, '0');
}
