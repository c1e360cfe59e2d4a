import type { Question } from 'dns-packet';
import { expect, test } from 'vitest';
import type { Service } from '../../kinds/core/service.ts';
import type { EndpointSlice } from '../../kinds/discovery/endpoint-slice.ts';
import { chain } from '../chain.ts';
import { kubernetes, type ClusterView } from './kubernetes.ts';

const service = (name: string, spec: object) => ({ metadata: { name, namespace: 'shop' }, spec }) as unknown as Service;
const slice = (endpoints: object[], ports: object[]) => ({ metadata: { name: 's', namespace: 'shop' }, endpoints, ports }) as unknown as EndpointSlice;

const services: Record<string, Service> = {
  web: service('web', { type: 'ClusterIP', clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7', 'fd00::7'], ports: [{ name: 'http', protocol: 'TCP', port: 80 }] }),
  db: service('db', { type: 'ClusterIP', clusterIP: 'None', clusterIPs: ['None'] }),
  none: service('none', { type: 'ClusterIP', clusterIP: 'None', clusterIPs: ['None'] }),
  far: service('far', { type: 'ExternalName', externalName: 'example.org' }),
  near: service('near', { type: 'ExternalName', externalName: 'web.shop.svc.cluster.local' }),
  loop: service('loop', { type: 'ExternalName', externalName: 'loop.shop.svc.cluster.local' }),
};
const dbSlice = slice(
  [
    { addresses: ['10.244.0.5'], hostname: 'db-0', conditions: { ready: true } },
    { addresses: ['10.244.0.6'], conditions: { ready: true } },
    { addresses: ['10.244.0.9'], hostname: 'db-9', conditions: { ready: false } },
  ],
  [{ name: 'sql', protocol: 'TCP', port: 5432 }],
);
const view: ClusterView = {
  version: () => 0,
  service: (namespace, name) => (namespace === 'shop' ? services[name] : undefined),
  slices: (_, name) => (name === 'db' ? [dbSlice] : []),
  hasNamespace: (name) => name === 'shop',
  namesOf: (address) => (address === '10.96.0.7' ? ['web.shop'] : []),
};
const resolve = chain([kubernetes(view, 'cluster.local')]);
const ask = async (type: Question['type'], name: string) => {
  const { rcode, answers } = await resolve({ type, name }, new AbortController().signal);
  return { rcode, data: answers.map((answer) => ('data' in answer ? answer.data : undefined)) };
};

test('a Service has one address record for each family', async () => {
  expect(await ask('A', 'web.shop.svc.cluster.local')).toEqual({ rcode: 'NOERROR', data: ['10.96.0.7'] });
  expect(await ask('AAAA', 'WEB.shop.svc.cluster.local')).toEqual({ rcode: 'NOERROR', data: ['fd00::7'] });
});

test('a headless Service has a record for each ready endpoint, and one under its hostname', async () => {
  expect((await ask('A', 'db.shop.svc.cluster.local')).data).toEqual(['10.244.0.5', '10.244.0.6']);
  expect((await ask('A', 'db-0.db.shop.svc.cluster.local')).data).toEqual(['10.244.0.5']);
  expect((await ask('A', '10-244-0-6.db.shop.svc.cluster.local')).data).toEqual(['10.244.0.6']);
  expect((await ask('A', 'db-9.db.shop.svc.cluster.local')).rcode).toBe('NXDOMAIN');
});

test('a named port has an SRV record that names where it listens', async () => {
  expect((await ask('SRV', '_http._tcp.web.shop.svc.cluster.local')).data).toEqual([{ priority: 0, weight: 100, port: 80, target: 'web.shop.svc.cluster.local' }]);
  expect((await ask('SRV', '_sql._tcp.db.shop.svc.cluster.local')).data).toEqual([
    { priority: 0, weight: 100, port: 5432, target: 'db-0.db.shop.svc.cluster.local' },
    { priority: 0, weight: 100, port: 5432, target: '10-244-0-6.db.shop.svc.cluster.local' },
  ]);
  expect((await ask('SRV', '_nope._tcp.web.shop.svc.cluster.local')).rcode).toBe('NXDOMAIN');
});

test('an ExternalName is an alias', async () => {
  expect((await ask('A', 'far.shop.svc.cluster.local')).data).toEqual(['example.org']);
});

test('an alias of a name in the zone comes with what it leads to', async () => {
  expect((await ask('A', 'near.shop.svc.cluster.local')).data).toEqual(['web.shop.svc.cluster.local', '10.96.0.7']);
  expect((await ask('CNAME', 'near.shop.svc.cluster.local')).data).toEqual(['web.shop.svc.cluster.local']);
  expect((await ask('A', 'loop.shop.svc.cluster.local')).data).toEqual(['loop.shop.svc.cluster.local']);
});

test('a pod is found by its dashed address in any namespace that exists', async () => {
  expect((await ask('A', '10-244-0-5.shop.pod.cluster.local')).data).toEqual(['10.244.0.5']);
  expect((await ask('A', '10-244-0-5.nowhere.pod.cluster.local')).rcode).toBe('NXDOMAIN');
});

test('a cluster address has a name, others are passed on', async () => {
  expect((await ask('PTR', '7.0.96.10.in-addr.arpa')).data).toEqual(['web.shop.svc.cluster.local']);
  expect((await ask('PTR', '8.0.96.10.in-addr.arpa')).rcode).toBe('REFUSED');
  expect((await ask('A', 'example.org')).rcode).toBe('REFUSED');
});

test('what the zone lacks is NXDOMAIN, what it has under another type is empty', async () => {
  expect((await ask('A', 'nope.shop.svc.cluster.local')).rcode).toBe('NXDOMAIN');
  expect((await ask('A', 'none.shop.svc.cluster.local')).rcode).toBe('NXDOMAIN');
  expect(await ask('MX', 'web.shop.svc.cluster.local')).toEqual({ rcode: 'NOERROR', data: [] });
  expect(await ask('A', 'shop.svc.cluster.local')).toEqual({ rcode: 'NOERROR', data: [] });
  expect((await ask('TXT', 'dns-version.cluster.local')).data).toEqual(['1.1.0']);
});
