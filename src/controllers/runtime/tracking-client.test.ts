import { expect, test } from 'vitest';
import { startApi } from '../../apiserver/testing/start-api.ts';
import { createClient } from '../../client/index.ts';
import { ConfigMap } from '../../kinds/core/config-map.ts';
import { Namespace } from '../../kinds/core/namespace.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { builtinKinds } from '../../kinds/index.ts';
import { TrackingClient } from './tracking-client.ts';

test('one removes this very object: what is gone, or gone and another under its name, is no failure', async () => {
  await using api = await startApi({ kinds: builtinKinds });
  const client = createClient(api.server.handler, { user: { username: 'test', groups: ['system:masters'] } });
  await client.create(Namespace, { metadata: { name: 'shop' } });
  const create = () => client.create(ConfigMap, { metadata: { name: 'a', namespace: 'shop' } });
  const tracking = new TrackingClient(client, Pod, new AbortController().signal);

  const first = await create();
  expect(await tracking.remove(ConfigMap, first)).toBe(true);
  expect(await tracking.remove(ConfigMap, first)).toBe(false);
  const second = await create();
  expect(await tracking.remove(ConfigMap, first)).toBe(false);

  expect((await client.get(ConfigMap, 'a', { namespace: 'shop' })).metadata.uid).toBe(second.metadata.uid);
  expect(tracking.writes).toMatchObject([{ name: 'a', uid: first.metadata.uid }]);
});
