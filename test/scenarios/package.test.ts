/** The package as npm hands it out: unpacked into somebody's project, compiled against and run there. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { must } from './testing/run.ts';

const ROOT = join(import.meta.dirname, '..', '..');
let project: string;
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'knarr-package-'));
  await must(process.execPath, [join(ROOT, 'scripts', 'declarations.mjs')]);
  const packed = JSON.parse(await must('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', project, ROOT])) as [{ filename: string }];
  const home = join(project, 'node_modules', 'knarr');
  await mkdir(home, { recursive: true });
  await must('tar', ['xzf', join(project, packed[0].filename), '-C', home, '--strip-components=1']);
  await writeFile(join(project, 'package.json'), '{ "name": "somebody", "type": "module" }');
  await writeFile(join(project, 'own.test.ts'), OWN);
});
afterAll(() => rm(project, { recursive: true, force: true }));

const OWN = `
import { ConfigMap, connectionOver, customResource, type KubeObject } from 'knarr/client';
import { defineController, finalized, schema, startOperator, definitionYaml, defineKind } from 'knarr/operator';
import { startCluster } from 'knarr/testing';

interface Widget extends KubeObject { readonly spec: { readonly size: number } }
const Widget = customResource<Widget>({ group: 'example.com', version: 'v1', kind: 'Widget', plural: 'widgets', scope: 'Namespaced' });
const Gadget = defineKind({ group: 'example.com', version: 'v1', kind: 'Gadget', plural: 'gadgets', scope: 'Cluster', package: 'own', spec: schema.object('own.GadgetSpec', { size: schema.int32().required() }) });

const cluster = await startCluster({ clock: 'manual' });
const controller = defineController({
  name: 'own', for: ConfigMap, when: ({ metadata }) => metadata.name === 'a',
  reconcile: finalized({ for: ConfigMap, finalizer: 'example.com/own', reconcile: async (map) => console.log('reconciled ' + map.metadata.name), finalize: async () => undefined }),
});
const operator = await startOperator({ client: cluster.client, informers: cluster.informers, clock: cluster.clock, controllers: [controller] });
await cluster.client.create(ConfigMap, { metadata: { name: 'a', namespace: 'default' } });
await cluster.clock.advance(1000);
const size = async (widget: Promise<Widget>): Promise<number> => (await widget).spec.size;
await size(cluster.client.get(Widget, 'w', { namespace: 'default' })).catch((error: Error) => console.log(error.message));
console.log(connectionOver(cluster.handler).namespace, definitionYaml(Gadget).split('\\n')[1]);
await operator[Symbol.asyncDispose]();
await cluster[Symbol.asyncDispose]();
`;

test('its program says who it is', async () => {
  expect(await must(process.execPath, [join(project, 'node_modules', 'knarr', 'bin', 'knarr.js'), 'version'])).toMatch(/knarr/i);
});

test('a project compiles against its types, mistakes and all', async () => {
  const compile = (file: string): Promise<string> => {
    const args = ['--ignoreConfig', '--noEmit', '--strict', '--target', 'es2023', '--lib', 'es2023,esnext.disposable', '--module', 'nodenext', '--types', 'node', '--typeRoots', join(ROOT, 'node_modules', '@types'), join(project, file)];
    return must(process.execPath, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), ...args]);
  };
  await compile('own.test.ts');
  await writeFile(join(project, 'wrong.ts'), "import { Pod, type Client } from 'knarr/client';\nexport const f = (client: Client) => client.create(Pod, { spec: { containers: 'none' } });\n");
  await expect(compile('wrong.ts')).rejects.toThrow(/Type 'string' is not assignable/);
});

test('a project runs a cluster and an operator of its own', async () => {
  const { build } = await import('esbuild');
  await build({ entryPoints: [join(project, 'own.test.ts')], outfile: join(project, 'own.test.js'), format: 'esm', target: 'node20' });
  const stdout = await must(process.execPath, [join(project, 'own.test.js')]);
  expect([...new Set(stdout.trim().split('\n'))]).toEqual(['reconciled a', expect.stringMatching(/not found/), 'default kind: CustomResourceDefinition']);
});
