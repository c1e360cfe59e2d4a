import { expect, test } from 'vitest';
import { type Json, startApi, type TestApi } from '../../testing/start-api.ts';

const CLAIMS = '/api/v1/namespaces/default/persistentvolumeclaims';
const CLASSES = '/apis/storage.k8s.io/v1/storageclasses';
const REFUSED = 'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';

async function boundClaim(api: TestApi, storageClassName: string): Promise<Json> {
  const { body } = await api.request('POST', CLAIMS, {
    metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], storageClassName, volumeName: 'disk', resources: { requests: { storage: '1Gi' } } },
  });
  return (await api.request('PUT', `${CLAIMS}/data/status`, { ...body, status: { phase: 'Bound', capacity: { storage: '1Gi' } } })).body;
}
const grow = (api: TestApi, claim: Json, storage = '2Gi') => api.request('PUT', `${CLAIMS}/data`, { ...claim, spec: { ...claim.spec, resources: { requests: { storage } } } });

test.each([
  ['says so', { allowVolumeExpansion: true }, 200],
  ['says no', { allowVolumeExpansion: false }, 403],
  ['says nothing', {}, 403],
])('a claim may grow where its class %s: %o', async (_, parts, expected) => {
  await using api = await startApi();
  await api.request('POST', CLASSES, { metadata: { name: 'fast' }, provisioner: 'disk.example.com', ...parts });

  const { status, body } = await grow(api, await boundClaim(api, 'fast'));

  expect(status).toBe(expected);
  if (status !== 200) expect(body.message).toBe(`persistentvolumeclaims "data" is forbidden: ${REFUSED}`);
});

test('a claim of no class, or of one that is gone, does not grow; what else changes is let pass', async () => {
  await using api = await startApi();
  const claim = await boundClaim(api, '');

  expect((await grow(api, claim)).body.message).toBe(`persistentvolumeclaims "data" is forbidden: ${REFUSED}`);
  expect((await api.request('PUT', `${CLAIMS}/data`, { ...claim, metadata: { ...claim.metadata, labels: { a: 'b' } } })).status).toBe(200);
});
