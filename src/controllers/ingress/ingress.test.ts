import { expect, test } from 'vitest';
import { Service } from '../../kinds/core/service.ts';
import { IngressClass } from '../../kinds/networking/ingress-class.ts';
import { Ingress } from '../../kinds/networking/ingress.ts';
import { RoleBinding } from '../../kinds/rbac/role-binding.ts';
import { Role } from '../../kinds/rbac/role.ts';
import { startControlled, type TestCluster } from '../testing/start.ts';
import { ClusterRole } from '../../kinds/rbac/cluster-role.ts';
import { ClusterRoleBinding } from '../../kinds/rbac/cluster-role-binding.ts';
import { INGRESS_RIGHTS, ingressController } from './ingress.ts';

const at = { namespace: 'shop' };
const entrance = { namespace: 'kube-system' };

async function start(): Promise<TestCluster> {
  const cluster = await startControlled([ingressController('agents')]);
  await cluster.client.create(IngressClass, { metadata: { name: 'knarr' }, spec: { controller: 'knarr.dev/ingress' } });
  await cluster.client.create(ClusterRole, { metadata: { name: 'ingress' }, rules: INGRESS_RIGHTS });
  await cluster.client.create(ClusterRoleBinding, {
    metadata: { name: 'ingress' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'ingress' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'system:kube-controller-manager' }],
  });
  return cluster;
}
const make = ({ client }: TestCluster, name: string, spec: object = {}) =>
  client.create(Ingress, { metadata: { name, namespace: 'shop' }, spec: { ingressClassName: 'knarr', defaultBackend: { service: { name: 'web', port: { number: 80 } } }, ...spec } });
const roles = async ({ client }: TestCluster) => (await client.list(Role, at)).items.flatMap(({ rules }) => (rules ?? []).flatMap(({ resourceNames }) => resourceNames ?? []));

test('the first Ingress brings the Service, and its addresses are every Ingress\'s', async () => {
  await using cluster = await start();
  const { client, quiet } = cluster;
  await expect(client.get(Service, 'knarr-ingress', entrance)).rejects.toThrow('not found');
  await make(cluster, 'a');
  await quiet();
  const service = await client.get(Service, 'knarr-ingress', entrance);
  expect(service.spec).toMatchObject({ type: 'LoadBalancer', externalTrafficPolicy: 'Local' });
  await client.updateStatus(Service, { ...service, status: { loadBalancer: { ingress: [{ ip: '192.0.2.1', ipMode: 'VIP' }] } } });
  await quiet();
  await make(cluster, 'b');
  await quiet();
  for (const name of ['a', 'b']) expect((await client.get(Ingress, name, at)).status.loadBalancer.ingress).toEqual([{ ip: '192.0.2.1' }]);
});

test('another class\'s Ingress is not touched, nor is one of no class', async () => {
  await using cluster = await start();
  await make(cluster, 'theirs', { ingressClassName: 'theirs', tls: [{ secretName: 'x' }] });
  await make(cluster, 'nobodys', { ingressClassName: undefined });
  await cluster.quiet();
  await expect(cluster.client.get(Service, 'knarr-ingress', entrance)).rejects.toThrow('not found');
  expect(await roles(cluster)).toEqual([]);
});

test('agents may read the certificates that Ingresses name, and no longer than they do', async () => {
  await using cluster = await start();
  const { client, quiet } = cluster;
  await make(cluster, 'a', { tls: [{ hosts: ['a'], secretName: 'two' }, { hosts: ['b'], secretName: 'one' }] });
  await quiet();
  expect(await roles(cluster)).toEqual(['one', 'two']);
  expect((await client.list(RoleBinding, at)).items.map(({ subjects }) => subjects?.[0]?.name)).toEqual(['agents']);
  await client.patch(Ingress, 'a', { type: 'merge', body: { spec: { tls: [{ secretName: 'two' }] } } }, at);
  await quiet();
  expect(await roles(cluster)).toEqual(['two']);
  await client.delete(Ingress, 'a', at);
  await quiet();
  expect(await roles(cluster)).toEqual([]);
  expect((await client.list(RoleBinding, at)).items).toEqual([]);
});
