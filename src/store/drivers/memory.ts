import type { Change, Commit, Conflict, Driver, Revision, Span, Txn } from '../driver.ts';
import { Feed } from '../feed.ts';
import { Mvcc } from '../mvcc.ts';
import { judge } from '../txn.ts';

/** Keeps everything in memory and nothing else: tests and simulations. */
export function memoryDriver(): Driver {
  return new MemoryDriver();
}

class MemoryDriver implements Driver {
  readonly #state = new Mvcc();
  readonly #feed = new Feed(this.#state);

  get revision(): Revision {
    return this.#state.revision;
  }

  async commit(txn: Txn): Promise<Commit | Conflict> {
    const verdict = judge(txn, (key) => this.#state.get(key));
    if (!verdict.ok) return verdict;
    if (verdict.ops.length > 0) {
      this.#state.apply({ revision: this.revision + 1n, ops: verdict.ops });
      this.#feed.wake();
    }
    return { ok: true, revision: this.revision };
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

  async [Symbol.asyncDispose](): Promise<void> {
    this.#feed.close();
  }
}
