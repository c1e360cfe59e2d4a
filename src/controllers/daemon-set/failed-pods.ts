import type { Millis } from '../../base/clock.ts';

const FIRST: Millis = 1000;
const LONGEST: Millis = 15 * 60_000;

/**
 * Spaces out the removal of failed daemon pods: a kubelet that refuses a pod would otherwise be sent the next at once,
 * for ever. Each removal on a node doubles the pause before the next; a long quiet forgets.
 */
export class FailedPods {
  readonly #pauses = new Map<string, { readonly at: Millis; readonly pause: Millis }>();

  /** Milliseconds until a failed pod of this set may be removed from this node; 0 at once. */
  wait(set: string, node: string, now: Millis): Millis {
    const last = this.#pauses.get(`${set} ${node}`);
    return last ? Math.max(0, last.at + last.pause - now) : 0;
  }

  removed(set: string, node: string, now: Millis): void {
    const key = `${set} ${node}`;
    const last = this.#pauses.get(key);
    const fresh = !last || now - last.at > 2 * LONGEST;
    this.#pauses.set(key, { at: now, pause: fresh ? FIRST : Math.min(last.pause * 2, LONGEST) });
  }

  /** Lets go of a set that is no more. */
  forget(set: string): void {
    for (const key of this.#pauses.keys()) if (key.startsWith(`${set} `)) this.#pauses.delete(key);
  }
}
