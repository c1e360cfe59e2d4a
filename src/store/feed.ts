import type { Change, Revision } from './driver.ts';
import type { Mvcc } from './mvcc.ts';

/** Commits handed over at once; a reader that is far behind lets others run between two. */
const BATCH = 1000;

/**
 * Tells readers of new commits. Nothing is buffered for a reader: each has only its place in the history, and one that
 * falls behind a compaction is told so.
 */
export class Feed {
  readonly #state: Mvcc;
  #waiting: (() => void)[] = [];
  #closed = false;

  constructor(state: Mvcc) {
    this.#state = state;
  }

  /** To be called after commits were applied. */
  wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }

  /** Ends every reader. */
  close(): void {
    this.#closed = true;
    this.wake();
  }

  /** As Driver.after. */
  async *after(revision: Revision, signal: AbortSignal): AsyncGenerator<readonly Change[]> {
    const onAbort = () => this.wake();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      for (let seen = revision; !signal.aborted && !this.#closed; ) {
        const changes = this.#state.changesAfter(seen, BATCH);
        if (changes.length > 0) {
          seen = changes.at(-1)!.revision;
          yield changes;
        } else {
          await new Promise<void>((resolve) => this.#waiting.push(resolve));
        }
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
}
