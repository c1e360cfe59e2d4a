/** When pods came to run and when they were gone, as one watch tells. */
import type { Transport } from '../../src/wire/api.ts';
import { ask } from './load.ts';

interface Told {
  /** On performance's clock. */
  running?: number;
  gone?: number;
}

interface PodEvent {
  readonly type: string;
  readonly object: { readonly metadata: { readonly name: string }; readonly status?: { readonly phase?: string } };
}

export class PodWatch {
  readonly #pods = new Map<string, Told>();
  readonly #waiting = new Set<() => void>();
  readonly #stop = new AbortController();
  #reading: Promise<void> | undefined;

  static async open(transport: Transport, url: string): Promise<PodWatch> {
    const watch = new PodWatch();
    const { body } = await ask(transport, { method: 'GET', url: `${url}?watch=true`, signal: watch.#stop.signal });
    if (body?.type !== 'stream') throw new Error('a watch without a stream');
    watch.#reading = watch.#read(body.chunks).catch(() => {}); // ends with its connection
    return watch;
  }

  running = (name: string): Promise<number> => this.#until(() => this.#pods.get(name)?.running);

  gone = (name: string): Promise<number> => this.#until(() => this.#pods.get(name)?.gone);

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#reading;
  }

  #until(look: () => number | undefined): Promise<number> {
    return new Promise((resolve) => {
      const check = (): void => {
        const at = look();
        if (at === undefined) return;
        this.#waiting.delete(check);
        resolve(at);
      };
      this.#waiting.add(check);
      check();
    });
  }

  async #read(batches: AsyncIterable<readonly Uint8Array[]>): Promise<void> {
    let rest = '';
    for await (const batch of batches) {
      const lines = (rest + Buffer.concat(batch).toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#tell(JSON.parse(line) as PodEvent);
      for (const check of this.#waiting) check();
    }
  }

  #tell({ type, object: { metadata: { name }, status } }: PodEvent): void {
    const told = type === 'ADDED' ? {} : this.#pods.get(name) ?? {};
    if (status?.phase === 'Running') told.running ??= performance.now();
    if (type === 'DELETED') told.gone = performance.now();
    this.#pods.set(name, told);
  }
}
