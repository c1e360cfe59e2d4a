import { expect, test } from 'vitest';
import { startApi } from '../../apiserver/testing/start-api.ts';
import { createClient } from '../../client/index.ts';
import { Service } from '../../kinds/core/service.ts';
import { ClusterRole } from '../../kinds/rbac/cluster-role.ts';
import { builtinKinds } from '../../kinds/index.ts';
import { DNS_NAMESPACE, DNS_SERVICE, ensureClusterObjects } from './cluster-objects.ts';

test('a control plane that starts again finds what it made before, and changes nothing', async () => {
  await using api = await startApi({ kinds: builtinKinds });
  const client = createClient(api.server.handler, { user: { username: 'test', groups: ['system:masters'] } });
  const settings = { dnsIp: '10.96.0.10' };
  await ensureClusterObjects(client, settings);
  const service = () => client.get(Service, DNS_SERVICE, { namespace: DNS_NAMESPACE });
  const before = await service();
  expect(before.spec.clusterIP).toBe('10.96.0.10');

  await ensureClusterObjects(client, settings);
  expect(await service()).toEqual(before);
});

test('rights that an earlier version did not need are given to a cluster that it made, unless somebody said not to', async () => {
  await using api = await startApi({ kinds: builtinKinds });
  const client = createClient(api.server.handler, { user: { username: 'test', groups: ['system:masters'] } });
  const settings = { dnsIp: '10.96.0.10' };
  const role = () => client.get(ClusterRole, 'system:knarr:agent');
  const own = { apiGroups: ['example.com'], resources: ['things'], verbs: ['get'] };
  await client.create(ClusterRole, { metadata: { name: 'system:knarr:agent' }, rules: [own] });
  await ensureClusterObjects(client, settings);
  const { rules } = await role();
  expect(rules).toContainEqual(own);
  expect(rules!.length).toBeGreaterThan(1);

  await ensureClusterObjects(client, settings);
  expect((await role()).rules).toEqual(rules);
  await client.update(ClusterRole, { ...(await role()), metadata: { ...(await role()).metadata, annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'false' } }, rules: [own] });
  await ensureClusterObjects(client, settings);
  expect((await role()).rules).toEqual([own]);
});
