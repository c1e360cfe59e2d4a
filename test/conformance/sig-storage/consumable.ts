import type { Context } from '../framework/context.ts';
import { test, type TestCase } from '../framework/test-case.ts';
import {
  configMapSource, projectedConfigMapSource, projectedSecretSource, secretSource, type FileSource, type VolumeOptions,
} from './file-sources.ts';

interface Variant {
  /** What follows `should be consumable from pods in volume` in the codename. */
  readonly suffix: string;
  readonly volume?: VolumeOptions;
  /** Where the file is, below the mount. */
  readonly path?: string;
  readonly securityContext?: { readonly runAsUser: number; readonly fsGroup?: number };
  /** As `stat` prints it. */
  readonly mode: string;
}

const ITEM = { key: 'data-2', path: 'path/to/data-2' };
const NON_ROOT = { runAsUser: 1000 };
const NODE = '[NodeConformance] [Conformance]';
const LINUX = `[LinuxOnly] ${NODE}`;

const plain: Variant = { suffix: ` ${NODE}`, mode: '644' };
const nonRoot: Variant = { suffix: ` as non-root ${NODE}`, securityContext: NON_ROOT, mode: '644' };
const defaultMode: Variant = { suffix: ` with defaultMode set ${LINUX}`, volume: { defaultMode: 0o400 }, mode: '400' };
const mappings: Variant = { suffix: ` with mappings ${NODE}`, volume: { items: [ITEM] }, path: ITEM.path, mode: '644' };
const itemMode = (title: string): Variant =>
  ({ suffix: ` with mappings and ${title} set ${LINUX}`, volume: { items: [{ ...ITEM, mode: 0o400 }] }, path: ITEM.path, mode: '400' });
const mappedNonRoot: Variant = { ...mappings, suffix: ` with mappings as non-root ${NODE}`, securityContext: NON_ROOT };
const fsGroup: Variant = {
  suffix: ` as non-root with defaultMode and fsGroup set ${LINUX}`, volume: { defaultMode: 0o440 },
  securityContext: { runAsUser: 1000, fsGroup: 1001 }, mode: '440',
};

/** One label for each MUST of the description: some state two, some three. */
const LABELS = ['the volume shows the object', 'the mode is as asked', 'the content is read back'];

function consumable(source: FileSource, { suffix, volume, path = 'data-2', securityContext, mode }: Variant, musts: number): TestCase {
  const labels = LABELS.slice(0, musts);
  return test(`[sig-storage] ${source.title} should be consumable from pods in volume${suffix}`, { musts: labels }, async (t) => {
    const name = t.name('files');
    await source.create(t, name, { 'data-1': 'value-1', 'data-2': 'value-2' });
    const log = await t.pods.output({
      sh: `stat -L -c 'mode=%a' /etc/files/${path} && cat /etc/files/${path}`,
      container: { volumeMounts: [{ name: 'files', mountPath: '/etc/files', readOnly: true }] },
      spec: { volumes: [source.volume('files', name, volume)], ...(securityContext && { securityContext }) },
    });
    const facts = [log.includes('value-2'), log.includes(`mode=${mode}\n`), log.endsWith('value-2')];
    labels.forEach((label, i) => t.must(label, facts[i]!, log));
  });
}

function multiple(source: FileSource, { where, musts }: { where: string; musts: number }): TestCase {
  const labels = ['the object is readable at one path', 'and at the other'].slice(0, musts);
  return test(`[sig-storage] ${source.title} should be consumable in multiple volumes in ${where} ${NODE}`, { musts: labels }, async (t) => {
    const name = t.name('files');
    await source.create(t, name, { 'data-1': 'value-1' });
    const log = await t.pods.output({
      sh: 'echo "$(cat /etc/one/data-1)+$(cat /etc/two/data-1)"',
      container: { volumeMounts: [{ name: 'one', mountPath: '/etc/one' }, { name: 'two', mountPath: '/etc/two' }] },
      spec: { volumes: [source.volume('one', name), source.volume('two', name)] },
    });
    for (const label of labels) t.must(label, log === 'value-1+value-1\n', log);
  });
}

async function sameNameElsewhere(t: Context): Promise<void> {
  const name = t.name('files');
  const other = await t.makeNamespace(t.name('conformance-other'));
  await secretSource.create(t, name, { 'data-1': 'wrong' }, other);
  await secretSource.create(t, name, { 'data-1': 'right' });
  const log = await t.pods.output({
    sh: "stat -L -c 'mode=%a' /etc/files/data-1 && cat /etc/files/data-1",
    container: { volumeMounts: [{ name: 'files', mountPath: '/etc/files' }] },
    spec: { volumes: [secretSource.volume('files', name)] },
  });
  t.must("the pod reads its own namespace's secret", log.endsWith('right'), log);
  t.must('the mode is -rw-r--r--', log.startsWith('mode=644\n'), log);
}

export const consumableVolumes: readonly TestCase[] = [
  ...[plain, defaultMode, mappings, itemMode('Item mode')].map((variant) => consumable(configMapSource, variant, 3)),
  ...[nonRoot, mappedNonRoot].map((variant) => consumable(configMapSource, variant, 2)),
  multiple(configMapSource, { where: 'the same pod', musts: 2 }),
  ...[plain, defaultMode, fsGroup, mappings, itemMode('Item Mode')].map((variant) => consumable(secretSource, variant, 2)),
  multiple(secretSource, { where: 'a pod', musts: 1 }),
  test(`[sig-storage] Secrets should be able to mount in a volume regardless of a different secret existing with same name in different namespace ${NODE}`,
    { musts: ["the pod reads its own namespace's secret", 'the mode is -rw-r--r--'] }, sameNameElsewhere),
  ...[plain, nonRoot, defaultMode, mappings, itemMode('Item mode'), mappedNonRoot].map((variant) => consumable(projectedConfigMapSource, variant, 2)),
  multiple(projectedConfigMapSource, { where: 'the same pod', musts: 1 }),
  ...[plain, defaultMode, fsGroup, mappings, itemMode('Item Mode')].map((variant) => consumable(projectedSecretSource, variant, 2)),
  multiple(projectedSecretSource, { where: 'a pod', musts: 2 }),
];
