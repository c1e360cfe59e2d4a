import type { Volume } from '../../../src/kinds/core/volume.ts';
import { Node } from '../../../src/kinds/core/node.ts';
import { Pod } from '../../../src/kinds/core/pod.ts';
import { amountOf } from '../../../src/rules/pod-resources.ts';
import type { DeepPartial } from '../../../src/meta/object.ts';
import { test, type TestCase } from '../framework/test-case.ts';

const NODE = '[NodeConformance] [Conformance]';
const SEEN_WITHIN = { seconds: 150 };
const mount = { volumeMounts: [{ name: 'info', mountPath: '/etc/info' }] };

interface Item {
  readonly path: string;
  readonly mode?: number;
  readonly fieldRef?: { readonly fieldPath: string };
  readonly resourceFieldRef?: { readonly containerName: string; readonly resource: string; readonly divisor?: string };
}

/** The two ways to have the same files. */
interface Style {
  readonly title: string;
  readonly volume: (items: readonly Item[], defaultMode?: number) => DeepPartial<Volume>;
}

const plain: Style = {
  title: 'Downward API volume',
  volume: (items, defaultMode) => ({ name: 'info', downwardAPI: { items, ...(defaultMode !== undefined && { defaultMode }) } }),
};
const projected: Style = {
  title: 'Projected downwardAPI',
  volume: (items, defaultMode) =>
    ({ name: 'info', projected: { sources: [{ downwardAPI: { items } }], ...(defaultMode !== undefined && { defaultMode }) } }),
};

const resources = { limits: { cpu: '1250m', memory: '64Mi' }, requests: { cpu: '250m', memory: '32Mi' } };

function ofResource({ title, volume }: Style, what: string, { resource, divisor, expected }: { resource: string; divisor: string; expected: string }): TestCase {
  const must = `the container reads its ${what}`;
  return test(`[sig-storage] ${title} should provide container's ${what} ${NODE}`, { musts: [must] }, async (t) => {
    const log = await t.pods.output({
      sh: 'cat /etc/info/value', container: { ...mount, resources },
      spec: { volumes: [volume([{ path: 'value', resourceFieldRef: { containerName: 'main', resource, divisor } }])] },
    });
    t.must(must, log.trim() === expected, log);
  });
}

function ofNode({ title, volume }: Style, resource: 'cpu' | 'memory', musts: readonly string[]): TestCase {
  return test(`[sig-storage] ${title} should provide node allocatable (${resource}) as default ${resource} limit if the limit is not set ${NODE}`, { musts }, async (t) => {
    const pod = await t.pods.create({
      sh: 'cat /etc/info/value', container: mount,
      spec: { volumes: [volume([{ path: 'value', resourceFieldRef: { containerName: 'main', resource: `limits.${resource}` } }])] },
    });
    const { spec } = await t.pods.untilEnded(pod.metadata.name);
    const log = await t.pods.log(pod.metadata.name);
    const node = await t.client.get(Node, spec.nodeName!);
    const allocatable = amountOf(resource, node.status.allocatable![resource]!);
    const expected = resource === 'cpu' ? Math.ceil(allocatable / 1000) : allocatable;
    const [readable, value] = [/^\d+$/.test(log.trim()), Number(log) === expected];
    if (musts.length === 2) t.must(musts[0]!, readable, log);
    t.must(musts.at(-1)!, value, `${log} for ${expected}`);
  });
}

function podName({ title, volume }: Style, how: 'podname only' | 'DefaultMode on files' | 'mode on item file'): TestCase {
  const must = "the container reads its pod's name";
  const [defaultMode, mode] = [how === 'DefaultMode on files' ? 0o400 : undefined, how === 'mode on item file' ? 0o400 : undefined];
  const codename = how === 'podname only'
    ? `[sig-storage] ${title} should provide podname only ${NODE}` : `[sig-storage] ${title} should set ${how} [LinuxOnly] ${NODE}`;
  return test(codename, { musts: [must] }, async (t) => {
    const name = t.name('named');
    const item = { path: 'name', fieldRef: { fieldPath: 'metadata.name' }, ...(mode !== undefined && { mode }) };
    const log = await t.pods.output({
      name, sh: "stat -L -c 'mode=%a' /etc/info/name && cat /etc/info/name", container: mount, spec: { volumes: [volume([item], defaultMode)] },
    });
    t.must(must, log === `mode=${how === 'podname only' ? '644' : '400'}\n${name}`, log);
  });
}

function follows({ title, volume }: Style, field: 'labels' | 'annotations'): TestCase {
  const musts = [`the container reads the ${field}`, 'and, after a change, the new ones'];
  return test(`[sig-storage] ${title} should update ${field} on modification ${NODE}`, { musts, timeoutSeconds: 300 }, async (t) => {
    const pod = await t.pods.running({
      [field]: { builder: 'bar' }, container: mount, spec: { volumes: [volume([{ path: 'value', fieldRef: { fieldPath: `metadata.${field}` } }])] },
    });
    const { name } = pod.metadata;
    const read = () => t.pods.sh(name, 'cat /etc/info/value');
    t.must(musts[0]!, (await read()).includes('builder="bar"'));
    const patch = { type: 'merge', body: { metadata: { [field]: { builder: 'foo' } } } } as const;
    await t.client.patch(Pod, name, patch, { namespace: t.namespace });
    t.must(musts[1]!, await t.eventually('the file has the new value', async () => (await read()).includes('builder="foo"'), SEEN_WITHIN));
  });
}

const TWO = (resource: string) => [`the container reads its ${resource} limit`, `it is the node's allocatable ${resource}`];
const ONE = (resource: string) => [`the container reads the node's allocatable ${resource}`];

export const downwardVolumes: readonly TestCase[] = [plain, projected].flatMap((style) => [
  ofResource(style, 'cpu limit', { resource: 'limits.cpu', divisor: '1m', expected: '1250' }),
  ofResource(style, 'cpu request', { resource: 'requests.cpu', divisor: '1m', expected: '250' }),
  ofResource(style, 'memory limit', { resource: 'limits.memory', divisor: '1Mi', expected: '64' }),
  ofResource(style, 'memory request', { resource: 'requests.memory', divisor: '1Mi', expected: '32' }),
  ofNode(style, 'cpu', (style === plain ? TWO : ONE)('cpu')),
  ofNode(style, 'memory', (style === plain ? TWO : ONE)('memory')),
  podName(style, 'podname only'),
  podName(style, 'DefaultMode on files'),
  podName(style, 'mode on item file'),
  follows(style, 'labels'),
  follows(style, 'annotations'),
]);
