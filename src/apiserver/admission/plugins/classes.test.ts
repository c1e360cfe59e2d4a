import { expect, test } from 'vitest';
import { ManualClock } from '../../../base/clock.ts';
import { type Json, startApi, type TestApi } from '../../testing/start-api.ts';

const STORAGE = '/apis/storage.k8s.io/v1/storageclasses';
const INGRESS = '/apis/networking.k8s.io/v1/ingressclasses';
const CLAIMS = '/api/v1/namespaces/default/persistentvolumeclaims';
const INGRESSES = '/apis/networking.k8s.io/v1/namespaces/default/ingresses';
const PODS = '/api/v1/namespaces/default/pods';
const RUNTIMES = '/apis/node.k8s.io/v1/runtimeclasses';

const storageClass = (name: string, isDefault?: string) => ({ metadata: { name, ...(isDefault ? { annotations: { 'storageclass.kubernetes.io/is-default-class': isDefault } } : {}) }, provisioner: 'x.example.com' });
const claim = async (api: TestApi, more: object = {}, annotations: object = {}): Promise<string | undefined> => {
  const { body } = await api.request('POST', CLAIMS, { metadata: { generateName: 'c-', annotations }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...more } });
  return body.spec.storageClassName as string | undefined;
};

test('a claim gets the default class unless it says which, or none; of several defaults the youngest', async () => {
  const clock = new ManualClock();
  await using api = await startApi({ clock });
  expect(await claim(api)).toBeUndefined();
  await api.request('POST', STORAGE, storageClass('plain'));
  await api.request('POST', STORAGE, storageClass('old', 'true'));
  expect([await claim(api), await claim(api, { storageClassName: '' }), await claim(api, { storageClassName: 'plain' })]).toEqual(['old', '', 'plain']);
  expect(await claim(api, {}, { 'volume.beta.kubernetes.io/storage-class': 'plain' })).toBeUndefined();
  await clock.advance(5_000);
  await api.request('POST', STORAGE, storageClass('young', 'true'));
  await api.request('POST', STORAGE, storageClass('also-young', 'true'));
  expect(await claim(api)).toBe('also-young');
});

test('an Ingress gets the default class unless it names one, by field or in the old way', async () => {
  await using api = await startApi();
  await api.request('POST', INGRESS, { metadata: { name: 'main', annotations: { 'ingressclass.kubernetes.io/is-default-class': 'true' } }, spec: { controller: 'example.com/c' } });
  const made = async (spec: object, annotations: object = {}) => {
    const { body } = await api.request('POST', INGRESSES, { metadata: { generateName: 'i-', annotations }, spec: { defaultBackend: { service: { name: 's', port: { number: 80 } } }, ...spec } });
    return body.spec.ingressClassName as string | undefined;
  };
  expect([await made({}), await made({ ingressClassName: 'other' }), await made({}, { 'kubernetes.io/ingress.class': 'nginx' })]).toEqual(['main', 'other', undefined]);
});

const account = (api: TestApi) => api.request('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
const pod = (spec: object): Json => ({ metadata: { generateName: 'p-' }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } });

test('a pod costs what its runtime takes and goes where it is known', async () => {
  await using api = await startApi();
  await account(api);
  const scheduling = { nodeSelector: { kata: 'yes' }, tolerations: [{ key: 'kata', operator: 'Exists' }] };
  await api.request('POST', RUNTIMES, { metadata: { name: 'kata' }, handler: 'kata', overhead: { podFixed: { memory: '1Gi' } }, scheduling });

  const { body } = await api.request('POST', PODS, pod({ runtimeClassName: 'kata', nodeSelector: { disk: 'ssd' }, tolerations: scheduling.tolerations }));
  expect(body.spec).toMatchObject({ overhead: { memory: '1Gi' }, nodeSelector: { disk: 'ssd', kata: 'yes' } });
  expect(body.spec.tolerations.filter(({ key }: { key: string }) => key === 'kata')).toHaveLength(1);
  expect((await api.request('POST', PODS, pod({ runtimeClassName: 'kata', overhead: { memory: '1024Mi' } }))).status).toBe(201);
});

test.each([
  [{ runtimeClassName: 'none' }, 'RuntimeClass "none" not found'],
  [{ runtimeClassName: 'kata', overhead: { memory: '2Gi' } }, "Pod's Overhead doesn't match RuntimeClass's defined Overhead"],
  [{ runtimeClassName: 'runc', overhead: { memory: '2Gi' } }, 'Pod Overhead set without corresponding RuntimeClass defined Overhead'],
  [{ overhead: { memory: '2Gi' } }, 'Pod Overhead set without corresponding RuntimeClass defined Overhead'],
  [{ runtimeClassName: 'kata', nodeSelector: { kata: 'no' } }, 'conflict: runtimeClass.scheduling.nodeSelector[kata] = yes; pod.spec.nodeSelector[kata] = no'],
])('a pod at odds with its runtime is refused: %j', async (spec, why) => {
  await using api = await startApi();
  await account(api);
  await api.request('POST', RUNTIMES, { metadata: { name: 'kata' }, handler: 'kata', overhead: { podFixed: { memory: '1Gi' } }, scheduling: { nodeSelector: { kata: 'yes' } } });
  await api.request('POST', RUNTIMES, { metadata: { name: 'runc' }, handler: 'runc' });

  const { status, body } = await api.request('POST', PODS, { ...pod(spec), metadata: { name: 'p' } });

  expect([status, body.message]).toEqual([403, `pods "p" is forbidden: pod rejected: ${why}`]);
});
