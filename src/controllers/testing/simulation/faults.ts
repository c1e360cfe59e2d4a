import type { Clock, Millis } from '../../../base/clock.ts';
import type { ApiRequest, ApiResponse, Transport, WireEvent } from '../../../wire/api.ts';
import type { Dice } from './dice.ts';

/** How a server seen through this misbehaves; `off` in the end, so that everything can come to rest. */
export interface Faults {
  off: boolean;
}

const SHARE = 0.2;
/** Of the failures, how many happen after the deed: it is done, and the answer lost. */
const LOST_ANSWERS = 0.3;
const HELD = 0.3;
const HELD_LONG = 0.03;

const status = (code: number, reason: string, message: string): ApiResponse => ({
  status: code, headers: {}, body: { type: 'object', object: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason, message, code } },
});
const failures = [
  () => status(500, 'InternalError', 'Internal error occurred: etcdserver: leader changed'),
  () => status(504, 'Timeout', 'Timeout: request did not complete within the allotted timeout'),
  () => status(429, 'TooManyRequests', 'the server has received too many requests and has asked us to try again later'),
  () => status(503, 'ServiceUnavailable', 'the server is currently unable to handle the request'),
];
const conflict = () => status(409, 'Conflict', 'Operation cannot be fulfilled: the object has been modified; please apply your changes to the latest version and try again');

/** One call in five fails, watches come late and in heaps, break off, and lose their place. */
export function faulty(transport: Transport, faults: Faults, { dice, clock }: { readonly dice: Dice; readonly clock: Clock }): Transport {
  return async (request) => {
    if (request.url.includes('watch=true')) return late(await transport(request), request);
    if (faults.off || !dice.chance(SHARE)) return transport(request);
    const fails = isConditional(request) && dice.chance(0.4) ? conflict : dice.pick(failures);
    if (isRepeatable(request) && dice.chance(LOST_ANSWERS)) {
      await transport(request);
      return failures[1]!();
    }
    return fails();
  };

  function late(response: ApiResponse, { signal }: ApiRequest): ApiResponse {
    const { body } = response;
    if (body?.type !== 'events') return response;
    return { ...response, body: { type: 'events', events: heldBack(body.events, signal) } };
  }

  async function* heldBack(batches: AsyncIterable<readonly WireEvent[]>, signal: AbortSignal): AsyncIterable<readonly WireEvent[]> {
    for await (const batch of batches) {
      if (!faults.off && dice.chance(HELD)) await clock.sleep(dice.chance(HELD_LONG / HELD) ? 7000 : dice.below(2000), signal);
      yield batch;
      if (faults.off) continue;
      if (dice.chance(0.02)) return;
      if (dice.chance(0.005)) return yield [{ type: 'ERROR', object: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'Expired', message: 'too old resource version', code: 410 } }];
    }
  }
}

const isConditional = ({ method }: ApiRequest): boolean => method === 'PUT' || method === 'PATCH';

/** What may be sent again without harm. A generated name may not: whoever loses that answer cannot know what it made. */
const isRepeatable = ({ method, body }: ApiRequest): boolean =>
  method === 'PUT' || method === 'DELETE' || (method === 'POST' && body?.type === 'object' && (body.object as { metadata?: { name?: string } }).metadata?.name !== undefined);

/** A sound server whose watches tell everything this much late. */
export function lateWatches(transport: Transport, clock: Clock, delay: Millis): Transport {
  return async (request) => {
    const response = await transport(request);
    const { body } = response;
    if (body?.type !== 'events') return response;
    const late = async function* (): AsyncIterable<readonly WireEvent[]> {
      for await (const batch of body.events) {
        await clock.sleep(delay, request.signal);
        yield batch;
      }
    };
    return { ...response, body: { type: 'events', events: late() } };
  };
}
