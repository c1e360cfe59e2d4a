import type { Clock, Millis } from '../base/clock.ts';
import type { Logger } from '../base/log.ts';
import type { Client } from '../client/index.ts';
import { Lease } from '../kinds/coordination/lease.ts';
import { isApiError } from '../meta/api-error.ts';
import { formatMicroTime } from '../meta/time.ts';

const NAMESPACE = 'kube-node-lease';
const LEASE_SECONDS = 40;
const PERIOD: Millis = 10_000;
/** The wheel turns this often; with each turn the next share of the leases is renewed. */
const TURN: Millis = 100;

interface Renewal {
  readonly node: string;
  readonly uid: string;
  lease?: Lease;
}

/** Renews every node's Lease every ten seconds, evenly spread, from one timer. */
export class LeaseWheel implements AsyncDisposable {
  readonly #options: { readonly client: Client; readonly clock: Clock; readonly log: Logger };
  readonly #renewals: Renewal[] = [];
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  #at = 0;

  constructor(options: { readonly client: Client; readonly clock: Clock; readonly log: Logger }) {
    this.#options = options;
    this.#running = this.#turn();
  }

  /** Makes this node's Lease, and renews it from now on. */
  async add(node: string, uid: string): Promise<void> {
    const renewal: Renewal = { node, uid };
    await this.#renew(renewal);
    this.#renewals.push(renewal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #turn(): Promise<void> {
    const { clock } = this.#options;
    let due = 0;
    while (!this.#stop.signal.aborted) {
      due += (this.#renewals.length * TURN) / PERIOD;
      const count = Math.min(Math.floor(due), this.#renewals.length);
      due -= Math.floor(due);
      const batch = Array.from({ length: count }, () => this.#renewals[this.#at++ % this.#renewals.length]!);
      await Promise.all([...batch.map((one) => this.#renew(one)), clock.sleep(TURN, this.#stop.signal).catch(() => undefined)]);
    }
  }

  async #renew(renewal: Renewal): Promise<void> {
    const { client, clock, log } = this.#options;
    const signal = this.#stop.signal;
    const renewTime = formatMicroTime(clock.now());
    try {
      if (renewal.lease) {
        renewal.lease = await client.update(Lease, { ...renewal.lease, spec: { ...renewal.lease.spec, renewTime } }, { signal });
        return;
      }
      renewal.lease = await client.create(Lease, leaseFor(renewal, renewTime), { namespace: NAMESPACE, signal });
    } catch (error) {
      delete renewal.lease;
      if (signal.aborted || isApiError(error, 'NotFound', 'Conflict')) return;
      if (isApiError(error, 'AlreadyExists')) renewal.lease = await client.get(Lease, renewal.node, { namespace: NAMESPACE, signal }).catch(() => undefined);
      else log.warn('lease not renewed', { node: renewal.node, error: String(error) });
    }
  }
}

const leaseFor = ({ node, uid }: Renewal, renewTime: string) => ({
  metadata: { name: node, namespace: NAMESPACE, ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: node, uid }] },
  spec: { holderIdentity: node, leaseDurationSeconds: LEASE_SECONDS, renewTime },
});
