import type { Clock, Millis } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Client } from '../../client/index.ts';
import type { ResponseBody } from '../../wire/api.ts';
import { parseExposition } from './exposition.ts';
import { type Sample, sampleOf, type Usage, usageBetween } from './samples.ts';

/** metrics-server's resolution. */
const RESOLUTION: Millis = 15_000;
/** After this long without questions the last sample tells nothing of the present. */
const FORGET: Millis = 60_000;
/** Kubelets answer twice with what is younger than a second. */
const BETWEEN: Millis = 1200;
const PATIENCE: Millis = 5000;

interface Pair {
  readonly before: Sample;
  readonly after: Sample;
}

export interface CollectorOptions {
  readonly client: Pick<Client, 'request'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Asks kubelets what is used on their nodes, when somebody asks and not otherwise: an idle cluster measures nothing. Usage of
 * the processor takes two samples; the first question waits for the second one.
 */
export class Collector {
  readonly #options: CollectorOptions;
  readonly #pairs = new Map<string, Pair>();
  #asked: Millis = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  /** Resolves when the nodes' samples are as fresh as they need be. */
  async refresh(nodes: readonly string[]): Promise<void> {
    const { clock } = this.#options;
    const age = clock.monotonic() - this.#asked;
    const isNew = nodes.some((node) => !this.#pairs.has(node));
    if (age < RESOLUTION && !isNew) return this.#running;
    this.#running ??= this.#collect(nodes, age > FORGET).finally(() => (this.#running = undefined));
    return this.#running;
  }

  node(name: string): Usage | undefined {
    const pair = this.#pairs.get(name);
    return pair && usageBetween(pair.before.node, pair.after.node);
  }

  /** @param container `namespace/pod/container` */
  container(node: string, container: string): Usage | undefined {
    const pair = this.#pairs.get(node);
    return pair && usageBetween(pair.before.containers.get(container), pair.after.containers.get(container));
  }

  async #collect(nodes: readonly string[], forget: boolean): Promise<void> {
    const { clock } = this.#options;
    const wanted = new Set(nodes);
    for (const name of this.#pairs.keys()) if (forget || !wanted.has(name)) this.#pairs.delete(name);
    const isFirst = nodes.some((name) => !this.#pairs.has(name));
    await this.#visit(nodes);
    if (isFirst) {
      await clock.sleep(BETWEEN);
      await this.#visit(nodes);
    }
    this.#asked = clock.monotonic();
  }

  async #visit(nodes: readonly string[]): Promise<void> {
    await Promise.all(nodes.map(async (name) => {
      const after = await this.#sample(name);
      if (!after) return void this.#pairs.delete(name);
      this.#pairs.set(name, { before: this.#pairs.get(name)?.after ?? after, after });
    }));
  }

  async #sample(node: string): Promise<Sample | undefined> {
    const { client, clock, log } = this.#options;
    const over = new AbortController();
    const timer = clock.after(PATIENCE, () => over.abort(new Error('the kubelet did not answer in time')));
    try {
      const late = new Promise<never>((_resolve, reject) => over.signal.addEventListener('abort', () => reject(over.signal.reason), { once: true }));
      const asked = client.request({ url: `/api/v1/nodes/${encodeURIComponent(node)}/proxy/metrics/resource`, signal: over.signal }).then(({ body }) => textOf(body));
      return sampleOf(parseExposition(await Promise.race([asked, late])), clock.now());
    } catch (error) {
      log.debug('a node could not be asked what it uses', { node, error: String(error) });
      return undefined;
    } finally {
      timer[Symbol.dispose]();
    }
  }
}

async function textOf(body: ResponseBody | undefined): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  if (body?.type === 'bytes') for (const chunk of body.chunks) text += decoder.decode(chunk, { stream: true });
  if (body?.type === 'stream') for await (const batch of body.chunks) for (const chunk of batch) text += decoder.decode(chunk, { stream: true });
  return text;
}
