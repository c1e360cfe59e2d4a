/** What custom resources cost beside a built-in kind of the same size, many of them in pages, and large definitions. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { systemClock } from '../../src/base/clock.ts';
import type { Transport } from '../../src/wire/api.ts';
import { PODS, prepareUser } from './cases.ts';
import { ask, askJson, askText, drain, median, repeat } from './load.ts';
import { cpuMicros, memoryBytes } from './machine.ts';
import { pod } from './pod.ts';
import { startKnarrApi, type Target } from './target.ts';

const GROUP = 'bench.example.com';
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
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

export async function measureCustom(directory: string, { rounds, published }: { readonly rounds: number; readonly published: string | undefined }): Promise<void> {
  {
    await using target = await startKnarrApi(join(directory, 'verbs'));
    await prepareUser(target);
    await measureVerbs(target, rounds);
    await measurePages(target);
  }
  await using target = await startKnarrApi(join(directory, 'definitions'));
  await prepareUser(target);
  await measureDefinitions(target, published === undefined ? [definition('giants', 'Giant', largeSchema()) as Definition] : await readDefinitions(published));
}

/** A built-in kind and a custom one whose objects say the same. */
interface Pair {
  readonly name: string;
  readonly builtin: string;
  readonly custom: string;
  readonly makeBuiltin: (name: string) => object;
  readonly makeCustom: (name: string) => object;
}

/** A kind with much to check and one with next to nothing; of the custom ones every field is declared, and defaults are written out. */
async function pairsOf({ admin }: Target): Promise<readonly Pair[]> {
  await post(admin, PODS, pod('sample'));
  const { spec } = await askJson<{ readonly spec: object }>(admin, { method: 'GET', url: `${PODS}/sample` });
  await post(admin, DEFINITIONS, definition('podlikes', 'Podlike', { type: 'object', properties: { spec: schemaOf(spec) } }));
  await post(admin, DEFINITIONS, definition('maplikes', 'Maplike', { type: 'object', properties: { data: { type: 'object', additionalProperties: { type: 'string' } } } }));
  const data = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`key-${n}`, `value ${n} `.repeat(8)]));
  const { metadata } = pod('sample') as { metadata: object };
  const named = (name: string): object => ({ ...metadata, name });
  const custom = (plural: string): string => `/apis/${GROUP}/v1/namespaces/bench/${plural}`;
  const pairs: readonly Pair[] = [
    { name: 'pod', builtin: PODS, custom: custom('podlikes'), makeBuiltin: pod, makeCustom: (name) => ({ apiVersion: `${GROUP}/v1`, kind: 'Podlike', metadata: named(name), spec }) },
    {
      name: 'configmap', builtin: '/api/v1/namespaces/bench/configmaps', custom: custom('maplikes'),
      makeBuiltin: (name) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: named(name), data }), makeCustom: (name) => ({ apiVersion: `${GROUP}/v1`, kind: 'Maplike', metadata: named(name), data }),
    },
  ];
  for (const pair of pairs) await served(admin, pair.custom);
  return pairs;
}

async function measureVerbs(target: Target, rounds: number): Promise<void> {
  const user = target.connectUser();
  console.log('\ncustom resources: CPU µs of the server beside a built-in kind of the same size (goal: within 1.3×)');
  for (const pair of await pairsOf(target)) await measurePair(target, { user, pair, rounds });
}

function filled(object: object, bytes: number): object {
  const { metadata } = object as { readonly metadata: { readonly annotations?: object } };
  return bytes < 1 ? object : { ...object, metadata: { ...metadata, annotations: { ...metadata.annotations, filler: 'x'.repeat(bytes) } } };
}

/** In turns, so that both meet the machine's moods. */
async function measurePair(target: Target, { user, pair, rounds }: { readonly user: Transport; readonly pair: Pair; readonly rounds: number }): Promise<void> {
  const { builtin, custom, makeBuiltin } = pair;
  const stored = async (url: string, object: object): Promise<number> => drain(await ask(user, { method: 'POST', url, body: object }));
  // What the server adds to the built-in one, its status and who manages which item, stands in an annotation of the other.
  const missing = await stored(builtin, makeBuiltin('sample-0')) - await stored(custom, pair.makeCustom('sample-0'));
  const makeCustom = (name: string): object => filled(pair.makeCustom(name), missing);
  await repeat(LISTED, 32, async (n) => {
    await post(user, builtin, makeBuiltin(`one-${n}`));
    await post(user, custom, makeCustom(`one-${n}`));
  });
  const size = async (url: string): Promise<string> => ((await drain(await ask(user, { method: 'GET', url: `${url}?limit=${LISTED}` }))) / LISTED).toFixed(0);
  console.log(`an object in a list: ${pair.name} ${await size(builtin)} bytes, custom ${await size(custom)} bytes`);
  let serial = 0;
  const verbs: readonly (readonly [name: string, units: number, run: (url: string, make: (name: string) => object) => Promise<unknown>])[] = [
    ['create', 1500, (url, make) => post(user, url, make(`more-${serial++}`))],
    ['get', 5000, async (url) => drain(await ask(user, { method: 'GET', url: `${url}/one-${serial++ % LISTED}` }))],
    ['list 1000', 40, async (url) => drain(await ask(user, { method: 'GET', url: `${url}?limit=${LISTED}` }))],
  ];
  for (const [name, units, run] of verbs) {
    const cost = async (url: string, make: (name: string) => object): Promise<number> => {
      const before = await cpuMicros(target.pids);
      await repeat(units, 16, () => run(url, make));
      return (await cpuMicros(target.pids) - before) / units;
    };
    const costs: [number[], number[]] = [[], []];
    for (let n = 0; n <= rounds; n++) {
      const [a, b] = [await cost(builtin, makeBuiltin), await cost(custom, makeCustom)];
      if (n > 0) costs.forEach((list, at) => list.push([a, b][at]!)); // the first warms up
    }
    const [a, b] = costs.map(median) as [number, number];
    console.log(`${name.padEnd(12)} ${pair.name} ${a.toFixed(0).padStart(6)}   custom ${b.toFixed(0).padStart(6)}   ${(b / a).toFixed(2)}×`);
  }
}

