import type { Clock } from '../../../src/base/clock.ts';
import { randomSuffix, type Random } from '../../../src/base/random.ts';
import type { Client } from '../../../src/client/index.ts';
import { ConfigMap } from '../../../src/kinds/core/config-map.ts';
import { Namespace } from '../../../src/kinds/core/namespace.ts';
import { ServiceAccount } from '../../../src/kinds/core/service-account.ts';
import { isApiError } from '../../../src/meta/api-error.ts';
import type { Access } from './kubeconfig.ts';
import { Unmet } from './assert.ts';
import { Pods } from './pods.ts';

/** What every test of one run shares. */
export interface Surroundings {
  readonly client: Client;
  readonly access: Access;
  readonly clock: Clock;
  readonly random: Random;
  /** A userland with busybox's programs. */
  readonly image: string;
  /** The servers of test/images/server. */
  readonly serverImage: string;
  /** Where kubectl is; tests of it need one. */
  readonly kubectl: string;
  readonly kubeconfig: string;
}

export interface Patience {
  readonly seconds?: number;
  readonly everySeconds?: number;
}

/** What a test is given: a namespace of its own, the API, and ways to wait and to assert. */
export class Context implements AsyncDisposable {
  readonly client: Client;
  readonly shared: Surroundings;
  readonly namespace: string;
  readonly signal: AbortSignal;
  readonly pods: Pods;
  readonly #musts: ReadonlySet<string>;
  readonly #asserted = new Set<string>();
  readonly #cleanup: (() => Promise<unknown>)[] = [];

  private constructor(shared: Surroundings, namespace: string, { musts, signal }: { musts: readonly string[]; signal: AbortSignal }) {
    this.client = shared.client;
    this.shared = shared;
    this.namespace = namespace;
    this.signal = signal;
    this.pods = new Pods(this);
    this.#musts = new Set(musts);
  }

  static async start(shared: Surroundings, test: { musts: readonly string[]; signal: AbortSignal }): Promise<Context> {
    const context = new Context(shared, `conformance-${randomSuffix(shared.random, 8)}`, test);
    await context.makeNamespace(context.namespace);
    return context;
  }

  /** Asserts what upstream's description states as a MUST. */
  must(label: string, ok: boolean, detail = ''): void {
    if (!this.#musts.has(label)) throw new Error(`the test does not declare the MUST "${label}"`);
    this.#asserted.add(label);
    if (!ok) throw new Unmet(detail === '' ? label : `${label}: ${detail}`);
  }

  /** Declared and never asserted. */
  get forgotten(): readonly string[] {
    return [...this.#musts].filter((label) => !this.#asserted.has(label));
  }

  /** A name nobody else has. */
  name(prefix: string): string {
    return `${prefix}-${randomSuffix(this.shared.random)}`;
  }

  /** Runs when the test is over, whatever came of it; the last one first. */
  defer(act: () => Promise<unknown>): void {
    this.#cleanup.push(act);
  }

  sleep(seconds: number): Promise<void> {
    return this.shared.clock.sleep(seconds * 1000, this.signal);
  }

  /** The first answer of `probe` that is neither undefined nor false. A NotFound counts as not yet. */
  async eventually<T>(what: string, probe: () => Promise<T | undefined | false>, patience: Patience = {}): Promise<T> {
    const { seconds = 60, everySeconds = 0.25 } = patience;
    const until = this.shared.clock.monotonic() + seconds * 1000;
    let last: unknown;
    for (;;) {
      try {
        const answer = await probe();
        if (answer !== undefined && answer !== false) return answer;
        last = undefined;
      } catch (error) {
        if (!isApiError(error, 'NotFound', 'Conflict', 'ServiceUnavailable')) throw error;
        last = error;
      }
      if (this.shared.clock.monotonic() >= until) {
        throw new Unmet(`not within ${seconds} s: ${what}${last instanceof Error ? ` (${last.message})` : ''}`);
      }
      await this.sleep(everySeconds);
    }
  }

  /** Whether `probe` stays true for that long. */
  async consistently(probe: () => Promise<boolean>, seconds: number): Promise<boolean> {
    const until = this.shared.clock.monotonic() + seconds * 1000;
    while (this.shared.clock.monotonic() < until) {
      if (!(await probe())) return false;
      await this.sleep(0.5);
    }
    return true;
  }

  /** Until the call says NotFound. */
  async gone(what: string, get: () => Promise<unknown>, patience: Patience = {}): Promise<void> {
    await this.eventually(`${what} is gone`, async () => {
      try {
        await get();
        return false;
      } catch (error) {
        if (isApiError(error, 'NotFound')) return true;
        throw error;
      }
    }, patience);
  }

  /** A further namespace, ready for pods, removed with the test. */
  async makeNamespace(name: string): Promise<string> {
    await this.client.create(Namespace, { metadata: { name, labels: { 'knarr.local/conformance': 'true' } } }, { signal: this.signal });
    this.defer(() => this.client.delete(Namespace, name));
    await this.eventually(`namespace ${name} has its service account`, () => this.client.get(ServiceAccount, 'default', { namespace: name }));
    await this.eventually(`namespace ${name} has the root certificate`, () => this.client.get(ConfigMap, 'kube-root-ca.crt', { namespace: name }));
    return name;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const act of this.#cleanup.toReversed()) {
      await act().catch((error: unknown) => {
        if (!isApiError(error, 'NotFound')) throw error;
      });
    }
  }
}
