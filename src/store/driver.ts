/** A point in the store's one global order of commits, starting at 1 for the first. */
export type Revision = bigint;

/** A key's value as of one revision. */
export interface Entry {
  readonly key: string;
  readonly value: Uint8Array;
  /** The commit that created the key, since it was last absent. */
  readonly createRevision: Revision;
  /** The commit that wrote this value. */
  readonly modRevision: Revision;
}

export interface Put {
  readonly type: 'put';
  readonly key: string;
  readonly value: Uint8Array;
}

export interface Del {
  readonly type: 'del';
  readonly key: string;
}

/** Applies only if each key in `expect` was last modified at that revision (0n: absent). */
export interface Txn {
  readonly expect: Readonly<Record<string, Revision>>;
  readonly ops: readonly (Put | Del)[];
}

export interface Commit {
  readonly ok: true;
  readonly revision: Revision;
}

/** Nothing was written. `actual` holds the present entries of the keys in `expect`; an absent key has none. */
export interface Conflict {
  readonly ok: false;
  readonly actual: readonly Entry[];
}

/** One commit as a watcher sees it: at most one operation a key. */
export interface Change {
  readonly revision: Revision;
  readonly ops: readonly (Put | Del)[];
}

/** `from` <= key < `to`; an empty `to` has no upper end. `at` 0n means the latest. */
export interface Span {
  readonly from: string;
  readonly to: string;
  readonly at: Revision;
  /** 0 is no limit. */
  readonly limit: number;
}

/** The asked-for history is gone. */
export class Compacted extends Error {
  readonly compactRevision: Revision;
  constructor(compactRevision: Revision) {
    super(`mvcc: required revision has been compacted (compact revision ${compactRevision})`);
    this.compactRevision = compactRevision;
  }
}

/** The asked-for revision has not happened. */
export class FutureRevision extends Error {
  constructor(asked: Revision, current: Revision) {
    super(`mvcc: required revision ${asked} is a future revision (current ${current})`);
  }
}

/** There is no room for the commit: nothing of it was written, and it may work once there is. */
export class StoreFull extends Error {
  constructor(cause: unknown) {
    super('etcdserver: mvcc: database space exceeded', { cause });
  }
}

/**
 * An ordered log of revisions with etcd's semantics. Leases, paging and watch fan-out live above it, once for all
 * drivers. It assumes no single writer: another process may commit between two calls.
 */
export interface Driver extends AsyncDisposable {
  /** The latest revision this driver has seen. */
  readonly revision: Revision;
  /** One revision for all of it, or none. Durable when it resolves. Without effect, it is the present revision's. @throws StoreFull */
  commit(txn: Txn): Promise<Commit | Conflict>;
  /**
   * Entries of the span as they stood at `at`, in key order (by code unit). `revision` is the latest at that moment, also
   * where `at` is earlier. @throws Compacted, FutureRevision
   */
  range(span: Span): Promise<{ readonly entries: readonly Entry[]; readonly revision: Revision; readonly more: boolean }>;
  /** Every later commit, in order, without gaps, until aborted or disposed, which ends it quietly. @throws Compacted */
  after(revision: Revision, signal: AbortSignal): AsyncIterable<readonly Change[]>;
  /** History before `upTo` may be forgotten; what stands at `upTo` is kept. */
  compact(upTo: Revision): Promise<void>;
}