async function measurePages({ admin, pids }: Target): Promise<void> {
  await post(admin, DEFINITIONS, definition('specks', 'Speck', { type: 'object', properties: { spec: { type: 'object', properties: { n: { type: 'integer' } } } } }));
  const url = `/apis/${GROUP}/v1/namespaces/bench/specks`;
  await served(admin, url);
  const before = await memoryBytes(pids);
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
  console.log(`${seen} custom resources in pages of ${PAGE}: ${(performance.now() - began).toFixed(0)} ms, the slowest page ${slowest.toFixed(0)} ms; ${((await memoryBytes(pids) - before) / 2 ** 20).toFixed(0)} MB more than without them`);
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

interface Definition {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: { readonly group: string; readonly names: { readonly plural: string }; readonly versions: readonly { readonly name: string; readonly served: boolean }[] };
}

/** Every CustomResourceDefinition in the directory's YAML files, as their projects publish them; the largest first. */
async function readDefinitions(directory: string): Promise<readonly Definition[]> {
  const found = new Map<string, Definition>();
  for (const file of (await readdir(directory)).filter((name) => /\.ya?ml$/.test(name))) {
    for (const document of parseAllDocuments(await readFile(join(directory, file), 'utf8'))) {
      const one = document.toJS() as Definition | null;
      if (one?.kind !== 'CustomResourceDefinition') continue;
      const other = found.get(one.metadata.name);
      // Some come in a short form, too.
      if (!other || sizeOf(other) < sizeOf(one)) found.set(one.metadata.name, one);
    }
  }
  return [...found.values()].toSorted((a, b) => sizeOf(b) - sizeOf(a));
}

const sizeOf = (one: Definition): number => JSON.stringify(one).length;
const SHOWN = 20;

/** From the request to the first answer of what it declares; then what all of them cost those who read documents. */
async function measureDefinitions(target: Target, definitions: readonly Definition[]): Promise<void> {
  const { admin, pids } = target;
  console.log(`\n${definitions.length} definitions, the largest (goal: 200 ms each); CPU of the server, and by the clock`);
  for (const [at, one] of definitions.entries()) {
    const { spec: { group, names, versions } } = one;
    const [cpu, began] = [await cpuMicros(pids), performance.now()];
    await post(admin, DEFINITIONS, one);
    await served(admin, `/apis/${group}/${versions.find((version) => version.served)!.name}/${names.plural}`);
    const millis = performance.now() - began;
    if (at < SHOWN) console.log(`${(sizeOf(one) / 1024).toFixed(0).padStart(6)} KB ${((await cpuMicros(pids) - cpu) / 1000).toFixed(0).padStart(6)} ms CPU ${millis.toFixed(0).padStart(6)} ms   ${one.metadata.name}`);
  }
  const read = async (url: string): Promise<void> => {
    const [cpu, began] = [await cpuMicros(pids), performance.now()];
    const size = await drain(await ask(admin, { method: 'GET', url }));
    console.log(`${url} ${(size / 2 ** 20).toFixed(1).padStart(6)} MB ${((await cpuMicros(pids) - cpu) / 1000).toFixed(0).padStart(6)} ms CPU ${(performance.now() - began).toFixed(0).padStart(6)} ms`);
  };
  for (const url of ['/openapi/v2', '/openapi/v2', '/openapi/v3', '/apis']) await read(url);
  const began = performance.now();
  await post(admin, DEFINITIONS, definition('lates', 'Late', { type: 'object', properties: { spec: { type: 'object' } } }));
  for (const url of ['/apis', '/openapi/v3', '/openapi/v2']) {
    while (!(await askText(admin, { method: 'GET', url })).includes(url === '/openapi/v2' ? 'com.example.bench.v1.Late' : GROUP)) await systemClock.sleep(2);
    console.log(`one more definition is told of in ${url} ${(performance.now() - began).toFixed(0)} ms after it was made`);
  }
}
