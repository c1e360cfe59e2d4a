import { expect, test } from 'vitest';
import type { ConfigMap } from '../../kinds/core/config-map.ts';
import type { Secret } from '../../kinds/core/secret.ts';
import type { Service } from '../../kinds/core/service.ts';
import { podOf } from '../testing/pods.ts';
import { environmentOf } from './env.ts';
import type { ObjectSource } from './env.ts';
import { expand, missingNames } from './expansion.ts';
import { fieldValue, resourceValue } from './field-ref.ts';
import { serviceEnvironment, servicesFor } from './services-env.ts';

const node = { hostIps: ['192.0.2.1'], allocatable: { cpu: '4', memory: '8Gi' } };

const objects: ObjectSource = {
  configMap: async (name) => (name === 'cm' ? ({ data: { A: 'a', 'b=': 'bad', 'c d': 'odd' } } as unknown as ConfigMap) : undefined),
  secret: async (name) => (name === 's' ? ({ data: { KEY: Buffer.from('hush').toString('base64') } } as unknown as Secret) : undefined),
};

const service = (name: string, namespace: string, clusterIP: string, ports: object[]): Service =>
  ({ metadata: { name, namespace }, spec: { clusterIP, ports } }) as unknown as Service;

const environment = (container: Parameters<typeof podOf>[0]['containers'][number], services: readonly Service[] = [], spec: object = {}) => {
  const pod = podOf({ containers: [container], ...spec });
  return environmentOf({ pod, container: pod.spec.containers[0]!, podIps: ['10.244.0.7'], node, services, objects });
};

test('names in $(…) are replaced, $$ is a dollar sign, what has no value stays', () => {
  const valueOf = (name: string) => ({ A: 'x', EMPTY: '' })[name];
  expect(expand('$(A) $$(A) $(B) $(EMPTY)| $ $A $(', valueOf)).toBe('x $(A) $(B) | $ $A $(');
  expect(missingNames('$(A) $(B) $$(C)', valueOf)).toEqual(['B']);
});

test('fields of the pod and its node', () => {
  const pod = podOf({ containers: [{ name: 'a' }] }, { labels: { b: '2', a: 'say "1"' }, annotations: { note: 'x' } });
  const at = { node, podIps: ['10.244.0.7', 'fd00::7'] };
  expect(fieldValue(pod, 'metadata.labels', at)).toBe('a="say \\"1\\""\nb="2"');
  expect(fieldValue(pod, "metadata.annotations['note']", at)).toBe('x');
  expect(fieldValue(pod, 'status.podIPs', at)).toBe('10.244.0.7,fd00::7');
  expect(fieldValue(pod, 'status.hostIP', at)).toBe('192.0.2.1');
  expect(() => fieldValue(pod, 'spec.nothing', at)).toThrow('unsupported fieldPath: spec.nothing');
});

test('resources in units of the divisor, rounded up; a missing limit is what the node can give', () => {
  const container = { resources: { limits: { cpu: '250m' }, requests: { memory: '100Mi' } } };
  expect(resourceValue(container, { resource: 'limits.cpu' }, node)).toBe('1');
  expect(resourceValue(container, { resource: 'limits.cpu', divisor: '1m' }, node)).toBe('250');
  expect(resourceValue(container, { resource: 'requests.memory', divisor: '1Mi' }, node)).toBe('100');
  expect(resourceValue(container, { resource: 'limits.memory' }, node)).toBe(String(8 * 1024 ** 3));
  expect(resourceValue(container, { resource: 'requests.cpu', divisor: '1m' }, node)).toBe('250');
});

test('later sources win over earlier ones, and values refer to what stands before them', async () => {
  const { variables, skipped } = await environment({
    name: 'c', envFrom: [{ configMapRef: { name: 'cm' } }, { prefix: 'S_', secretRef: { name: 's' } }],
    env: [{ name: 'A', value: 'own' }, { name: 'B', value: '$(A)-$(S_KEY)-$(LATER)' }, { name: 'LATER', value: 'l' }],
  });
  expect([...variables]).toEqual([['A', 'own'], ['c d', 'odd'], ['S_KEY', 'hush'], ['B', 'own-hush-$(LATER)'], ['LATER', 'l']]);
  expect(skipped).toEqual(['Keys [b=] from the EnvFrom configMap default/cm were skipped since they are considered invalid environment variable names.']);
});

test('a missing object or key is named, unless it is optional', async () => {
  const from = (valueFrom: object) => environment({ name: 'c', env: [{ name: 'X', valueFrom }] });
  await expect(from({ configMapKeyRef: { name: 'no', key: 'k' } })).rejects.toThrow('configmap "no" not found');
  await expect(from({ configMapKeyRef: { name: 'cm', key: 'k' } })).rejects.toThrow("couldn't find key k in ConfigMap default/cm");
  await expect(from({ secretKeyRef: { name: 's', key: 'k' } })).rejects.toThrow("couldn't find key k in Secret default/s");
  await expect(environment({ name: 'c', envFrom: [{ secretRef: { name: 'no' } }] })).rejects.toThrow('secret "no" not found');
  expect((await from({ secretKeyRef: { name: 'no', key: 'k', optional: true } })).variables.has('X')).toBe(false);
});

test('Services of the own namespace, and the API server\'s always', async () => {
  const services = [
    service('my-db', 'default', '10.96.0.5', [{ port: 5432, name: 'sql', protocol: 'TCP' }, { port: 53, protocol: 'UDP' }]),
    service('kubernetes', 'default', '10.96.0.1', [{ port: 443, protocol: 'TCP' }]), service('other', 'away', '10.96.0.6', [{ port: 1 }]),
    service('headless', 'default', 'None', [{ port: 1 }]),
  ];
  expect(servicesFor(services, { namespace: 'default', links: true }).map(({ metadata }) => metadata.name)).toEqual(['kubernetes', 'my-db']);
  expect(servicesFor(services, { namespace: 'away', links: false }).map(({ metadata }) => metadata.name)).toEqual(['kubernetes']);
  expect(Object.fromEntries(serviceEnvironment([services[0]!]))).toEqual({
    MY_DB_SERVICE_HOST: '10.96.0.5', MY_DB_SERVICE_PORT: '5432', MY_DB_SERVICE_PORT_SQL: '5432', MY_DB_PORT: 'tcp://10.96.0.5:5432',
    MY_DB_PORT_5432_TCP: 'tcp://10.96.0.5:5432', MY_DB_PORT_5432_TCP_PROTO: 'tcp', MY_DB_PORT_5432_TCP_PORT: '5432', MY_DB_PORT_5432_TCP_ADDR: '10.96.0.5',
    MY_DB_PORT_53_UDP: 'udp://10.96.0.5:53', MY_DB_PORT_53_UDP_PROTO: 'udp', MY_DB_PORT_53_UDP_PORT: '53', MY_DB_PORT_53_UDP_ADDR: '10.96.0.5',
  });
  const { variables } = await environment({ name: 'c', env: [{ name: 'MY_DB_PORT', value: 'mine' }] }, services, { enableServiceLinks: false });
  expect(variables.get('MY_DB_PORT')).toBe('mine');
  expect(variables.has('MY_DB_SERVICE_HOST')).toBe(false);
  expect(variables.get('KUBERNETES_SERVICE_HOST')).toBe('10.96.0.1');
});
