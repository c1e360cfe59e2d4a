import type { Logger } from '../../base/log.ts';
import { messageOf } from '../../base/message-of.ts';
import type { Random } from '../../base/random.ts';
import { StoreFull } from '../driver.ts';
import type { Change, Commit, Conflict, Driver, Entry, Revision, Span, Txn } from '../driver.ts';
import { Feed } from '../feed.ts';
import { Mvcc } from '../mvcc.ts';
import { judge } from '../txn.ts';
import type { Verdict } from '../txn.ts';
import { nodeFiles } from './wal/files.ts';
import type { Files } from './wal/files.ts';
import { lockDirectory, nodeProcesses } from './wal/lock.ts';
import type { Processes } from './wal/lock.ts';
import { dropBefore, recover } from './wal/recover.ts';
import type { Place } from './wal/recover.ts';
import { LogFailed, Segment } from './wal/segment.ts';
import { writeSnapshot } from './wal/snapshot.ts';

export interface WalOptions {
  /** Made if absent; belongs to one process at a time. */
  readonly directory: string;
  readonly random: Random;
  readonly log: Logger;
  /** Called once when the disk's state is unknown: the process must end. Every later commit is rejected. */
  readonly onFailure?: (error: Error) => void;
  /** A snapshot is due when the log since the last has more bytes than this and than the live data. */
  readonly snapshotBytes?: number;
  readonly files?: Files;
  readonly processes?: Processes;
}

/** So that snapshots at most double what is written. */
const SNAPSHOT_BYTES = 64 << 20;
/** Commits beyond this wait for the next group: bounds the time and memory of one write. */
const GROUP_BYTES = 8 << 20;

/**
 * State in memory, every commit in an append-only log below `directory`, made durable before it is acknowledged or seen.
 * @throws DirectoryInUse, CorruptStore
 */
