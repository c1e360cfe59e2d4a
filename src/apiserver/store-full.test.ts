import { expect, test } from 'vitest';
import { memoryDriver, StoreFull } from '../store/index.ts';
import { startApi } from './testing/start-api.ts';

test('a write to a full store is refused in upstream\'s words, and works once there is room', async () => {
  const driver = memoryDriver();
  await using api = await startApi({ driver });
  const commit = driver.commit.bind(driver);
  driver.commit = () => Promise.reject(new StoreFull(new Error('ENOSPC')));
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } };
  const refused = await api.request('POST', '/api/v1/namespaces/default/configmaps', configMap);
  expect([refused.status, refused.body.status, refused.body.message, refused.body.reason]).toEqual([500, 'Failure', 'etcdserver: mvcc: database space exceeded', undefined]);
  driver.commit = commit;
  expect((await api.request('POST', '/api/v1/namespaces/default/configmaps', configMap)).status).toBe(201);
});
