import { ConfigMap } from '../../../src/kinds/core/config-map.ts';
import { refused } from '../framework/assert.ts';
import { test, type TestCase } from '../framework/test-case.ts';

const NODE = '[NodeConformance] [Conformance]';

const oneVariable = test(`[sig-node] ConfigMap should be consumable via environment variable ${NODE}`, { musts: ['the container sees the value'] }, async (t) => {
  const name = t.name('env');
  await t.client.create(ConfigMap, { metadata: { name, namespace: t.namespace }, data: { 'data-1': 'value-1' } });
  const env = [{ name: 'CONFIG_DATA_1', valueFrom: { configMapKeyRef: { name, key: 'data-1' } } }];
  const log = await t.pods.output({ sh: 'env', container: { env } });
  t.must('the container sees the value', log.includes('CONFIG_DATA_1=value-1\n'), log);
});

const wholeMap = test(`[sig-node] ConfigMap should be consumable via the environment ${NODE}`, { musts: ['the container sees every value'] }, async (t) => {
  const name = t.name('env');
  await t.client.create(ConfigMap, { metadata: { name, namespace: t.namespace }, data: { data_1: 'value-1', data_2: 'value-2' } });
  const envFrom = [{ configMapRef: { name } }, { prefix: 'p_', configMapRef: { name } }];
  const log = await t.pods.output({ sh: 'env', container: { envFrom } });
  const wanted = ['data_1=value-1', 'data_2=value-2', 'p_data_1=value-1', 'p_data_2=value-2'];
  t.must('the container sees every value', wanted.every((line) => log.split('\n').includes(line)), log);
});

const emptyKey = test('[sig-node] ConfigMap should fail to create ConfigMap with empty key [Conformance]', { musts: ['it is refused'] }, async (t) => {
  await refused(t.client.create(ConfigMap, { metadata: { name: t.name('empty'), namespace: t.namespace }, data: { '': 'value-1' } }), 'an empty key', 'Invalid');
  t.must('it is refused', true);
});

const LIFECYCLE = ['what is read has the change', 'a list over all namespaces finds it by its label'];
const lifecycle = test('[sig-node] ConfigMap should run through a ConfigMap lifecycle [Conformance]', { musts: LIFECYCLE }, async (t) => {
  const at = { namespace: t.namespace };
  const label = t.name('static');
  const name = t.name('map');
  await t.client.create(ConfigMap, { metadata: { name, labels: { static: label } }, data: { valueName: 'value' } }, at);
  await t.client.patch(ConfigMap, name, { type: 'strategic', body: { metadata: { labels: { static: label, patched: 'true' } }, data: { valueName: 'value1' } } }, at);
  const { data, metadata } = await t.client.get(ConfigMap, name, at);
  t.must(LIFECYCLE[0]!, data?.valueName === 'value1' && metadata.labels?.patched === 'true');
  const { items } = await t.client.list(ConfigMap, { labelSelector: `static=${label}` });
  t.must(LIFECYCLE[1]!, items.length === 1 && items[0]!.data?.valueName === 'value1');
  await t.client.deleteCollection(ConfigMap, { ...at, labelSelector: `static=${label}` });
  await t.gone('the config map', () => t.client.get(ConfigMap, name, at));
});

export const configMaps: readonly TestCase[] = [oneVariable, wholeMap, emptyKey, lifecycle];
