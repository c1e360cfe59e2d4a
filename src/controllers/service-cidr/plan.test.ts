import { expect, test } from 'vitest';
import { IPAddress } from '../../kinds/networking/ip-address.ts';
import { ServiceCIDR } from '../../kinds/networking/service-cidr.ts';
import { applyDefaults } from '../../schema/decode.ts';
import { FINALIZER, planServiceCidr } from './plan.ts';

const NOW = Date.parse('2026-01-01T00:00:10Z');
const cidr = (name: string, cidrs: readonly string[], metadata: object = {}, conditions: readonly object[] = []) =>
  applyDefaults(ServiceCIDR, { metadata: { name, ...metadata }, spec: { cidrs }, status: { conditions } } as never) as ServiceCIDR;
const address = (name: string, managedBy = 'ipallocator.k8s.io') =>
  applyDefaults(IPAddress, { metadata: { name, labels: { 'ipaddress.kubernetes.io/managed-by': managedBy } }, spec: { parentRef: { resource: 'services', name: 's' } } } as never) as IPAddress;
const leaving = (second: string) => ({ finalizers: [FINALIZER], deletionTimestamp: `2026-01-01T00:00:${second}Z` });
const plan = (one: ServiceCIDR, { others = [], taken = [] }: { others?: readonly ServiceCIDR[]; taken?: readonly IPAddress[] } = {}) =>
  planServiceCidr(one, { all: [one, ...others], addresses: taken, now: NOW });

test('a new range is protected and made ready, then left alone', () => {
  expect(plan(cidr('a', ['10.0.0.0/24'])).map(({ type }) => type)).toEqual(['protect', 'tell']);
  expect(plan(cidr('a', ['10.0.0.0/24'], { finalizers: [FINALIZER] }, [{ type: 'Ready', status: 'True' }]))).toEqual([]);
});

test('a range goes ten seconds after it was deleted', () => {
  expect(plan(cidr('a', ['10.0.0.0/24'], leaving('05')))).toEqual([{ type: 'wait', millis: 5000 }]);
  expect(plan(cidr('a', ['10.0.0.0/24'], leaving('00')))).toEqual([{ type: 'let-go' }]);
});

test('a range stays while it alone holds an address of a service', () => {
  const range = cidr('a', ['10.0.0.0/24', 'fd00::/112'], leaving('00'));

  expect(plan(range, { taken: [address('fd00::7')] })).toMatchObject([{ type: 'tell', condition: { status: 'False', reason: 'Terminating' } }]);
  expect(plan(range, { taken: [address('fd00::7', 'someone')] })).toEqual([{ type: 'let-go' }]);
  expect(plan(range, { taken: [address('10.0.1.7')] })).toEqual([{ type: 'let-go' }]);
});

test('a range that others hold as well may go with its addresses', () => {
  const range = cidr('a', ['10.0.0.0/24'], leaving('00'));

  expect(plan(range, { taken: [address('10.0.0.7')], others: [cidr('b', ['10.0.0.0/16'])] })).toEqual([{ type: 'let-go' }]);
  expect(plan(range, { taken: [address('10.0.0.7')], others: [cidr('b', ['10.0.0.0/28'])] })).toEqual([{ type: 'let-go' }]);
  expect(plan(range, { taken: [address('10.0.0.77')], others: [cidr('b', ['10.0.0.0/28'])] })).toMatchObject([{ type: 'tell' }]);
});
