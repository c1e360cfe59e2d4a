import { expect, test } from 'vitest';
import { ManualClock, nextTurn } from '../../base/clock.ts';
import { silent } from '../../base/log.ts';
import type { ApiResponse } from '../../wire/api.ts';
import { Collector } from './collector.ts';
import { parseExposition } from './exposition.ts';
import { sampleOf, usageBetween } from './samples.ts';

const page = (cpu: number, at: number) => `# HELP container_cpu_usage_seconds_total x
# TYPE container_cpu_usage_seconds_total counter
container_cpu_usage_seconds_total{container="c",namespace="shop",pod="p"} ${cpu} ${at}
container_memory_working_set_bytes{container="c",namespace="shop",pod="p"} 2048 ${at}
node_cpu_usage_seconds_total ${cpu * 2} ${at}
node_memory_working_set_bytes 4096 ${at}
`;

test('lines of the text format are read with their labels, and what is none is passed over', () => {
  expect(parseExposition('a{b="x\\"y",c="z"} 1.5e3 17\nnonsense\nd NaN\n# a comment\ne 2')).toEqual([
    { name: 'a', labels: { b: 'x"y', c: 'z' }, value: 1500, at: 17 }, { name: 'e', labels: {}, value: 2, at: undefined },
  ]);
});

test('what is used lies between two readings; a counter that began anew says nothing', () => {
  const [first, second] = [sampleOf(parseExposition(page(1, 10_000)), 0), sampleOf(parseExposition(page(2, 12_000)), 0)];

  expect(usageBetween(first.containers.get('shop/p/c'), second.containers.get('shop/p/c'))).toEqual({ at: 12_000, window: 2000, cpuNanoCores: 5e8, memoryBytes: 2048 });
  expect(usageBetween(first.node, second.node)?.cpuNanoCores).toBe(1e9);
  expect(usageBetween(second.node, { ...first.node!, at: 13_000 })).toBeUndefined();
});

test('of a container that began since, the beginning is the first reading', () => {
  const lines = (cpu: number, at: number) => parseExposition(`${page(cpu, at)}container_start_time_seconds{container="c",namespace="shop",pod="p"} 10\n`);
  const young = sampleOf(lines(1, 14_000), 0).containers.get('shop/p/c');

  expect(usageBetween(undefined, young)).toEqual({ at: 14_000, window: 4000, cpuNanoCores: 250_000_000, memoryBytes: 2048 });
  expect(usageBetween({ at: 9000, cpuSeconds: 50, memoryBytes: 1 }, young)?.window).toBe(4000);
  expect(usageBetween(undefined, sampleOf(lines(1, 10_500), 0).containers.get('shop/p/c'))).toBeUndefined();
});

test('nodes are asked when somebody asks, twice the first time, and not again within fifteen seconds; a silent one is left out', async () => {
  const clock = new ManualClock();
  const asked: string[] = [];
  const request = async ({ url }: { url: string }): Promise<ApiResponse> => {
    asked.push(url);
    if (url.includes('silent')) return new Promise(() => undefined);
    return { status: 200, headers: {}, body: { type: 'bytes', chunks: [new TextEncoder().encode(page(clock.now() / 1000, clock.now()))] } };
  };
  const collector = new Collector({ client: { request: request as never }, clock, log: silent });
  const refresh = async () => {
    let done = false;
    const working = collector.refresh(['good', 'silent']).finally(() => (done = true));
    while (!done) {
      await nextTurn();
      if (!done) clock.advance(100);
    }
    await working;
  };

  await refresh();
  const first = asked.length;
  await collector.refresh(['good']);

  expect(first).toBe(4);
  expect(asked).toHaveLength(4);
  expect(Math.round((collector.node('good')?.cpuNanoCores ?? 0) / 1e6)).toBe(2000);
  expect(collector.container('good', 'shop/p/c')?.memoryBytes).toBe(2048);
  expect(collector.node('silent')).toBeUndefined();
});
