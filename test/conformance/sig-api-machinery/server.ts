import { readObject } from '../../../src/client/index.ts';
import { Namespace } from '../../../src/kinds/core/namespace.ts';
import { Pod } from '../../../src/kinds/core/pod.ts';
import { Service } from '../../../src/kinds/core/service.ts';
import { isApiError } from '../../../src/meta/api-error.ts';
import { check } from '../framework/assert.ts';
import type { Context } from '../framework/context.ts';
import { test, type TestCase } from '../framework/test-case.ts';

const getJson = async <T>(t: Context, url: string): Promise<T> => readObject<T>(await t.client.request({ method: 'GET', url, signal: t.signal }));

const version = test('[sig-api-machinery] server version should find the server version [Conformance]', { musts: ['major and minor are integers'] }, async (t) => {
  const { major, minor } = await getJson<{ major: string; minor: string }>(t, '/version');
  t.must('major and minor are integers', /^\d+$/.test(major) && /^\d+$/.test(minor), `${major}.${minor}`);
});

interface Groups {
  readonly groups: readonly { readonly name: string; readonly versions: readonly { groupVersion: string }[]; readonly preferredVersion: { groupVersion: string } }[];
}
const preferred = test('[sig-api-machinery] Discovery should validate PreferredVersion for each APIGroup [Conformance]', { musts: ['each group prefers one of its versions'] }, async (t) => {
  const { groups } = await getJson<Groups>(t, '/apis');
  check(groups.length > 0, 'there are groups');
  for (const { name } of groups.filter((group) => !group.name.endsWith('.example.com'))) {
    const group = await getJson<Groups['groups'][number]>(t, `/apis/${name}`);
    const known = group.versions.some(({ groupVersion }) => groupVersion === group.preferredVersion.groupVersion);
    t.must('each group prefers one of its versions', known, name);
  }
});

/** A review is made, not stored: it has no metadata, and so no table. */
const table = test('[sig-api-machinery] Servers with support for Table transformation should return a 406 for a backend which does not implement metadata [Conformance]',
  { musts: ['the answer is 406'] }, async (t) => {
    const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { nonResourceAttributes: { path: '/', verb: 'get' } } };
    const headers = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io', 'content-type': 'application/json' };
    const bytes = new TextEncoder().encode(JSON.stringify(body));
    const code = await t.client.request({
      method: 'POST', url: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', headers, body: { type: 'bytes', bytes }, signal: t.signal,
    }).then(({ status }) => status, (error: unknown) => (isApiError(error) ? error.code : Promise.reject(error)));
    t.must('the answer is 406', code === 406, String(code));
  });

async function emptied(t: Context, fill: (namespace: string) => Promise<unknown>, left: (namespace: string) => Promise<number>): Promise<void> {
  const name = await t.makeNamespace(t.name('conformance-emptied'));
  await fill(name);
  await t.client.delete(Namespace, name);
  await t.gone(`namespace ${name}`, () => t.client.get(Namespace, name), { seconds: 120 });
  check((await left(name)) === 0, 'nothing is left of it');
  await t.makeNamespace(name);
  check((await left(name)) === 0, 'a new one of that name is empty');
}

const removesPods = test('[sig-api-machinery] Namespaces [Serial] should ensure that all pods are removed when a namespace is deleted [Conformance]', { timeoutSeconds: 300 }, async (t) => {
  await emptied(t, (namespace) => t.pods.create({ name: 'test-pod', namespace }), async (namespace) => (await t.client.list(Pod, { namespace })).items.length);
});

const removesServices = test('[sig-api-machinery] Namespaces [Serial] should ensure that all services are removed when a namespace is deleted [Conformance]', { timeoutSeconds: 300 }, async (t) => {
  const service = { metadata: { name: 'test-service' }, spec: { selector: { foo: 'bar' }, ports: [{ port: 80 }] } };
  await emptied(t, (namespace) => t.client.create(Service, service, { namespace }), async (namespace) => (await t.client.list(Service, { namespace })).items.length);
});

const patchesNamespace = test('[sig-api-machinery] Namespaces [Serial] should patch a Namespace [Conformance]', { musts: ['the namespace has the new label'] }, async (t) => {
  await t.client.patch(Namespace, t.namespace, { type: 'strategic', body: { metadata: { labels: { testLabel: 'testValue' } } } });
  const { metadata } = await t.client.get(Namespace, t.namespace);
  t.must('the namespace has the new label', metadata.labels?.testLabel === 'testValue');
});

export const server: readonly TestCase[] = [version, preferred, table, removesPods, removesServices, patchesNamespace];
