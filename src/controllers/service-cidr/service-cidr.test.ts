import { expect, test } from 'vitest';
import { Event } from '../../kinds/core/event.ts';
import { Service } from '../../kinds/core/service.ts';
import { ServiceCIDR } from '../../kinds/networking/service-cidr.ts';
import { startControlled } from '../testing/start.ts';
import { serviceCidrController } from './service-cidr.ts';

test('a range in use outlives its deletion until the last service has gone', async () => {
  await using cluster = await startControlled([serviceCidrController]);
  const { client } = cluster;
  await client.create(ServiceCIDR, { metadata: { name: 'more' }, spec: { cidrs: ['10.7.0.0/24'] } });
  await client.create(Service, { metadata: { name: 's', namespace: 'shop' }, spec: { clusterIP: '10.7.0.9', ports: [{ port: 80 }] } });
  await cluster.quiet();
  const ready = await client.get(ServiceCIDR, 'more');
  const complaints = (await client.list(Event)).items.filter(({ reason }) => reason === 'KubernetesServiceCIDRError');

  await client.delete(ServiceCIDR, 'more');
  await cluster.pass(15);
  const held = await client.get(ServiceCIDR, 'more');
  await client.delete(Service, 's', { namespace: 'shop' });
  await cluster.pass(15);
  const { items } = await client.list(ServiceCIDR);

  expect(ready).toMatchObject({ metadata: { finalizers: ['networking.k8s.io/service-cidr-finalizer'] }, status: { conditions: [{ type: 'Ready', status: 'True' }] } });
  expect(complaints).toEqual([]);
  expect(held.status.conditions).toMatchObject([{ type: 'Ready', status: 'False', reason: 'Terminating' }]);
  expect(items.map(({ metadata }) => metadata.name)).toEqual(['kubernetes']);
});
