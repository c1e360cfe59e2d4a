import { Secret } from '../../../src/kinds/core/secret.ts';
import { refused } from '../framework/assert.ts';
import { test, type TestCase } from '../framework/test-case.ts';

const NODE = '[NodeConformance] [Conformance]';
const encode = (text: string): string => Buffer.from(text).toString('base64');

const oneVariable = test(`[sig-api-machinery] Secrets should be consumable from pods in env vars ${NODE}`, { musts: ['the container sees the value'] }, async (t) => {
  const name = t.name('secret');
  await t.client.create(Secret, { metadata: { name, namespace: t.namespace }, data: { 'data-1': encode('value-1') } });
  const env = [{ name: 'SECRET_DATA', valueFrom: { secretKeyRef: { name, key: 'data-1' } } }];
  const log = await t.pods.output({ sh: 'env', container: { env } });
  t.must('the container sees the value', log.includes('SECRET_DATA=value-1\n'), log);
});

const wholeSecret = test(`[sig-api-machinery] Secrets should be consumable via the environment ${NODE}`, { musts: ['the container sees every value'] }, async (t) => {
  const name = t.name('secret');
  await t.client.create(Secret, { metadata: { name, namespace: t.namespace }, data: { data_1: encode('value-1'), data_2: encode('value-2') } });
  const envFrom = [{ secretRef: { name } }, { prefix: 'p_', secretRef: { name } }];
  const log = await t.pods.output({ sh: 'env', container: { envFrom } });
  const wanted = ['data_1=value-1', 'data_2=value-2', 'p_data_1=value-1', 'p_data_2=value-2'];
  t.must('the container sees every value', wanted.every((line) => log.split('\n').includes(line)), log);
});

const emptyKey = test('[sig-api-machinery] Secrets should fail to create secret due to empty secret key [Conformance]', { musts: ['it is refused'] }, async (t) => {
  await refused(t.client.create(Secret, { metadata: { name: t.name('empty'), namespace: t.namespace }, data: { '': encode('value-1') } }), 'an empty key', 'Invalid');
  t.must('it is refused', true);
});

const PATCH = ['before, a list finds none', 'the patched fields have their new values', 'after deletion a list finds none'];
const patched = test('[sig-api-machinery] Secrets should patch a secret [Conformance]', { musts: PATCH }, async (t) => {
  const at = { namespace: t.namespace };
  const label = t.name('static');
  const listed = async () => (await t.client.list(Secret, { labelSelector: `testsecret=${label}` })).items;
  t.must(PATCH[0]!, (await listed()).length === 0);
  const name = t.name('secret');
  await t.client.create(Secret, { metadata: { name, labels: { testsecret: label } }, type: 'Opaque', data: { key: encode('value') } }, at);
  await t.client.patch(Secret, name, { type: 'strategic', body: { metadata: { labels: { patched: 'true' } }, data: { key: encode('value1') } } }, at);
  const { data, metadata } = await t.client.get(Secret, name, at);
  t.must(PATCH[1]!, data?.key === encode('value1') && metadata.labels?.patched === 'true' && (await listed()).length === 1);
  await t.client.deleteCollection(Secret, { ...at, labelSelector: `testsecret=${label}` });
  t.must(PATCH[2]!, (await listed()).every((one) => one.metadata.name !== name));
});

export const secrets: readonly TestCase[] = [oneVariable, wholeSecret, emptyKey, patched];
