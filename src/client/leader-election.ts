import type { Clock, Millis } from '../base/clock.ts';
import { silent, type Logger } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { isApiError } from '../meta/api-error.ts';
import { formatMicroTime } from '../meta/time.ts';
import { Lease } from '../kinds/coordination/lease.ts';
import type { Client } from './client.ts';

export interface ElectionOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log?: Logger;
  readonly namespace: string;
  readonly name: string;
  /** Unique to this process: `host_uuid`. */
  readonly identity: string;
  /** How long followers wait before they take a silent leader's place. */
  readonly leaseDuration?: Millis;
  /** How long a leader tries to renew before it steps down. */
  readonly renewDeadline?: Millis;
  readonly retryPeriod?: Millis;
  /** Runs while leading; its signal aborts when leadership is lost. The lease is released once it has ended. */
  lead(signal: AbortSignal): Promise<void>;
  onNewLeader?(identity: string): void;
}

const JITTER = 1.2;

/**
 * Campaigns for a Lease until `signal` aborts, running `lead` while it is held. Clocks of different machines are never
 * compared: a lease counts as expired when it has not changed for its duration on our own clock.
 */
export async function runLeaderElection(client: Client, options: ElectionOptions, signal: AbortSignal): Promise<void> {
  const elector = new Elector(client, options);
  while (!signal.aborted) {
    await elector.acquire(signal);
    if (signal.aborted) break;
    await elector.hold(signal);
  }
}

class Elector {
  readonly #client: Client;
  readonly #options: ElectionOptions;
  readonly #log: Logger;
  readonly #leaseDuration: Millis;
  readonly #renewDeadline: Millis;
  readonly #retryPeriod: Millis;
  #seen: Lease | undefined;
  #seenAt: Millis = 0;
  #told = '';

  constructor(client: Client, options: ElectionOptions) {
    this.#client = client;
    this.#options = options;
    this.#log = (options.log ?? silent).with({ lease: `${options.namespace}/${options.name}`, identity: options.identity });
    this.#leaseDuration = options.leaseDuration ?? 15_000;
    this.#renewDeadline = options.renewDeadline ?? 10_000;
    this.#retryPeriod = options.retryPeriod ?? 2_000;
  }

  async acquire(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !(await this.#try(signal))) {
      await this.#sleep(this.#retryPeriod * (1 + this.#options.random.next() * JITTER), signal);
    }
  }

  async hold(signal: AbortSignal): Promise<void> {
    this.#log.info('became leader');
    const term = new AbortController();
    const end = () => term.abort();
    signal.addEventListener('abort', end, { once: true });
    const led = this.#options.lead(term.signal).finally(end);
    led.catch(() => undefined);
    let renewed = this.#options.clock.monotonic();
    while (!term.signal.aborted) {
      await this.#sleep(this.#retryPeriod, term.signal);
      if (term.signal.aborted) break;
      if (await this.#try(term.signal)) renewed = this.#options.clock.monotonic();
      else if (this.#options.clock.monotonic() - renewed >= this.#renewDeadline || !this.#isHolder()) term.abort();
    }
    signal.removeEventListener('abort', end);
    this.#log.info('stopped leading');
    await led.finally(() => this.#release());
  }

  #isHolder(): boolean {
    return this.#seen?.spec.holderIdentity === this.#options.identity;
  }

  /** One try to take or renew the lease. */
  async #try(signal: AbortSignal): Promise<boolean> {
    const { name, namespace } = this.#options;
    try {
      const lease = await this.#client.get(Lease, name, { namespace, signal });
      this.#note(lease);
      const { holderIdentity = '' } = lease.spec;
      const free = holderIdentity === '' || this.#options.clock.monotonic() - this.#seenAt > this.#duration(lease);
      if (!this.#isHolder() && !free) return false;
      this.#note(await this.#client.update(Lease, { ...lease, spec: this.#spec(lease) }, { signal }));
      return true;
    } catch (error) {
      if (isApiError(error, 'NotFound')) return this.#first(signal);
      if (!isApiError(error, 'Conflict') && !signal.aborted) this.#log.warn('lease not renewed', { error: String(error) });
      return false;
    }
  }

  async #first(signal: AbortSignal): Promise<boolean> {
    const { name, namespace } = this.#options;
    try {
      this.#note(await this.#client.create(Lease, { metadata: { name, namespace }, spec: this.#spec(undefined) }, { signal }));
      return true;
    } catch (error) {
      if (!isApiError(error, 'AlreadyExists')) this.#log.warn('lease not created', { error: String(error) });
      return false;
    }
  }

  #duration(lease: Lease): Millis {
    return lease.spec.leaseDurationSeconds === undefined ? this.#leaseDuration : lease.spec.leaseDurationSeconds * 1000;
  }

  #spec(old: Lease | undefined): Lease['spec'] {
    const { identity, clock } = this.#options;
    const now = formatMicroTime(clock.now());
    const mine = old?.spec.holderIdentity === identity;
    const transitions = old?.spec.leaseTransitions ?? 0;
    return {
      ...old?.spec,
      holderIdentity: identity,
      leaseDurationSeconds: Math.round(this.#leaseDuration / 1000),
      acquireTime: mine ? (old?.spec.acquireTime ?? now) : now,
      renewTime: now,
      leaseTransitions: old === undefined || mine ? transitions : transitions + 1,
    };
  }

  #note(lease: Lease): void {
    if (lease.metadata.resourceVersion !== this.#seen?.metadata.resourceVersion) this.#seenAt = this.#options.clock.monotonic();
    this.#seen = lease;
    const holder = lease.spec.holderIdentity ?? '';
    if (holder === '' || holder === this.#told) return;
    this.#told = holder;
    this.#options.onNewLeader?.(holder);
  }

  /** Gives the lease up at once, so that the next leader need not wait for it to expire. */
  async #release(): Promise<void> {
    const lease = this.#seen;
    if (!lease || !this.#isHolder()) return;
    const now = formatMicroTime(this.#options.clock.now());
    const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now };
    await this.#client.update(Lease, { ...lease, spec }).then(
      (released) => this.#note(released),
      (error: unknown) => this.#log.debug('lease not released', { error: String(error) }),
    );
  }

  #sleep(delay: Millis, signal: AbortSignal): Promise<void> {
    return this.#options.clock.sleep(delay, signal).catch(() => undefined);
  }
}
