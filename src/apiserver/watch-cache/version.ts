import type { AnyObject } from '../../meta/object.ts';
import { encodeMessage } from '../../schema/protobuf/encode.ts';
import { type Codec, versioned } from '../registry/codec.ts';
import { Kept } from './kept.ts';

/** Stored bytes whose objects are kept decoded. Beyond, an object lives as long as someone else holds it: an informer. */
const DECODED_BYTES = 16 << 20;
const MESSAGE_BYTES = 32 << 20;

type Labels = Readonly<Record<string, string>>;

/**
 * One object as of one revision. Its bytes are the store's own; all else is made when asked for, and what can be made again
 * is let go of in time: the decoded object, the protobuf message. What selectors look at stays. Immutable to the outside.
 */
export class Version {
  static readonly #decoded = new Kept<Version>(DECODED_BYTES, (version) => version.#loosen());
  static readonly #messages = new Kept<Version>(MESSAGE_BYTES, (version) => (version.#message = undefined));
  readonly codec: Codec;
  readonly key: string;
  readonly revision: number;
  readonly value: Uint8Array;
  #object: AnyObject | WeakRef<AnyObject> | undefined;
  #served: Uint8Array | undefined;
  #message: Uint8Array | undefined;
  #labels: Labels | undefined;
  #fields: Readonly<Record<string, string>> | undefined;

  constructor(codec: Codec, at: { readonly key: string; readonly value: Uint8Array; readonly revision: number }) {
    this.codec = codec;
    this.key = at.key;
    this.value = at.value;
    this.revision = at.revision;
  }

  /** Shared: whoever asks gets the same as long as anyone holds it. */
  get object(): AnyObject {
    const held = this.#object instanceof WeakRef ? this.#object.deref() : this.#object;
    if (held) return held;
    const object = freeze(versioned(this.codec.decode(this.value), this.revision));
    this.#object = object;
    Version.#decoded.add(this, this.value.length);
    return object;
  }

  /** Somebody asked for the object not long ago. */
  get isRead(): boolean {
    return this.#object !== undefined && !(this.#object instanceof WeakRef);
  }

  #loosen(): void {
    if (this.#object && !(this.#object instanceof WeakRef)) this.#object = new WeakRef(this.#object);
  }

  /** `,{…}\n`, see {@link Codec}; a copy. */
  get served(): Uint8Array {
    const bytes = new Uint8Array(this.servedLength);
    this.serveInto(bytes, 0);
    return bytes;
  }

  get servedLength(): number {
    return this.#converted?.length ?? this.codec.servedLength(this.value, this.revision);
  }

  /** Writes the served bytes; where they end. */
  serveInto(bytes: Uint8Array, at: number): number {
    const converted = this.#converted;
    if (!converted) return this.codec.serveInto(this, bytes, at);
    bytes.set(converted, at);
    return at + converted.length;
  }

  /** Where the stored bytes are another schema's or version's: kept, as they are dear. */
  get #converted(): Uint8Array | undefined {
    if (!this.#served && !this.codec.servesAsStored(this.value)) this.#served = this.codec.converted(this.value, this.revision);
    return this.#served;
  }

  /** As protobuf, without envelope. */
  get message(): Uint8Array {
    if (!this.#message) {
      this.#message = encodeMessage(this.codec.kind.schema, this.object);
      Version.#messages.add(this, this.#message.length);
    }
    return this.#message;
  }

  get labels(): Labels {
    return (this.#labels ??= interned(this.#glance().metadata.labels));
  }

  /** A field that selectors may name. */
  field(name: string, read: (object: AnyObject) => string): string {
    const known = this.#fields?.[name];
    if (known !== undefined) return known;
    const value = read(this.#glance());
    this.#fields = { ...this.#fields, [name]: value };
    return value;
  }

  /** The object for one look, which is no reason to hold it: whoever only selects by it would keep thousands decoded. */
  #glance(): AnyObject {
    const held = this.#object instanceof WeakRef ? this.#object.deref() : this.#object;
    return held ?? (this.codec.decode(this.value) as AnyObject);
  }

  /** The same state under a later revision: what a watcher sees of a deletion, or of an object leaving its selector. */
  at(revision: number): Version {
    const later = new Version(this.codec, { key: this.key, value: this.value, revision });
    later.#labels = this.#labels;
    later.#fields = this.#fields;
    return later;
  }

  /** `namespace/name`, or `name`. */
  get path(): string {
    return this.key.slice(this.codec.prefix.length);
  }
}

/** Sets of labels met so far: those of one template's pods are one. */
const labelSets = new Map<string, Labels>();
const KEPT_SETS = 8192;
const UNLABELLED: Labels = {};

function interned(labels: Labels | undefined): Labels {
  if (!labels) return UNLABELLED;
  const text = JSON.stringify(labels);
  const known = labelSets.get(text);
  if (known) return known;
  if (labelSets.size >= KEPT_SETS) labelSets.clear();
  labelSets.set(text, labels);
  return labels;
}

/** Set by tests: then whoever changes a shared object fails on the spot. */
export const strictness = { freeze: false };

function freeze<T>(value: T): T {
  if (!strictness.freeze || typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) freeze(inner);
  return value;
}
