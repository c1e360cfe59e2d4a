/** The layers of the house: which room may import which. Type imports count. The table is the rule; see CONTRIBUTING.md. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { expect, test } from 'vitest';

const SRC = join(import.meta.dirname, '..', 'src');
const LIBRARY = ['base', 'wire', 'meta', 'schema', 'cel', 'kinds', 'rules'];
const AGENT = [...LIBRARY, 'storage', 'client'];

const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  wire: ['base'],
  meta: ['base'],
  store: ['base'],
  schema: ['base', 'meta'],
  cel: ['base', 'meta', 'schema'],
  kinds: ['base', 'meta', 'schema', 'cel'],
  rules: ['base', 'meta', 'schema', 'cel', 'kinds'],
  client: LIBRARY,
  apiserver: [...LIBRARY, 'store'],
  storage: LIBRARY,
  controllers: AGENT,
  scheduler: AGENT,
  kubelet: AGENT,
  proxy: AGENT,
  network: AGENT,
  dns: AGENT,
  ingress: AGENT,
  simulate: AGENT,
  cli: AGENT,
  kit: [...LIBRARY, 'client', 'controllers', 'cluster'],
  dashboard: ['kinds'],
  cluster: [...AGENT, 'store', 'apiserver', 'controllers', 'scheduler', 'kubelet', 'proxy', 'network', 'dns', 'ingress', 'simulate', 'kit', 'cli'],
};

/** Rooms whose files others may import one by one; the rest only through their index.ts. */
const OPEN = new Set(LIBRARY);
/** Rooms that run wherever JavaScript runs. */
const NEUTRAL = ['base', 'wire', 'meta', 'schema', 'cel', 'kinds', 'rules', 'client', 'controllers', 'scheduler', 'apiserver', 'store'];
/** What in those rooms may touch node: modules all the same, and who may import it. */
const NODE_CORNERS = ['wire/node/', 'store/drivers/'];
const MAY_USE_WIRE_NODE = ['cluster', 'kubelet', 'proxy', 'network', 'storage', 'dns', 'ingress', 'store/drivers', 'wire/node', 'cli', 'kit'];

interface Import {
  readonly file: string;
  readonly target: string;
}

function sources(dir = SRC): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.tsx?$/.test(entry.name) ? [path] : [];
  });
}

const FROM = /(?:^|\n)\s*(?:import|export)\s[^;'"]*?from\s*['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)\s*import\s*['"]([^'"]+)['"]/g;

const imports: readonly Import[] = sources().flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(FROM)].map((match) => ({
    file: relative(SRC, file).split(sep).join('/'),
    target: (match[1] ?? match[2] ?? match[3])!,
  })),
);
const isTest = (file: string) => /\.test\.tsx?$|\/testing\//.test(file);
const product = imports.filter(({ file }) => !isTest(file));
const resolved = ({ file, target }: Import): string | undefined => {
  if (!target.startsWith('.')) return undefined;
  const path = normalize(join(dirname(file), target)).split(sep).join('/');
  return path.startsWith('..') ? undefined : path;
};
const roomOf = (path: string) => path.split('/')[0]!;

test('every room is in the table', () => {
  const rooms = readdirSync(SRC, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  expect(rooms.filter((room) => !(room in MAY_IMPORT))).toEqual([]);
});

test('no room imports one it may not know', () => {
  const wrong = product.filter((one) => {
    const to = resolved(one);
    if (to === undefined || roomOf(to) === roomOf(one.file)) return false;
    return !MAY_IMPORT[roomOf(one.file)]!.includes(roomOf(to));
  });
  expect(wrong).toEqual([]);
});

test('rooms outside the library are imported through their index.ts', () => {
  const wrong = product.filter((one) => {
    const to = resolved(one);
    if (to === undefined || roomOf(to) === roomOf(one.file) || OPEN.has(roomOf(to))) return false;
    if (roomOf(one.file) === 'cluster' && to.startsWith('store/drivers/')) return false;
    return to !== `${roomOf(to)}/index.ts` && to !== 'controllers/runtime/index.ts';
  });
  expect(wrong).toEqual([]);
});

test('the library, the client, the controllers, the scheduler and the API server know no node: modules', () => {
  const wrong = product.filter(({ file, target }) =>
    NEUTRAL.includes(roomOf(file)) && !NODE_CORNERS.some((corner) => file.startsWith(corner)) &&
    (target.startsWith('node:') || target === 'ws' || target.startsWith('@grpc/')));
  expect(wrong).toEqual([]);
});

test('wire/node is imported only where sockets are at home', () => {
  const wrong = product.filter((one) =>
    resolved(one)?.startsWith('wire/node/') && !MAY_USE_WIRE_NODE.some((place) => one.file.startsWith(`${place}/`)));
  expect(wrong).toEqual([]);
});
