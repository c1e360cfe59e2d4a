import type { Millis } from '../../base/clock.ts';
import type { ApiRequest, ApiResponse } from '../../wire/api.ts';
import type { Core } from '../core.ts';
import { type Exchange, isLongRunning, type Next, REQUEST_TIMEOUT, type Stage } from '../exchange.ts';
import { answerText } from '../respond.ts';
import type { Schema } from './flow-control.ts';
import type { Level, Place } from './level.ts';
import { workOf } from './work.ts';

/**
 * Lets a request run, has it wait its turn, or refuses it with 429. Tunnels and logs pass: they are as long as they are.
 * A watch counts until it is answered. The system's own requests, made in this process, pass too.
 */
export function flowControlStage(core: Core): Stage {
  const { flowControl } = core;
  return {
    name: 'flow-control',
    handle(exchange, next) {
      const { request, info, user } = exchange;
      if (request.peer.user || (isLongRunning(info) && info.verb !== 'watch')) return next(exchange);
      const schema = flowControl.classify(user, info);
      if (!schema) return next(exchange);
      exchange.sorted = schema.uids;
      flowControl.noteUse();
      return schema.level.settings.exempt ? exempt(schema, exchange, next) : limited(core, { exchange, schema }, next);
    },
  };
}

async function exempt({ level, tally }: Schema, exchange: Exchange, next: Next): Promise<ApiResponse> {
  level.enter(1);
  tally.dispatched++;
  tally.executing++;
  tally.executingSeats++;
  try {
    return await next(exchange);
  } finally {
    level.depart(1);
    tally.executing--;
    tally.executingSeats--;
  }
}

async function limited(core: Core, { exchange, schema }: { exchange: Exchange; schema: Schema }, next: Next): Promise<ApiResponse> {
  const { clock, flowControl, resources } = core;
  const { info, user } = exchange;
  const { level, tally } = schema;
  const work = workOf(resources, info, level.bounds.nominal);
  const place = level.admit(flowControl.flowOf(schema, user, info), work, { user, info, at: clock.now() });
  if (!place) {
    tally.refused[level.settings.queuing ? 'queue-full' : 'concurrency-limit']++;
    tally.waitedInVain.observe(0);
    return tooManyRequests(core, exchange);
  }
  if (place.started === undefined && !(await turn(core, exchange, { schema, place }))) return tooManyRequests(core, exchange);
  level.dispatched++;
  tally.dispatched++;
  tally.executing++;
  tally.executingSeats += work.seats;
  tally.waited.observe((place.started! - place.arrived) / 1000);
  try {
    return await next(exchange);
  } finally {
    level.finish(place);
    tally.executing--;
    tally.executingSeats -= work.seats;
    tally.ran.observe((clock.monotonic() - place.started!) / 1000);
  }
}

/** Whether it may run after all. It waits a quarter of the time it has left, and no longer than its caller. */
async function turn({ clock }: Core, { request, deadline }: Exchange, { schema: { level, tally }, place }: { schema: Schema; place: Place }): Promise<boolean> {
  const left: Millis = deadline === undefined ? REQUEST_TIMEOUT : deadline - clock.monotonic();
  const { seats } = place.work;
  tally.waiting++;
  tally.waitingSeats += seats;
  const outcome = await outcomeOf(clock.after.bind(clock), { request, level, place, limit: left / 4 });
  tally.waiting--;
  tally.waitingSeats -= seats;
  if (outcome === 'run') return true;
  tally.refused[outcome]++;
  tally.waitedInVain.observe((clock.monotonic() - place.arrived) / 1000);
  return false;
}

interface Waiting {
  readonly request: ApiRequest;
  readonly level: Level;
  readonly place: Place;
  readonly limit: Millis;
}

function outcomeOf(after: (delay: Millis, fire: () => void) => Disposable, { request: { signal }, level, place, limit }: Waiting): Promise<'run' | 'time-out' | 'cancelled'> {
  return new Promise((resolve) => {
    let why: 'time-out' | 'cancelled' = 'time-out';
    const gone = () => {
      why = 'cancelled';
      level.leave(place, 'cancelled');
    };
    const timer = after(limit, () => level.leave(place, 'timedOut'));
    place.onTurn = (may) => {
      timer[Symbol.dispose]();
      signal.removeEventListener('abort', gone);
      resolve(may ? 'run' : why);
    };
    signal.addEventListener('abort', gone, { once: true });
    if (signal.aborted) gone();
  });
}

/** Upstream's, which is no Status. */
function tooManyRequests({ metrics }: Core, exchange: Exchange): ApiResponse {
  metrics.requests.noteTermination(exchange, 429);
  const { headers, ...answer } = answerText(429, 'Too many requests, please try again later.\n');
  return { ...answer, headers: { ...headers, 'retry-after': '1', 'x-content-type-options': 'nosniff' } };
}
