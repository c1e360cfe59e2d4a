import { expect, test } from 'vitest';
import { errorsOf } from '../testing/errors-of.ts';
import { Service } from './service.ts';

const ports = [{ port: 80 }];
const wrong = (spec: object, old?: object) => errorsOf(Service, { spec: { ports, ...spec } }, old && { spec: { ports, ...old } });

test('a port is enough; without one a service must be headless or a name', () => {
  expect(wrong({})).toEqual([]);
  expect(wrong({ ports: [] })).toEqual(['spec.ports: Required value']);
  expect(wrong({ ports: [], clusterIP: 'None', clusterIPs: ['None'] })).toEqual([]);
  expect(wrong({ ports: [], type: 'ExternalName', externalName: 'example.com.' })).toEqual([]);
  expect(wrong({ type: 'ExternalName' })).toEqual(['spec.externalName: Required value']);
});

test('several ports have names, and none is there twice', () => {
  expect(wrong({ ports: [{ port: 80 }, { port: 81 }] })).toEqual(['spec.ports[0].name: Required value', 'spec.ports[1].name: Required value']);
  expect(wrong({ ports: [{ name: 'a', port: 80 }, { name: 'a', port: 81 }] })).toEqual(['spec.ports[1].name: Duplicate value: "a"']);
  expect(wrong({ ports: [{ port: 0 }] })).toContain('spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive');
  expect(wrong({ ports: [{ port: 80, nodePort: 30000 }] })).toEqual(["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"]);
});

test('types, affinities and policies are known ones', () => {
  expect(wrong({ type: 'Magic' })).toContain('spec.type: Unsupported value: "Magic": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"');
  expect(wrong({ sessionAffinity: 'Cookie' })).toEqual(['spec.sessionAffinity: Unsupported value: "Cookie": supported values: "ClientIP", "None"']);
  expect(wrong({ externalTrafficPolicy: 'Local' })).toEqual(['spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services']);
});

test('addresses agree with each other', () => {
  expect(wrong({ clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.2'] })).toEqual(['spec.clusterIPs: Invalid value: ["10.0.0.2"]: first value must match `clusterIP`']);
  expect(wrong({ clusterIP: 'x', clusterIPs: ['x'] })).toEqual(['spec.clusterIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']);
  expect(wrong({ clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'], ipFamilies: ['IPv6'] })).toEqual(['spec.clusterIPs[0]: Invalid value: "10.0.0.1": expected an IPv6 value as indicated by `ipFamilies[0]`']);
  expect(wrong({ externalIPs: ['127.0.0.1'] })).toEqual(['spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)']);
});

test('a cluster IP is for life, unless the service becomes or was but a name', () => {
  const old = { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'] };
  expect(wrong({ clusterIP: '10.0.0.2', clusterIPs: ['10.0.0.2'] }, old)).toEqual(['spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set']);
  expect(wrong({}, old)).toEqual(['spec.clusterIPs[0]: Invalid value: []: primary clusterIP can not be unset']);
  expect(wrong({ type: 'ExternalName', externalName: 'a.b' }, old)).toEqual([]);
});
