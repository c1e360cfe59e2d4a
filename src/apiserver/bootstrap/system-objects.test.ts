import { expect, test } from 'vitest';
import { TEST_KEY } from '../testing/test-key.ts';
import { systemObjects } from './system-objects.ts';

const kubernetes = (address: string): readonly string[] =>
  systemObjects({ serviceAccounts: { issuer: 'i', audiences: [], signingKey: TEST_KEY }, advertise: { address, port: 6443 } })
    .filter(({ object }) => object.metadata.name === 'kubernetes')
    .map(({ plural }) => plural);

test('default/kubernetes has the address that the server is reached by', () => {
  expect(kubernetes('192.0.2.1')).toEqual(['services', 'endpoints', 'endpointslices']);
});

test('on a machine without a network the server starts all the same, without an endpoint at its loopback', () => {
  expect(kubernetes('127.0.0.1')).toEqual(['services']);
});
