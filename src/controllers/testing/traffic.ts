import { nextTurn, type ManualClock } from '../../base/clock.ts';
import type { ApiResponse, Transport } from '../../wire/api.ts';

/** Turns of the event loop without any traffic after which nothing more comes: a chain of hand-overs is shorter. */
const STILL_TURNS = 25;
/** A request that is answered by nothing but time is waited for no longer than this. */
const MOST_TURNS = 50_000;

/**
 * Sees what goes between a server and those who ask it, so that a test can wait until all has been said. How many turns
 * of the event loop that takes depends on the work, not on time: counting turns alone, a test would look too early.
 */
export class Traffic {
  /** Requests, answers and batches of watches so far. */
  #passed = 0;
  #underWay = 0;

  /** The same server, its traffic seen. */
  through(transport: Transport): Transport {
    return async (request) => {
      this.#passed++;
      this.#underWay++;
      try {
        return this.#observed(await transport(request));
      } finally {
        this.#passed++;
        this.#underWay--;
      }
    };
  }

  /** Until no request is under way and no watch has anything to tell. */
  async quiet(): Promise<void> {
    let before = -1;
    for (let still = 0, turns = 0; still < STILL_TURNS && turns < MOST_TURNS; turns++) {
      await nextTurn();
      still = this.#passed === before && this.#underWay === 0 ? still + 1 : 0;
      before = this.#passed;
    }
  }

  /** Moves time on from alarm to alarm; what follows from each takes no time. */
  async pass(clock: ManualClock, span: number): Promise<void> {
    const end = clock.monotonic() + span;
    await this.quiet();
    for (let next = clock.nextAlarm; next !== undefined && next <= end; next = clock.nextAlarm) {
      await clock.advance(Math.max(0, next - clock.monotonic()));
      await this.quiet();
    }
    await clock.advance(end - clock.monotonic());
    await this.quiet();
  }

  #observed(response: ApiResponse): ApiResponse {
    const { body } = response;
    if (body?.type === 'events') return { ...response, body: { ...body, events: this.#counted(body.events) } };
    if (body?.type === 'stream') return { ...response, body: { ...body, chunks: this.#counted(body.chunks) } };
    return response;
  }

  async *#counted<T>(batches: AsyncIterable<T>): AsyncIterable<T> {
    for await (const batch of batches) {
      this.#passed++;
      yield batch;
    }
  }
}
