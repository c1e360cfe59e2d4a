import { expect, test } from 'vitest';
import { startApi } from '../testing/start-api.ts';
import { identityOf } from './identity-lease.ts';

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';

test('a server says that it lives, under a name made of its host\'s', async () => {
  await using api = await startApi({ config: { hostname: 'master-1' } });
  const name = await identityOf('master-1');
  const first = (await api.request('GET', `${LEASES}/${name}`)).body;
  await api.clock.advance(10_000);
  const renewed = (await api.request('GET', `${LEASES}/${name}`)).body;

  expect(name).toMatch(/^apiserver-[a-z2-7]{26}$/);
  expect(first.metadata.labels).toEqual({ 'apiserver.kubernetes.io/identity': 'kube-apiserver', 'kubernetes.io/hostname': 'master-1' });
  expect(first.spec).toMatchObject({ holderIdentity: expect.stringMatching(new RegExp(`^${name}_`)), leaseDurationSeconds: 3600 });
  expect(Date.parse(renewed.spec.renewTime) - Date.parse(first.spec.renewTime)).toBe(10_000);
});

test('leases of servers long gone are taken away, others are not', async () => {
  await using api = await startApi({ config: { hostname: 'master-1' } });
  const lease = (name: string, labels: object) => api.request('POST', LEASES, {
    metadata: { name, labels }, spec: { holderIdentity: name, leaseDurationSeconds: 60, renewTime: '2020-01-01T00:00:00.000000Z' },
  });
  await lease('apiserver-old', { 'apiserver.kubernetes.io/identity': 'kube-apiserver' });
  await lease('other', {});
  await api.clock.advance(3_600_001);

  const { items } = (await api.request('GET', LEASES)).body;
  expect(items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)).toEqual([await identityOf('master-1'), 'other']);
});

test('default/kubernetes and the way to authenticate callers come back', async () => {
  await using api = await startApi({ config: { advertise: { address: '192.0.2.1', port: 6443 } } });
  const paths = ['/api/v1/namespaces/default/services/kubernetes', '/api/v1/namespaces/default/endpoints/kubernetes', '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication'];
  for (const path of paths) await api.request('DELETE', path);
  await api.clock.advance(2000);

  expect(await Promise.all(paths.map(async (path) => (await api.request('GET', path)).status))).toEqual([200, 200, 200]);
});
