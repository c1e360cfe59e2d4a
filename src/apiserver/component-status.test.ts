import { expect, test } from 'vitest';
import { startApi } from './testing/start-api.ts';

const PATH = '/api/v1/componentstatuses';

test('components tell how they are, all or one by one, as objects and as rows', async () => {
  await using api = await startApi();
  const { body } = await api.request('GET', PATH);
  const table = await api.request('GET', PATH, undefined, { headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' } });

  expect(body).toMatchObject({ kind: 'ComponentStatusList', items: [
    { metadata: { name: 'controller-manager' } }, { metadata: { name: 'scheduler' } },
    { metadata: { name: 'etcd-0' }, conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }] },
  ] });
  expect(table.body.rows.map(({ cells }: { cells: unknown[] }) => cells)).toEqual([
    ['controller-manager', 'Healthy', 'ok', ''], ['scheduler', 'Healthy', 'ok', ''], ['etcd-0', 'Healthy', 'ok', '']]);
  expect((await api.request('GET', `${PATH}/etcd-0`)).body).toMatchObject({ kind: 'ComponentStatus', metadata: { name: 'etcd-0' } });
  expect((await api.request('GET', `${PATH}?fieldSelector=metadata.name%3Dscheduler`)).body.items).toHaveLength(1);
  expect((await api.request('GET', `${PATH}/nobody`)).body.message).toBe('componentstatuses "nobody" not found');
  expect((await api.request('GET', PATH, undefined, { headers: { accept: 'application/vnd.kubernetes.protobuf' } })).headers['content-type']).toBe('application/vnd.kubernetes.protobuf');
});

test('a component elsewhere that no longer renews its lease is unhealthy', async () => {
  await using api = await startApi();
  const renewTime = new Date(api.clock.now() - 60_000).toISOString().replace('Z', '000Z');
  await api.request('POST', '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases', { metadata: { name: 'kube-scheduler' }, spec: { holderIdentity: 'a', leaseDurationSeconds: 15, renewTime } });
  expect((await api.request('GET', `${PATH}/scheduler`)).body.conditions).toEqual([{ type: 'Healthy', status: 'False', message: `its lease was last renewed at ${renewTime}` }]);
});
