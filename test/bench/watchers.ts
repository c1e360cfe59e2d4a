/** One event, told to very many. */
import type { ApiResponse, Transport } from '../../src/wire/api.ts';
import type { Work } from './cases.ts';
import { ask, askJson, drain } from './load.ts';

const CONFIG_MAPS = '/api/v1/namespaces/bench/configmaps';
/** Watches over one connection: an HTTP/2 server of Go's takes 250 at a time. */
const PER_CONNECTION = 125;
const LINE_FEED = 10;

/** Opens `count` watches, which end with their connections. A unit is one object made; it is done when all were told. */
export async function watchersOf(connect: () => Transport, count: number): Promise<Work> {
  const writer = connect();
  const { metadata: { resourceVersion } } = await askJson<{ metadata: { resourceVersion: string } }>(writer, { method: 'GET', url: `${CONFIG_MAPS}?limit=1` });
  const told = new Told();
  for (let from = 0; from < count; from += PER_CONNECTION) {
    const user = connect();
    const answers = Array.from({ length: Math.min(PER_CONNECTION, count - from) }, () => ask(user, { method: 'GET', url: `${CONFIG_MAPS}?watch=true&resourceVersion=${resourceVersion}` }));
    for (const answer of await Promise.all(answers)) told.follow(answer);
  }
  const data = { text: 'x'.repeat(1000) };
  const one = { method: 'POST', url: CONFIG_MAPS, body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'watched-' }, data } };
  return async (units) => {
    const millis: number[] = [];
    for (let n = 0; n < units; n++) {
      const began = performance.now();
      const everywhere = told.until(told.count + count);
      await drain(await ask(writer, one));
      await everywhere;
      millis.push(performance.now() - began);
    }
    return millis.toSorted((a, b) => a - b);
  };
}

/** Counts the events of many watches. */
class Told {
  count = 0;
  #check = () => {};

  until(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#check = () => this.count >= count && resolve();
    });
  }

  follow({ body }: ApiResponse): void {
    if (body?.type !== 'stream') throw new Error('a watch without a stream');
    void this.#read(body.chunks).catch(() => {}); // cut off with its connection
  }

  async #read(batches: AsyncIterable<readonly Uint8Array[]>): Promise<void> {
    for await (const batch of batches) {
      for (const chunk of batch) {
        for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, at + 1)) this.count++;
      }
      this.#check();
    }
  }
}
