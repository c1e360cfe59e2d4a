import { Compacted, FutureRevision } from './driver.ts';
import type { Change, Driver, Entry, Revision, Span } from './driver.ts';
import { OrderedMap } from './ordered-map.ts';

/** A key's deletion at `modRevision`. */
interface Tombstone {
  readonly key: string;
  readonly value: undefined;
  readonly modRevision: Revision;
}
type Version = Entry | Tombstone;

/** Every version of a key that compaction has not dropped. */
interface History {
  latest: Version;
  /** Oldest first; all below `latest`. Undefined for the many keys that have one version. */
  older: Version[] | undefined;
}

const isEntry = (version: Version | undefined): version is Entry => version?.value !== undefined;

/**
 * The state in memory, in all its versions since the last compaction. Pure: drivers feed it commits in order, once they
 * are durable. Invariants: revisions are dense; `#changes[i]` made revision `compactRevision + 1 + i`.
 */
export class Mvcc {
  readonly #keys = new OrderedMap<History>();
  /** What a compaction may find something in: keys with older versions, and tombstones. */
  readonly #stale = new Set<History>();
  #changes: Change[] = [];
  #revision: Revision = 0n;
  #compactRevision: Revision = 0n;
  #liveBytes = 0;

  get revision(): Revision {
    return this.#revision;
  }

  get compactRevision(): Revision {
    return this.#compactRevision;
  }

  /** Bytes of present keys and values. */
  get liveBytes(): number {
    return this.#liveBytes;
  }

  get(key: string): Entry | undefined {
    const latest = this.#keys.get(key)?.latest;
    return isEntry(latest) ? latest : undefined;
  }

  /** Takes the next commit. */
  apply(change: Change): void {
    if (change.revision !== this.#revision + 1n) {
      throw new Error(`store: commit ${change.revision} does not follow ${this.#revision}`);
    }
    for (const op of change.ops) this.#write(op.key, op.type === 'put' ? op.value : undefined, change.revision);
    this.#revision = change.revision;
    this.#changes.push(change);
  }

  /** Starts from a snapshot: its entries, and no history before `revision`. Only for an empty state. */
  load(entries: Iterable<Entry>, revision: Revision): void {
    for (const entry of entries) {
      this.#keys.set(entry.key, { latest: entry, older: undefined });
      this.#liveBytes += sizeOf(entry);
    }
    this.#revision = revision;
    this.#compactRevision = revision;
  }

  /** As Driver.range, at once. */
  range({ from, to, at, limit }: Span): Awaited<ReturnType<Driver['range']>> {
    if (at > this.#revision) throw new FutureRevision(at, this.#revision);
    if (at !== 0n && at < this.#compactRevision) throw new Compacted(this.#compactRevision);
    const entries: Entry[] = [];
    for (const history of this.#keys.walk(from, to)) {
      const entry = at === 0n ? history.latest : versionAt(history, at);
      if (!isEntry(entry)) continue;
      if (limit > 0 && entries.length === limit) return { entries, revision: this.#revision, more: true };
      entries.push(entry);
    }
    return { entries, revision: this.#revision, more: false };
  }

  /** At most `limit` of the commits that follow `revision`. @throws Compacted */
  changesAfter(revision: Revision, limit: number): readonly Change[] {
    if (revision < this.#compactRevision) throw new Compacted(this.#compactRevision);
    const start = Number(revision - this.#compactRevision);
    return this.#changes.slice(start, start + limit);
  }

  /** As Driver.compact; forgetting again what is forgotten already does nothing. */
  compact(upTo: Revision): void {
    if (upTo > this.#revision) throw new FutureRevision(upTo, this.#revision);
    if (upTo <= this.#compactRevision) return;
    for (const history of this.#stale) this.#forget(history, upTo);
    this.#changes = this.#changes.slice(Number(upTo - this.#compactRevision));
    this.#compactRevision = upTo;
  }

  #write(key: string, value: Uint8Array | undefined, revision: Revision): void {
    const history = this.#keys.get(key);
    const before = history?.latest;
    const created = isEntry(before) ? before.createRevision : revision;
    const version: Version =
      value === undefined ? { key, value, modRevision: revision } : { key, value, createRevision: created, modRevision: revision };
    this.#liveBytes += sizeOf(version) - sizeOf(before);
    if (!history) return this.#keys.set(key, { latest: version, older: undefined });
    (history.older ??= []).push(history.latest);
    history.latest = version;
    this.#stale.add(history);
  }

  #forget(history: History, upTo: Revision): void {
    const { latest, older = [] } = history;
    const versions = [...older, latest];
    const standing = versions.findLastIndex(({ modRevision }) => modRevision <= upTo);
    const first = standing >= 0 && !isEntry(versions[standing]) ? standing + 1 : Math.max(0, standing);
    const kept = versions.slice(first, -1);
    history.older = kept.length > 0 ? kept : undefined;
    if (first === versions.length) this.#keys.delete(latest.key);
    if (first === versions.length || (kept.length === 0 && isEntry(latest))) this.#stale.delete(history);
  }
}

function versionAt({ latest, older }: History, at: Revision): Version | undefined {
  if (latest.modRevision <= at) return latest;
  return older?.findLast(({ modRevision }) => modRevision <= at);
}

function sizeOf(version: Version | undefined): number {
  return isEntry(version) ? version.key.length + version.value.byteLength : 0;
}
