import type { AnyObject } from '../../meta/object.ts';
import { encodeMessage } from '../../schema/protobuf/encode.ts';
import { type Codec, versioned } from '../registry/codec.ts';

/** One object as of one revision: its bytes, decoded at most once, spliced at most once. Immutable to the outside. */
export class Version {
  readonly codec: Codec;
  readonly key: string;
  readonly revision: number;
  readonly value: Uint8Array;
  #object: AnyObject | undefined;
  #served: Uint8Array | undefined;
  #message: Uint8Array | undefined;

  constructor(codec: Codec, at: { readonly key: string; readonly value: Uint8Array; readonly revision: number }) {
    this.codec = codec;
    this.key = at.key;
    this.value = at.value;
    this.revision = at.revision;
  }

  get object(): AnyObject {
    return (this.#object ??= freeze(versioned(this.codec.decode(this.value), this.revision)));
  }

  /** `,{…}\n`, see {@link Codec}. */
  get served(): Uint8Array {
    return (this.#served ??= this.codec.served(this.value, this.revision));
  }

  /** Served bytes that are not kept: for watch frames, which hold a copy themselves. */
  get servedOnce(): Uint8Array {
    return this.#served ?? this.codec.served(this.value, this.revision);
  }

  /** As protobuf, without envelope. */
  get message(): Uint8Array {
    return (this.#message ??= encodeMessage(this.codec.kind.schema, this.object));
  }

  /** The same state under a later revision: what a watcher sees of a deletion, or of an object leaving its selector. */
  at(revision: number): Version {
    return new Version(this.codec, { key: this.key, value: this.value, revision });
  }

  /** `namespace/name`, or `name`. */
  get path(): string {
    return this.key.slice(this.codec.prefix.length);
  }
}

/** Set by tests: then whoever changes a shared object fails on the spot. */
export const strictness = { freeze: false };

function freeze<T>(value: T): T {
  if (!strictness.freeze || typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) freeze(inner);
  return value;
}
