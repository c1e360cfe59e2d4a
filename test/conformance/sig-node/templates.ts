import { PodTemplate } from '../../../src/kinds/core/pod-template.ts';
import { RuntimeClass } from '../../../src/kinds/node/runtime-class.ts';
import { apiOperations } from '../framework/api-operations.ts';
import type { Context } from '../framework/context.ts';
import { test, type TestCase } from '../framework/test-case.ts';

const template = (t: Context, name: string, labels: Readonly<Record<string, string>>) => ({
  metadata: { name, labels },
  template: { spec: { containers: [{ name: 'nginx', image: 'nginx' }] } },
});

const COLLECTION = ['all are listed by their label', 'after deletion none is'];
const collection = test('[sig-node] PodTemplates should delete a collection of pod templates [Conformance]', { musts: COLLECTION }, async (t) => {
  const at = { namespace: t.namespace };
  const labels = { 'podtemplate-set': 'true' };
  await Promise.all([1, 2, 3].map((i) => t.client.create(PodTemplate, template(t, `test-podtemplate-${i}`, labels), at)));
  const listed = async () => (await t.client.list(PodTemplate, { ...at, labelSelector: 'podtemplate-set=true' })).items.length;
  t.must(COLLECTION[0]!, (await listed()) === 3);
  await t.client.deleteCollection(PodTemplate, { ...at, labelSelector: 'podtemplate-set=true' });
  t.must(COLLECTION[1]!, await t.eventually('none is left', async () => (await listed()) === 0));
});

const LIFECYCLE = ['what is read has the change', 'a list over all namespaces finds it by its label', 'it is deleted'];
const lifecycle = test('[sig-node] PodTemplates should run the lifecycle of PodTemplates [Conformance]', { musts: LIFECYCLE.slice(0, 2) }, async (t) => {
  const at = { namespace: t.namespace };
  const label = t.name('static');
  const name = t.name('template');
  await t.client.create(PodTemplate, template(t, name, { static: label }), at);
  await t.client.patch(PodTemplate, name, { type: 'strategic', body: { metadata: { labels: { podtemplate: 'patched' } } } }, at);
  const { metadata } = await t.client.get(PodTemplate, name, at);
  t.must(LIFECYCLE[0]!, metadata.labels?.podtemplate === 'patched');
  const { items } = await t.client.list(PodTemplate, { labelSelector: `static=${label}` });
  t.must(LIFECYCLE[1]!, items.length === 1);
  await t.client.delete(PodTemplate, name, at);
  await t.gone('the template', () => t.client.get(PodTemplate, name, at));
});

const runtimeClasses = apiOperations('[sig-node] RuntimeClass  should support RuntimeClasses API operations [Conformance]', RuntimeClass, {
  object: (name, labels) => ({ metadata: { name, labels }, handler: 'runc' }),
});

export const templates: readonly TestCase[] = [collection, lifecycle, runtimeClasses];