export async function walDriver(options: WalOptions): Promise<Driver> {
  const { directory, random, log, files = nodeFiles, processes = nodeProcesses } = options;
  await files.makeDirectory(directory);
  const lock = await lockDirectory(files, directory, processes);
  try {
    const place: Place = { directory, files, random, log };
    const state = new Mvcc();
    const recovered = await recover(place, state);
    return new WalDriver({ ...recovered, place, state, lock, limit: options.snapshotBytes ?? SNAPSHOT_BYTES, onFailure: options.onFailure });
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
}

interface Parts {
  readonly place: Place;
  readonly state: Mvcc;
  readonly segment: Segment;
  readonly logBytes: number;
  readonly lock: AsyncDisposable;
  readonly limit: number;
  readonly onFailure: ((error: Error) => void) | undefined;
}

interface Job {
  readonly txn: Txn;
  readonly resolve: (verdict: Commit | Conflict) => void;
  readonly reject: (error: unknown) => void;
}

/**
 *     commit → queue → (end of the tick) judged as a group → one write, one fdatasync → state → acknowledged, readers woken
 *
 * Nothing is visible before it is durable. While a group is written the next one gathers.
 */
class WalDriver implements Driver {
  readonly #parts: Parts;
  readonly #state: Mvcc;
  readonly #feed: Feed;
  #segment: Segment;
  /** Log written since the last snapshot, the present segment's included. */
  #logBytes: number;
  #queue: Job[] = [];
  #writing: Promise<void> | undefined;
  #snapshotting: Promise<void> | undefined;
  /** Whether the last write found no room: told once. */
  #isFull = false;
  /** Why commits are refused: closed, or failed. */
  #ended: Error | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#state = parts.state;
    this.#feed = new Feed(parts.state);
    this.#segment = parts.segment;
    this.#logBytes = parts.logBytes;
  }

  get revision(): Revision {
    return this.#state.revision;
  }

  commit(txn: Txn): Promise<Commit | Conflict> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#queue.push({ txn, resolve, reject });
      this.#writing ??= this.#work();
    });
  }

  async range(span: Span) {
    return this.#state.range(span);
  }

  after(revision: Revision, signal: AbortSignal): AsyncIterable<readonly Change[]> {
    return this.#feed.after(revision, signal);
  }

  async compact(upTo: Revision): Promise<void> {
    this.#state.compact(upTo);
  }

  /** Acknowledges what was asked for, then gives the directory back. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended?.message === CLOSED) return;
    const failed = this.#ended !== undefined;
    this.#ended = new Error(CLOSED);
    await this.#writing;
    await this.#snapshotting;
    this.#feed.close();
    try {
      await (failed ? this.#segment.abandon() : this.#segment.close());
    } finally {
      await this.#parts.lock[Symbol.asyncDispose]();
    }
  }

  /** Writes group after group until none waits. Never rejects. */
  async #work(): Promise<void> {
    await endOfTick();
    while (this.#queue.length > 0) {
      await this.#writeGroup(this.#nextGroup());
      await endOfTick(); // those just answered may have more
    }
    this.#writing = undefined;
  }

  #nextGroup(): readonly Job[] {
    let bytes = 0;
    const end = this.#queue.findIndex(({ txn }) => (bytes += bytesOf(txn)) > GROUP_BYTES);
    return this.#queue.splice(0, end < 0 ? this.#queue.length : Math.max(1, end));
  }

  async #writeGroup(jobs: readonly Job[]): Promise<void> {
    const group = judgeGroup(jobs, this.#state);
    try {
      if (group.changes.length > 0) await this.#append(group.changes);
    } catch (error) {
      for (const { reject } of jobs) reject(error);
      if (error instanceof LogFailed) this.#fail(error);
      if (error instanceof StoreFull && !this.#isFull) this.#parts.place.log.error('store: the disk is full; writes are refused', { directory: this.#parts.place.directory });
      this.#isFull = error instanceof StoreFull;
      return;
    }
    if (this.#isFull && group.changes.length > 0) {
      this.#isFull = false;
      this.#parts.place.log.info('store: there is room again');
    }
    for (const change of group.changes) this.#state.apply(change);
    for (const answer of group.answers) answer();
    if (group.changes.length === 0) return;
    this.#feed.wake();
    await this.#snapshotIfDue();
  }

  async #append(changes: readonly Change[]): Promise<void> {
    const before = this.#segment.size;
    await this.#segment.append(changes);
    this.#logBytes += this.#segment.size - before;
  }

  #fail(error: LogFailed): void {
    this.#ended = error;
    for (const { reject } of this.#queue.splice(0)) reject(error);
    this.#parts.place.log.error('store: the log failed', { error: error.message });
    this.#parts.onFailure?.(error);
  }

  /** Starts a new segment at once and, beside the commits that now go there, writes down what stood before it. */
  async #snapshotIfDue(): Promise<void> {
    const { place, limit } = this.#parts;
    if (this.#snapshotting || this.#logBytes <= Math.max(limit, this.#state.liveBytes)) return;
    const first = this.#state.revision + 1n;
    try {
      const next = await Segment.create(place.files, place.directory, { first, random: place.random });
      const full = this.#segment;
      this.#segment = next;
      this.#logBytes = next.size;
      await full.close();
    } catch (error) {
      if (error instanceof LogFailed) return this.#fail(error);
      this.#postpone(error);
      return;
    }
    this.#snapshotting = this.#snapshot(first - 1n);
  }

  async #snapshot(revision: Revision): Promise<void> {
    const { place } = this.#parts;
    try {
      const { entries } = this.#state.range({ from: '', to: '', at: 0n, limit: 0 });
      await writeSnapshot(place.files, place.directory, { snapshot: { revision, entries }, random: place.random });
      await dropBefore(place, revision);
    } catch (error) {
      this.#postpone(error);
    }
    this.#snapshotting = undefined;
  }

  /** The log is whole without it: it is tried again after as many bytes. */
  #postpone(error: unknown): void {
    this.#logBytes = 0;
    this.#parts.place.log.warn('store: no snapshot', { error: messageOf(error) });
  }
}

const CLOSED = 'store: the driver is closed';

const endOfTick = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

function bytesOf({ ops }: Txn): number {
  return ops.reduce((sum, op) => sum + op.key.length + (op.type === 'put' ? op.value.byteLength : 0), 0);
}

interface Group {
  readonly changes: readonly Change[];
  /** To be called once the changes are durable. */
  readonly answers: readonly (() => void)[];
}

/** Judges each transaction against what those before it in the group will have written. */
function judgeGroup(jobs: readonly Job[], state: Mvcc): Group {
  const ahead = new Map<string, Entry | undefined>();
  const present = (key: string) => (ahead.has(key) ? ahead.get(key) : state.get(key));
  const changes: Change[] = [];
  const answers: (() => void)[] = [];
  let revision = state.revision;
  for (const { txn, resolve, reject } of jobs) {
    let verdict: Verdict;
    try {
      verdict = judge(txn, present);
    } catch (error) {
      answers.push(() => reject(error));
      continue;
    }
    if (!verdict.ok) {
      const conflict = verdict;
      answers.push(() => resolve(conflict));
      continue;
    }
    if (verdict.ops.length > 0) {
      const change = { revision: ++revision, ops: verdict.ops };
      changes.push(change);
      layOver(ahead, change, present);
    }
    const commit: Commit = { ok: true, revision };
    answers.push(() => resolve(commit));
  }
  return { changes, answers };
}

function layOver(ahead: Map<string, Entry | undefined>, { revision, ops }: Change, present: (key: string) => Entry | undefined): void {
  for (const op of ops) {
    if (op.type === 'del') ahead.set(op.key, undefined);
    else ahead.set(op.key, { key: op.key, value: op.value, createRevision: present(op.key)?.createRevision ?? revision, modRevision: revision });
  }
}
