import { ConfigMap } from '../../../src/kinds/core/config-map.ts';
import { test, type TestCase } from '../framework/test-case.ts';
import { configMapSource, projectedConfigMapSource, projectedSecretSource, secretSource, type FileSource } from './file-sources.ts';

const NODE = '[NodeConformance] [Conformance]';
/** A kubelet looks at its volumes once a minute, and its caches may be as old again. */
const SEEN_WITHIN = { seconds: 150 };

function updates(source: FileSource): TestCase {
  const [before, after] = ['the pod reads the first value', 'the pod reads the updated value'];
  return test(`[sig-storage] ${source.title} updates should be reflected in volume ${NODE}`, { musts: [before!, after!], timeoutSeconds: 300 }, async (t) => {
    const name = t.name('files');
    await source.create(t, name, { 'data-1': 'value-1' });
    const pod = await t.pods.running({
      container: { volumeMounts: [{ name: 'files', mountPath: '/etc/files' }] }, spec: { volumes: [source.volume('files', name)] },
    });
    const read = () => t.pods.sh(pod.metadata.name, 'cat /etc/files/data-1');
    t.must(before!, (await read()) === 'value-1');

    await source.update(t, name, { 'data-1': 'value-2' });
    t.must(after!, await t.eventually('the file has the new value', async () => (await read()) === 'value-2', SEEN_WITHIN));
  });
}

const OPTIONAL = [
  'a secret that is not there leaves its volume empty', 'those that are there are readable', 'one made later appears',
  'an updated one changes', 'a deleted one disappears',
];

/** A pod with three optional sources: one made, one changed, one removed while it runs. */
function optionalUpdates(source: FileSource, musts: readonly string[]): TestCase {
  return test(`[sig-storage] ${source.title} optional updates should be reflected in volume ${NODE}`, { musts, timeoutSeconds: 400 }, async (t) => {
    const [made, changed, removed] = [t.name('made'), t.name('changed'), t.name('removed')];
    await source.create(t, changed, { 'data-1': 'value-1' });
    await source.create(t, removed, { 'data-1': 'value-1' });
    const mounts = ['made', 'changed', 'removed'];
    const pod = await t.pods.running({
      container: { volumeMounts: mounts.map((name) => ({ name, mountPath: `/etc/${name}` })) },
      spec: { volumes: [
        source.volume('made', made, { optional: true }), source.volume('changed', changed, { optional: true }),
        source.volume('removed', removed, { optional: true }),
      ] },
    });
    const read = (volume: string) => t.pods.sh(pod.metadata.name, `cat /etc/${volume}/* 2>/dev/null || echo none`);
    const becomes = (volume: string, text: string) =>
      t.eventually(`${volume} shows ${text}`, async () => (await read(volume)).trim() === text, SEEN_WITHIN);
    const at = async (i: number, ok: Promise<boolean>) => musts[i] === undefined ? void (await ok) : t.must(musts[i], await ok);
    const five = musts.length === 5;

    if (five) t.must(musts[0]!, (await read('made')).trim() === 'none');
    t.must(musts[five ? 1 : 0]!, (await read('changed')) === 'value-1' && (await read('removed')) === 'value-1');

    await source.create(t, made, { 'data-1': 'value-1' });
    await source.update(t, changed, { 'data-1': 'value-2' });
    await source.delete(t, removed);
    const appeared = becomes('made', 'value-1');
    if (five) await at(2, appeared);
    else await appeared;
    await at(five ? 3 : 1, becomes('changed', 'value-2'));
    await at(five ? 4 : 2, becomes('removed', 'none'));
  });
}

const binary = test(`[sig-storage] ConfigMap binary data should be reflected in volume ${NODE}`,
  { musts: ['text and binary data are there', 'both read back as they were'] }, async (t) => {
    const name = t.name('files');
    const bytes = Buffer.from([0xde, 0xca, 0xfe, 0xba, 0xd0, 0xfe, 0xff]);
    const binaryData = { 'dump.bin': bytes.toString('base64') };
    await t.client.create(ConfigMap, { metadata: { name, namespace: t.namespace }, data: { 'data-1': 'value-1' }, binaryData });
    const log = await t.pods.output({
      sh: 'ls /etc/files | xargs; cat /etc/files/data-1; echo; base64 /etc/files/dump.bin',
      container: { volumeMounts: [{ name: 'files', mountPath: '/etc/files' }] },
      spec: { volumes: [configMapSource.volume('files', name)] },
    });
    const [names, text, base64] = log.trim().split('\n');
    t.must('text and binary data are there', names === 'data-1 dump.bin', log);
    t.must('both read back as they were', text === 'value-1' && base64 === binaryData['dump.bin'], log);
  });

const THREE = ['those that are there are readable', 'an updated one changes', 'a deleted one disappears'];

export const volumeUpdates: readonly TestCase[] = [
  binary,
  updates(configMapSource), updates(projectedConfigMapSource),
  optionalUpdates(configMapSource, THREE), optionalUpdates(secretSource, OPTIONAL),
  optionalUpdates(projectedConfigMapSource, OPTIONAL), optionalUpdates(projectedSecretSource, OPTIONAL),
];
