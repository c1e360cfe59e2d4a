import { onAbort } from '../base/abort.ts';
import type { Clock, Millis } from '../base/clock.ts';
import { ApiError, badRequest } from '../meta/api-error.ts';
import { parseDuration } from '../meta/duration.ts';
import type { ApiResponse } from '../wire/api.ts';
import type { Core } from './core.ts';
import { isLongRunning, REQUEST_TIMEOUT, type Stage } from './exchange.ts';

/** Answers 504 for a request that takes longer than it may: a minute, or less where its `timeout` says so. */
export function deadlineStage({ clock, stopping, metrics }: Core): Stage {
  const usual = new Deadlines(clock, REQUEST_TIMEOUT);
  onAbort(stopping, () => usual[Symbol.dispose]());
  return {
    name: 'deadline',
    async handle(exchange, next) {
      if (isLongRunning(exchange.info)) return next(exchange);
      const limit = limitOf(exchange.info.query.get('timeout'));
      exchange.deadline = clock.monotonic() + limit;
      const tooLate = () => {
        metrics.requests.noteTermination(exchange, 504);
        return new ApiError('Timeout', 'Timeout: request did not complete within the allotted timeout', { details: {} });
      };
      const work: Work = { run: () => next(exchange), tooLate };
      return limit === REQUEST_TIMEOUT ? usual.bound(work) : boundBy(clock, limit, work);
    },
  };
}

function limitOf(asked: string | null): Millis {
  if (!asked) return REQUEST_TIMEOUT;
  let limit: Millis;
  try {
    limit = parseDuration(asked);
  } catch (error) {
    throw badRequest(`invalid timeout specified in the request URL - ${error instanceof Error ? error.message : String(error)}`);
  }
  return limit > 0 ? Math.min(limit, REQUEST_TIMEOUT) : REQUEST_TIMEOUT;
}

interface Work {
  run(): Promise<ApiResponse>;
  tooLate(): ApiError;
}

function boundBy(clock: Clock, limit: Millis, { run, tooLate }: Work): Promise<ApiResponse> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(limit, () => reject(tooLate()));
    run().then(resolve, reject).finally(() => timer[Symbol.dispose]());
  });
}

interface Pending {
  readonly due: Millis;
  readonly expire: () => void;
}

/** Requests under one and the same limit are due in the order they came: one timer for all, and none while nothing is under way. */
class Deadlines implements Disposable {
  readonly #clock: Clock;
  readonly #limit: Millis;
  readonly #pending = new Set<Pending>();
  #timer: Disposable | undefined;

  constructor(clock: Clock, limit: Millis) {
    this.#clock = clock;
    this.#limit = limit;
  }

  bound({ run, tooLate }: Work): Promise<ApiResponse> {
    return new Promise((resolve, reject) => {
      const one: Pending = { due: this.#clock.monotonic() + this.#limit, expire: () => reject(tooLate()) };
      this.#pending.add(one);
      if (!this.#timer) this.#look(this.#limit);
      run().then((response) => {
        this.#pending.delete(one);
        resolve(response);
      }, (error: unknown) => {
        this.#pending.delete(one);
        reject(error);
      });
    });
  }

  #look(delay: Millis): void {
    this.#timer = this.#clock.after(delay, () => this.#visit());
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }

  #visit(): void {
    this.#timer = undefined;
    const now = this.#clock.monotonic();
    for (const one of this.#pending) {
      if (one.due > now) {
        this.#look(one.due - now);
        return;
      }
      this.#pending.delete(one);
      one.expire();
    }
  }
}
