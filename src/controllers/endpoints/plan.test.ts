import { expect, test } from 'vitest';
import { Endpoints } from '../../kinds/core/endpoints.ts';
import { Service } from '../../kinds/core/service.ts';
import { BORN, make, pod } from '../testing/objects.ts';
import { isCurrent, plan } from './plan.ts';

const service = (spec: object = {}) => make(Service, 'web', {
  metadata: { labels: { tier: 'front' }, annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}', note: 'x' } },
  spec: { selector: { app: 'web' }, clusterIP: '10.96.0.7', ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 'web' }], ...spec },
});
const at = (ip: string, containerPort = 8080, parts: { metadata?: object; status?: object; spec?: object } = {}) => pod(`pod-${ip}`, 'web', {
  ...parts,
  spec: { containers: [{ name: 'c', image: 'x', ports: [{ name: 'web', containerPort, protocol: 'TCP' }] }], ...parts.spec },
  status: { podIP: ip, ...parts.status },
});

test('ready and unready addresses stand apart, sorted, under the ports they share', () => {
  const { subsets, labels, annotations } = plan(service(), [at('10.0.0.2'), at('10.0.0.1'), at('10.0.0.3', 8080, { status: { conditions: [] } })]);
  expect(subsets).toMatchObject([{
    addresses: [{ ip: '10.0.0.1', nodeName: 'node-1', targetRef: { kind: 'Pod', name: 'pod-10.0.0.1', namespace: 'shop' } }, { ip: '10.0.0.2' }],
    notReadyAddresses: [{ ip: '10.0.0.3' }],
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  }]);
  expect(labels).toEqual({ tier: 'front', 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' });
  expect(annotations).toEqual({ note: 'x' });
});

test('pods whose named port differs make subsets of their own', () => {
  const { subsets } = plan(service(), [at('10.0.0.1', 80), at('10.0.0.2', 81)]);
  expect(subsets.map(({ addresses, ports }) => [addresses![0]!.ip, ports![0]!.port])).toEqual([['10.0.0.1', 80], ['10.0.0.2', 81]]);
});

test('leaving, ended and unaddressed pods are left out, leaving ones not where unready addresses are published', () => {
  const pods = [at('10.0.0.1', 80, { metadata: { deletionTimestamp: BORN } }), at('10.0.0.2', 80, { status: { phase: 'Failed' } }), at('', 80)];
  expect(plan(service(), pods).subsets).toEqual([]);
  expect(plan(service({ publishNotReadyAddresses: true }), pods).subsets[0]!.addresses).toHaveLength(1);
});

test('a headless Service without ports has addresses without ports, and hostnames of its subdomain', () => {
  const { subsets, labels } = plan(service({ clusterIP: 'None', ports: undefined }), [at('10.0.0.1', 80, { spec: { hostname: 'db-0', subdomain: 'web' } })]);
  expect(subsets).toMatchObject([{ addresses: [{ ip: '10.0.0.1', hostname: 'db-0' }] }]);
  expect(subsets[0]!.ports).toBeUndefined();
  expect(labels['service.kubernetes.io/headless']).toBe('');
});

test('beyond 1,000 addresses ready ones go first and the object says that it is cut', () => {
  const pods = Array.from({ length: 1200 }, (_, n) => at(`10.0.${Math.floor(n / 250)}.${n % 250}`, 80, n < 700 ? {} : { status: { conditions: [] } }));
  const { subsets, annotations } = plan(service(), pods);
  expect([subsets[0]!.addresses!.length, subsets[0]!.notReadyAddresses!.length]).toEqual([700, 300]);
  expect(annotations['endpoints.kubernetes.io/over-capacity']).toBe('truncated');
});

test('an object that says the same is current, whenever it was written', () => {
  const todo = plan(service(), [at('10.0.0.1')]);
  const endpoints = make(Endpoints, 'web', {
    metadata: { labels: todo.labels, annotations: { ...todo.annotations, 'endpoints.kubernetes.io/last-change-trigger-time': BORN } }, subsets: todo.subsets,
  });
  expect(isCurrent(endpoints, todo)).toBe(true);
  expect(isCurrent(endpoints, plan(service(), []))).toBe(false);
});
