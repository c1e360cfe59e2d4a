import { ApiError } from '../../../meta/api-error.ts';
import type { AnyObject } from '../../../meta/object.ts';
import type { EventLimit } from '../../config.ts';
import type { Core } from '../../core.ts';
import type { AdmissionPlugin, Attributes } from '../admission.ts';

/** Keeps a flood of events from the server's other work (https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#eventratelimit). */
export const eventRateLimit: AdmissionPlugin = {
  name: 'EventRateLimit',
  on: { operations: ['CREATE', 'UPDATE'], resources: ['events', 'events.events.k8s.io'] },
  idle: ({ config }) => !config.admission?.plugins?.eventRateLimit,

  validate(attributes, core) {
    if (attributes.dryRun) return;
    const over = bucketsOf(core).filter((buckets) => !buckets.take(attributes, core.clock.monotonic())).map((buckets) => buckets.complaint(attributes));
    if (over.length > 0) throw new ApiError('TooManyRequests', `Too many requests: ${over.join(', ')}`);
  },
};

const kept = new WeakMap<Core, readonly Buckets[]>();

function bucketsOf(core: Core): readonly Buckets[] {
  const found = kept.get(core) ?? (core.config.admission?.plugins?.eventRateLimit ?? []).map((limit) => new Buckets(limit));
  kept.set(core, found);
  return found;
}

/** One limit's token buckets, by what it counts. Who was not heard of for longest is forgotten first. */
class Buckets {
  readonly #limit: EventLimit;
  readonly #tokens = new Map<string, { readonly left: number; readonly at: number }>();

  constructor(limit: EventLimit) {
    this.#limit = limit;
  }

  take(attributes: Attributes, now: number): boolean {
    const { qps, burst, cacheSize } = this.#limit;
    const key = this.#keyOf(attributes);
    const { left, at } = this.#tokens.get(key) ?? { left: burst, at: now };
    const tokens = Math.min(burst, left + ((now - at) / 1000) * qps);
    this.#tokens.delete(key);
    this.#tokens.set(key, { left: tokens >= 1 ? tokens - 1 : tokens, at: now });
    if (this.#limit.type !== 'Server' && this.#tokens.size > cacheSize) this.#tokens.delete(this.#tokens.keys().next().value!);
    return tokens >= 1;
  }

  complaint(attributes: Attributes): string {
    return `limit reached on type ${this.#limit.type} for key ${this.#keyOf(attributes)}`;
  }

  #keyOf({ namespace, user, object }: Attributes): string {
    switch (this.#limit.type) {
      case 'Server':
        return '';
      case 'Namespace':
        return namespace;
      case 'User':
        return user.username;
      case 'SourceAndObject':
        return sourceAndObject(object);
    }
  }
}

interface Event extends AnyObject {
  readonly source?: Readonly<Record<string, string>>;
  readonly deprecatedSource?: Readonly<Record<string, string>>;
  readonly involvedObject?: Readonly<Record<string, string>>;
  readonly regarding?: Readonly<Record<string, string>>;
}

function sourceAndObject(object: AnyObject): string {
  const event = object as Event;
  const [source, about] = [event.source ?? event.deprecatedSource ?? {}, event.involvedObject ?? event.regarding ?? {}];
  return [source['component'], source['host'], about['kind'], about['namespace'], about['name'], about['uid'], about['apiVersion']].map((part) => part ?? '').join('');
}
