import { expect, test } from 'vitest';
import { ClusterRole } from '../../kinds/rbac/cluster-role.ts';
import { startControlled } from '../testing/start.ts';
import { clusterRoleAggregationController } from './cluster-role-aggregation.ts';

const rule = (resource: string) => ({ apiGroups: [''], resources: [resource], verbs: ['get'] });
const role = (name: string, ...resources: string[]) => ({ metadata: { name, labels: { 'example.com/into-monitoring': 'true' } }, rules: resources.map(rule) });

test('a role made of others holds their rules once, and follows them', async () => {
  await using cluster = await startControlled([clusterRoleAggregationController]);
  const { client, quiet } = cluster;
  await client.create(ClusterRole, { metadata: { name: 'monitoring' }, aggregationRule: { clusterRoleSelectors: [{ matchLabels: { 'example.com/into-monitoring': 'true' } }] } });
  await client.create(ClusterRole, role('b', 'pods', 'services'));
  await client.create(ClusterRole, role('a', 'pods', 'nodes'));
  await quiet();
  const rules = async () => ((await client.get(ClusterRole, 'monitoring')).rules ?? []).map(({ resources }) => resources![0]);
  expect(await rules()).toEqual(['pods', 'nodes', 'services']);
  await client.delete(ClusterRole, 'a');
  await quiet();
  expect(await rules()).toEqual(['pods', 'services']);
});

test('the built-in roles keep the rules they were made with', async () => {
  await using cluster = await startControlled([clusterRoleAggregationController]);
  const before = await cluster.client.get(ClusterRole, 'edit');
  await cluster.quiet();
  const sorted = (one: ClusterRole) => (one.rules ?? []).map((each) => JSON.stringify(each)).sort();
  expect(sorted(await cluster.client.get(ClusterRole, 'edit'))).toEqual(sorted(before));
});
