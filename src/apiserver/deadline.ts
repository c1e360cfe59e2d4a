import { onAbort } from '../base/abort.ts';
import type { Clock, Millis } from '../base/clock.ts';
import { messageOf } from '../base/message-of.ts';
import { ApiError, badRequest } from '../meta/api-error.ts';
import { parseDuration } from '../meta/duration.ts';
import type { ApiResponse } from '../wire/api.ts';
import type { Core } from './core.ts';
import { type Exchange, isLongRunning, type Next, REQUEST_TIMEOUT, type Stage } from './exchange.ts';

/** Answers 504 for a request that takes longer than it may: a minute, or less where its `timeout` says so. */
export function deadlineStage({ clock, stopping, metrics }: Core): Stage {
  const tooLate = (exchange: Exchange): ApiError => {
    metrics.requests.noteTermination(exchange, 504);
    return new ApiError('Timeout', 'Timeout: request did not complete within the allotted timeout', { details: {} });
  };
  const usual = new Deadlines({ clock, limit: REQUEST_TIMEOUT, tooLate });
  onAbort(stopping, () => usual[Symbol.dispose]());
  return {
    name: 'deadline',
    handle(exchange, next) {
      const { info } = exchange;
      if (isLongRunning(info)) return next(exchange);
      if (info.query.size === 0 || !info.query.has('timeout')) return usual.bound(exchange, next);
      return limited({ clock, tooLate, exchange }, next);
    },
  };
}

interface Limited {
  readonly clock: Clock;
  readonly exchange: Exchange;
  readonly tooLate: (exchange: Exchange) => ApiError;
}

/** Under the limit of its own. */
async function limited({ clock, exchange, tooLate }: Limited, next: Next): Promise<ApiResponse> {
  const limit = limitOf(exchange.info.query.get('timeout'));
  exchange.deadline = clock.monotonic() + limit;
  return new Promise((resolve, reject) => {
    const timer = clock.after(limit, () => reject(tooLate(exchange)));
    next(exchange).then(resolve, reject).finally(() => timer[Symbol.dispose]());
  });
}

function limitOf(asked: string | null): Millis {
  if (!asked) return REQUEST_TIMEOUT;
  let limit: Millis;
  try {
    limit = parseDuration(asked);
  } catch (error) {
    throw badRequest(`invalid timeout specified in the request URL - ${messageOf(error)}`);
  }
  return limit > 0 ? Math.min(limit, REQUEST_TIMEOUT) : REQUEST_TIMEOUT;
}

/** A request under way, between those that came before and after it. */
interface Pending {
  readonly exchange: Exchange;
  readonly due: Millis;
  readonly reject: (error: ApiError) => void;
  before: Pending | undefined;
  after: Pending | undefined;
}

/** Requests under one and the same limit are due in the order they came: one timer for all, and none while nothing is under way. */
class Deadlines implements Disposable {
  readonly #clock: Clock;
  readonly #limit: Millis;
  readonly #tooLate: (exchange: Exchange) => ApiError;
  #first: Pending | undefined;
  #last: Pending | undefined;
  #timer: Disposable | undefined;

  constructor({ clock, limit, tooLate }: { clock: Clock; limit: Millis; tooLate: (exchange: Exchange) => ApiError }) {
    this.#clock = clock;
    this.#limit = limit;
    this.#tooLate = tooLate;
  }

  bound(exchange: Exchange, next: Next): Promise<ApiResponse> {
    return new Promise((resolve, reject) => {
      const due = this.#clock.monotonic() + this.#limit;
      exchange.deadline = due;
      const one: Pending = { exchange, due, reject, before: this.#last, after: undefined };
      if (this.#last) this.#last.after = one;
      else this.#first = one;
      this.#last = one;
      if (!this.#timer) this.#look(this.#limit);
      next(exchange).then((response) => {
        this.#remove(one);
        resolve(response);
      }, (error: unknown) => {
        this.#remove(one);
        reject(error);
      });
    });
  }

  #remove(one: Pending): void {
    if (one.before) one.before.after = one.after;
    else if (this.#first === one) this.#first = one.after;
    else return; // expired, and out of the list already
    if (one.after) one.after.before = one.before;
    else this.#last = one.before;
    one.before = undefined; // one that never ends must not keep those behind it
    one.after = undefined;
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
    for (let one = this.#first; one && one.due <= now; one = this.#first) {
      this.#remove(one);
      one.reject(this.#tooLate(one.exchange));
    }
    if (this.#first) this.#look(this.#first.due - now);
  }
}
