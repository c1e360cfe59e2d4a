import { messageOf } from '../../base/message-of.ts';
import type { Change, Commit, Conflict, Driver, Entry, Revision, Span, Txn } from '../../store/index.ts';
import type { EncryptionConfig } from './config.ts';
import { identity, type Transformer, transformersOf } from './transformer.ts';
import { unreadable } from './unreadable.ts';

export interface EncryptedDriver extends Driver {
  /** Whether bytes read from here are to be written anew, changed or not: they are not at rest as they would be now. */
  isStale(value: Uint8Array): boolean;
}

/**
 * The store, where what is at rest is as the configuration wants it: everything above sees objects' bytes as they always are.
 * Bytes once opened are kept with those they came from, so that whoever reads them again gets the same.
 */
export function encryptedDriver(driver: Driver, config: EncryptionConfig | undefined): EncryptedDriver {
  return config ? new Encrypted(driver, new Seals(config)) : new Plain(driver);
}

/** Without a configuration: what an earlier one sealed is known as that, and nothing else is touched. */
class Plain implements EncryptedDriver {
  protected readonly driver: Driver;
  constructor(driver: Driver) {
    this.driver = driver;
  }

  get revision(): Revision {
    return this.driver.revision;
  }

  isStale(_value: Uint8Array): boolean {
    return false;
  }

  commit(txn: Txn): Promise<Commit | Conflict> {
    return this.driver.commit(txn);
  }

  async range(span: Span): ReturnType<Driver['range']> {
    const found = await this.driver.range(span);
    return { ...found, entries: found.entries.map((entry) => this.opened(entry)) };
  }

  after(revision: Revision, signal: AbortSignal): AsyncIterable<readonly Change[]> {
    return this.driver.after(revision, signal);
  }

  compact(upTo: Revision): Promise<void> {
    return this.driver.compact(upTo);
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.driver[Symbol.asyncDispose]();
  }

  protected opened<T extends Pick<Entry, 'key' | 'value'>>(entry: T): T {
    // 'k', which is no hexadecimal digit: no fingerprint begins with it.
    if (entry.value[0] !== 107) return entry;
    try {
      identity.open(entry.value, entry.key);
      return entry;
    } catch (error) {
      return { ...entry, value: unreadable(entry.key, messageOf(error)) };
    }
  }
}

class Encrypted extends Plain {
  readonly #seals: Seals;
  constructor(driver: Driver, seals: Seals) {
    super(driver);
    this.#seals = seals;
  }

  override isStale(value: Uint8Array): boolean {
    return this.#seals.isStale(value);
  }

  override async commit({ expect, ops }: Txn): Promise<Commit | Conflict> {
    const result = await this.driver.commit({ expect, ops: ops.map((op) => (op.type === 'put' ? { ...op, value: this.#seals.seal(op.value, op.key) } : op)) });
    return result.ok ? result : { ok: false, actual: result.actual.map((entry) => this.opened(entry)) };
  }

  override async *after(revision: Revision, signal: AbortSignal): AsyncGenerator<readonly Change[]> {
    for await (const changes of this.driver.after(revision, signal)) {
      yield changes.map((change) => ({ ...change, ops: change.ops.map((op) => (op.type === 'put' ? this.opened(op) : op)) }));
    }
  }

  protected override opened<T extends Pick<Entry, 'key' | 'value'>>(entry: T): T {
    const value = this.#seals.open(entry.value, entry.key);
    return value === entry.value ? entry : { ...entry, value };
  }
}

/** Seals and opens by where bytes are kept, and remembers which belong together. */
class Seals {
  readonly #transformerOf: ReturnType<typeof transformersOf>;
  readonly #byPlace = new Map<string, Transformer>();
  /** By those at rest, as long as the store keeps them in memory. */
  readonly #opened = new WeakMap<Uint8Array, Uint8Array>();
  readonly #stale = new WeakSet<Uint8Array>();

  constructor(config: EncryptionConfig) {
    this.#transformerOf = transformersOf(config);
  }

  isStale(value: Uint8Array): boolean {
    return this.#stale.has(value);
  }

  seal(value: Uint8Array, key: string): Uint8Array {
    const sealed = this.#at(key).seal(value, key);
    if (sealed !== value) this.#opened.set(sealed, value);
    return sealed;
  }

  /** What cannot be opened is replaced by the reason. */
  open(sealed: Uint8Array, key: string): Uint8Array {
    const known = this.#opened.get(sealed);
    if (known) return known;
    const value = this.#tryOpen(sealed, key);
    if (value !== sealed) this.#opened.set(sealed, value);
    return value;
  }

  #tryOpen(sealed: Uint8Array, key: string): Uint8Array {
    try {
      const { value, stale } = this.#at(key).open(sealed, key);
      if (stale) this.#stale.add(value);
      return value;
    } catch (error) {
      return unreadable(key, messageOf(error));
    }
  }

  /** Of `/registry/GROUP/PLURAL/…`. What is no resource of the API is kept as it is. */
  #at(key: string): Transformer {
    const group = key.indexOf('/', 1) + 1;
    const plural = key.indexOf('/', group) + 1;
    const place = key.slice(group, key.indexOf('/', plural));
    const known = this.#byPlace.get(place);
    if (known) return known;
    const [groupName = '', resource = ''] = place.split('/');
    const made = groupName === 'allocations' ? identity : this.#transformerOf({ group: groupName === 'core' ? '' : groupName, resource });
    this.#byPlace.set(place, made);
    return made;
  }
}
