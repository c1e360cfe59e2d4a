import type { Clock, Millis } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { ApiError, type Reason } from '../../meta/api-error.ts';
import type { Resource } from '../../meta/resource.ts';
import type { ApiHandler, ApiRequest, ApiResponse } from '../../wire/api.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

/** What goes wrong, and for which requests: all that are given must hold. */
export interface Fault {
  readonly verbs?: readonly Verb[];
  readonly resource?: Pick<Resource, 'group' | 'plural'>;
  readonly namespace?: string;
  readonly name?: string;
  /** `status`; '' is the object itself. */
  readonly subresource?: string;
  /** Who asks, as a user or an agent: `system:kube-scheduler`. */
  readonly user?: string;
  /** How many requests it meets; all unless said. */
  readonly times?: number;
  /** Of how many it meets each: 0.2 is one in five. */
  readonly chance?: number;
  /** They wait so long before anything else; with `watch`, every batch of events does. */
  readonly delay?: Millis;
  /** They fail so. */
  readonly fail?: Reason;
  /** The request is carried out and its answer lost: what a caller must expect of any network. */
  readonly lost?: boolean;
}

/** A fault at work, until disposed. */
export interface Injected extends Disposable {
  /** Requests it has met. */
  readonly hits: number;
}

/** Faults between everybody and the server. */
export class Faults {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #active = new Set<{ readonly fault: Fault; hits: number }>();

  constructor({ clock, random }: { readonly clock: Clock; readonly random: Random }) {
    this.#clock = clock;
    this.#random = random;
  }

  inject(fault: Fault): Injected {
    const active = { fault, hits: 0 };
    this.#active.add(active);
    return {
      get hits() {
        return active.hits;
      },
      [Symbol.dispose]: () => void this.#active.delete(active),
    };
  }

  /** The handler with the faults before it. */
  readonly around = (handler: ApiHandler): ApiHandler => async (request) => {
    if (this.#active.size === 0) return handler(request);
    const met = this.#meet(request);
    return met ? this.#suffer(met, request, handler) : handler(request);
  };

  #meet(request: ApiRequest): Fault | undefined {
    const asked = targetOf(request);
    for (const active of this.#active) {
      const { fault } = active;
      if (active.hits >= (fault.times ?? Infinity) || !concerns(fault, asked)) continue;
      if (fault.chance !== undefined && this.#random.next() >= fault.chance) continue;
      active.hits++;
      return fault;
    }
    return undefined;
  }

  async #suffer({ delay = 0, fail, lost }: Fault, request: ApiRequest, handler: ApiHandler): Promise<ApiResponse> {
    const isWatch = targetOf(request).verb === 'watch';
    if (delay > 0 && !isWatch) await this.#clock.sleep(delay, request.signal);
    if (fail) return failure(new ApiError(fail, `injected fault: ${fail}`), request);
    const response = await handler(request);
    if (lost && response.status < 400) return failure(new ApiError('InternalError', 'injected fault: the answer was lost'), request);
    return delay > 0 && isWatch ? this.#late(response, delay) : response;
  }

  #late(response: ApiResponse, delay: Millis): ApiResponse {
    const clock = this.#clock;
    const after = async function* <T>(batches: AsyncIterable<T>): AsyncGenerator<T> {
      for await (const batch of batches) {
        await clock.sleep(delay);
        yield batch;
      }
    };
    const { body } = response;
    if (body?.type === 'events') return { ...response, body: { type: 'events', events: after(body.events) } };
    // What is waiting may not be given back to be filled again.
    if (body?.type === 'stream') return { ...response, body: { type: 'stream', chunks: after(body.chunks) } };
    return response;
  }
}

interface Target {
  readonly verb: Verb;
  readonly group: string;
  readonly plural: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string;
  readonly users: readonly (string | undefined)[];
}

const PATH = /^\/(?:api|apis\/([^/]+))\/[^/]+(?:\/namespaces\/([^/]+)(?=\/))?\/([^/?]+)(?:\/([^/?]+))?(?:\/([^?]+))?(?:\?(.*))?$/;
const VERBS: Readonly<Record<string, Verb>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

function targetOf({ method, url, peer, headers }: ApiRequest): Target {
  const [, group = '', namespace, plural = '', name, subresource = '', query = ''] = PATH.exec(url) ?? [];
  const reading: Verb = /(^|&)watch=(1|true)/.test(query) ? 'watch' : name === undefined ? 'list' : 'get';
  return {
    verb: VERBS[method] ?? reading, group, plural, subresource, namespace,
    name: name === undefined ? undefined : decodeURIComponent(name), users: [peer.user?.username, peer.certificate?.commonName, headers['user-agent']],
  };
}

function concerns(fault: Fault, asked: Target): boolean {
  if (fault.resource && (fault.resource.group !== asked.group || fault.resource.plural !== asked.plural)) return false;
  if (fault.user !== undefined && !asked.users.includes(fault.user)) return false;
  if (fault.subresource !== undefined && fault.subresource !== asked.subresource) return false;
  return (fault.verbs?.includes(asked.verb) ?? true) && (fault.namespace ?? asked.namespace) === asked.namespace && (fault.name ?? asked.name) === asked.name;
}

function failure(error: ApiError, { wantsObjects }: ApiRequest): ApiResponse {
  const status = error.toStatus();
  if (wantsObjects) return { status: error.code, headers: {}, body: { type: 'object', object: status } };
  return { status: error.code, headers: { 'content-type': 'application/json' }, body: { type: 'bytes', chunks: [new TextEncoder().encode(JSON.stringify(status))] } };
}
