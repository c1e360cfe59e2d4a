/** What custom resources cost beside a built-in kind of the same size, many of them in pages, and large definitions. */
import { systemClock } from '../../src/base/clock.ts';
import type { Transport } from '../../src/wire/api.ts';
import { PODS, prepareUser } from './cases.ts';
import { ask, askJson, drain, median, repeat } from './load.ts';
import { cpuMicros } from './machine.ts';
import { pod } from './pod.ts';
import { startKnarrApi, type Target } from './target.ts';

const GROUP = 'bench.example.com';
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const CUSTOM = `/apis/${GROUP}/v1/namespaces/bench/podlikes`;
const LISTED = 1000;
const MANY = 100_000;
const PAGE = 500;

type Schema = Readonly<Record<string, unknown>>;

/** The schema that a sample keeps to, as a generator writes it. */
function schemaOf(sample: unknown): Schema {
  if (Array.isArray(sample)) return { type: 'array', items: schemaOf(sample[0] ?? '') };
  if (typeof sample === 'object' && sample !== null) return { type: 'object', properties: Object.fromEntries(Object.entries(sample).map(([name, value]) => [name, schemaOf(value)])) };
  return { type: typeof sample === 'number' ? 'integer' : typeof sample };
}

const definition = (plural: string, kind: string, schema: Schema) => ({
  apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: `${plural}.${GROUP}` },
  spec: { group: GROUP, scope: 'Namespaced', names: { plural, kind }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, subresources: { status: {} } }] },
});

const podlike = (name: string): object => ({ ...pod(name), apiVersion: `${GROUP}/v1`, kind: 'Podlike' });

async function post(admin: Transport, url: string, body: object): Promise<void> {
  await drain(await ask(admin, { method: 'POST', url, body }));
}

/** Until its collection can be listed; in milliseconds. */
async function served(admin: Transport, url: string): Promise<number> {
  const began = performance.now();
  for (;;) {
    const isServed = await ask(admin, { method: 'GET', url: `${url}?limit=1` }).then(async (answer) => (await drain(answer), true), () => false);
    if (isServed) return performance.now() - began;
    await systemClock.sleep(2);
  }
}

export async function measureCustom(directory: string, rounds: number): Promise<void> {
  await using target = await startKnarrApi(directory);
  await prepareUser(target);
  const { admin } = target;
  const { spec } = pod('sample') as { spec: unknown };
  await post(admin, DEFINITIONS, definition('podlikes', 'Podlike', { type: 'object', properties: { spec: schemaOf(spec) } }));
  await served(admin, CUSTOM);
  await measureVerbs(target, rounds);
  await measurePages(target);
  await measureLarge(target);
}

/** In turns, so that both meet the machine's moods. */
async function measureVerbs(target: Target, rounds: number): Promise<void> {
  const user = target.connectUser();
  await repeat(LISTED, 32, async (n) => {
    await post(user, PODS, pod(`pod-${n}`));
    await post(user, CUSTOM, podlike(`pod-${n}`));
  });
  let serial = 0;
  const verbs: readonly (readonly [name: string, units: number, run: (url: string, make: (name: string) => object) => Promise<unknown>])[] = [
    ['create', 1500, (url, make) => post(user, url, make(`more-${serial++}`))],
    ['get', 5000, async (url) => drain(await ask(user, { method: 'GET', url: `${url}/pod-${serial++ % LISTED}` }))],
    ['list 1000', 40, async (url) => drain(await ask(user, { method: 'GET', url: `${url}?limit=${LISTED}` }))],
  ];
  console.log('\ncustom resources: CPU µs beside a pod of the same size (goal: within 1.3×)');
  for (const [name, units, run] of verbs) {
    const cost = async (url: string, make: (name: string) => object): Promise<number> => {
      const before = await cpuMicros(target.pids);
      await repeat(units, 16, () => run(url, make));
      return (await cpuMicros(target.pids) - before) / units;
    };
    const [builtin, custom]: [number[], number[]] = [[], []];
    await cost(PODS, pod);
    await cost(CUSTOM, podlike);
    for (let n = 0; n < rounds; n++) {
      builtin.push(await cost(PODS, pod));
      custom.push(await cost(CUSTOM, podlike));
    }
    const [a, b] = [median(builtin), median(custom)];
    console.log(`${name.padEnd(12)} pod ${a.toFixed(0).padStart(6)}   custom ${b.toFixed(0).padStart(6)}   ${(b / a).toFixed(2)}×`);
  }
}

async function measurePages({ admin }: Target): Promise<void> {
  await post(admin, DEFINITIONS, definition('specks', 'Speck', { type: 'object', properties: { spec: { type: 'object', properties: { n: { type: 'integer' } } } } }));
  const url = `/apis/${GROUP}/v1/namespaces/bench/specks`;
  await served(admin, url);
  await repeat(MANY, 64, (n) => post(admin, url, { apiVersion: `${GROUP}/v1`, kind: 'Speck', metadata: { name: `speck-${n}` }, spec: { n } }));
  const began = performance.now();
  let seen = 0;
  let slowest = 0;
  for (let token = ''; ;) {
    const at = performance.now();
    const { items, metadata } = await askJson<{ items: readonly unknown[]; metadata: { continue?: string } }>(admin, { method: 'GET', url: `${url}?limit=${PAGE}&continue=${encodeURIComponent(token)}` });
    slowest = Math.max(slowest, performance.now() - at);
    seen += items.length;
    if (!metadata.continue) break;
    token = metadata.continue;
  }
  console.log(`${seen} custom resources in pages of ${PAGE}: ${(performance.now() - began).toFixed(0)} ms, the slowest page ${slowest.toFixed(0)} ms`);
}

/** A schema of more than a megabyte, deep and wide as those of the largest public definitions. */
function largeSchema(): Schema {
  const text = 'A sentence that says what this field is for, as long as they are in practice, with links and all. '.repeat(3);
  const leaf = (n: number) => ({ type: 'string', description: `${text}${n}`, maxLength: 200, pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' });
  const level = (depth: number): Schema => ({
    type: 'object', description: text,
    properties: Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`field${n}`, depth === 0 ? leaf(n) : n < 4 ? level(depth - 1) : { type: 'array', description: text, items: leaf(n) }])),
  });
  return { type: 'object', properties: { spec: level(4) } };
}

async function measureLarge({ admin }: Target): Promise<void> {
  const body = definition('giants', 'Giant', largeSchema());
  const size = JSON.stringify(body).length;
  const began = performance.now();
  await post(admin, DEFINITIONS, body);
  const made = performance.now() - began;
  const url = `/apis/${GROUP}/v1/namespaces/bench/giants`;
  const wait = await served(admin, url);
  const first = performance.now();
  await post(admin, url, { apiVersion: `${GROUP}/v1`, kind: 'Giant', metadata: { name: 'a' }, spec: {} });
  console.log(`a definition of ${(size / 2 ** 20).toFixed(2)} MB: taken after ${made.toFixed(0)} ms, served ${wait.toFixed(0)} ms later (goal: 200 ms in all), its first object after ${(performance.now() - first).toFixed(0)} ms`);
}
