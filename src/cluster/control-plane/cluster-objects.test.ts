import { expect, test } from 'vitest';
import { startApi } from '../../apiserver/testing/start-api.ts';
import { createClient } from '../../client/index.ts';
import { Service } from '../../kinds/core/service.ts';
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
