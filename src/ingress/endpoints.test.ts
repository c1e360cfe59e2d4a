import { expect, test } from 'vitest';
import { resolveBackend } from './endpoints.ts';
import type { BackendRef } from './routes.ts';
import { service, slice } from './testing/objects.ts';

const ref: BackendRef = { namespace: 'ns', service: 'web', port: 80 };
const resolve = (of: BackendRef, found: ReturnType<typeof service> | undefined, slices: readonly ReturnType<typeof slice>[] = []) =>
  resolveBackend(of, { get: () => found }, { byIndex: () => slices });

test('a port is found by number or name, and its endpoints by its name', () => {
  const slices = [slice('web', 8080, [{ addresses: ['10.0.0.1'], conditions: { ready: true } }, { addresses: ['10.0.0.2'] }])];
  const expected = { speech: 'http', endpoints: ['10.0.0.1:8080', '10.0.0.2:8080'] };
  expect(resolve(ref, service('web'), slices)).toEqual(expected);
  expect(resolve({ ...ref, port: 'http' }, service('web'), slices)).toEqual(expected);
  expect(resolve({ ...ref, port: 81 }, service('web'), slices)).toBeUndefined();
  expect(resolve(ref, undefined)).toBeUndefined();
});

test('what is not ready gets nothing; what ends but serves is better than nothing', () => {
  const ending = { addresses: ['10.0.0.2'], conditions: { ready: false, serving: true, terminating: true } };
  const unready = { addresses: ['10.0.0.3'], conditions: { ready: false, serving: false } };
  expect(resolve(ref, service('web'), [slice('web', 1, [{ addresses: ['10.0.0.1'] }, ending, unready])])?.endpoints).toEqual(['10.0.0.1:1']);
  expect(resolve(ref, service('web'), [slice('web', 1, [ending, unready])])?.endpoints).toEqual(['10.0.0.2:1']);
  expect(resolve(ref, service('web'), [slice('web', 1, [unready])])?.endpoints).toEqual([]);
});

test('an external name is its own endpoint; appProtocol says how to speak', () => {
  expect(resolve(ref, service('web', { type: 'ExternalName', externalName: 'example.org', ports: [] }))).toEqual({ speech: 'http', endpoints: ['example.org:80'] });
  const speech = (appProtocol: string) => resolve(ref, service('web', { ports: [{ name: 'http', port: 80, appProtocol }] }))?.speech;
  expect(['kubernetes.io/h2c', 'grpc', 'HTTPS', 'http', 'example.com/own'].map(speech)).toEqual(['h2c', 'h2c', 'https', 'http', 'http']);
});
