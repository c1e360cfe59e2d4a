import type { Volume } from '../../../src/kinds/core/volume.ts';
import type { DeepPartial } from '../../../src/meta/object.ts';
import type { Context } from '../framework/context.ts';
import { test, type TestCase } from '../framework/test-case.ts';
import { configMapSource, projectedConfigMapSource, secretSource, type FileSource } from './file-sources.ts';

const MUST = 'the container reads the one file its subPath names';
const codename = (what: string) => `[sig-storage] Subpath Atomic writer volumes should support subpaths with ${what} [LinuxOnly] [Conformance]`;

async function readsSubpath(t: Context, volume: DeepPartial<Volume>, { subPath, mountPath, text }: { subPath: string; mountPath: string; text: string }): Promise<void> {
  const log = await t.pods.output({
    name: `reads-${t.namespace}`, sh: `cat ${mountPath}`,
    container: { volumeMounts: [{ name: 'files', mountPath, subPath }] },
    spec: { volumes: [volume] },
  });
  t.must(MUST, log === text, log);
}

function ofSource(source: FileSource, what: string, mountPath = '/files/one'): TestCase {
  return test(codename(what), { musts: [MUST] }, async (t) => {
    const name = t.name('files');
    await source.create(t, name, { 'data-1': 'value-1', 'data-2': 'value-2' });
    await readsSubpath(t, source.volume('files', name), { subPath: 'data-2', mountPath, text: 'value-2' });
  });
}

const downward = test(codename('downward pod'), { musts: [MUST] }, async (t) => {
  const items = [{ path: 'info/name', fieldRef: { fieldPath: 'metadata.name' } }];
  await readsSubpath(t, { name: 'files', downwardAPI: { items } }, { subPath: 'info/name', mountPath: '/files/one', text: `reads-${t.namespace}` });
});

export const subpaths: readonly TestCase[] = [
  ofSource(configMapSource, 'configmap pod'),
  ofSource(configMapSource, 'configmap pod with mountPath of existing file', '/etc/group'),
  ofSource(secretSource, 'secret pod'),
  ofSource(projectedConfigMapSource, 'projected pod'),
  downward,
];
