import { expect, test } from 'vitest';
import { Ranges } from './ranges.ts';

test('the lowest free range is given, and given again once released', () => {
  const ranges = new Ranges('10.244.0.0/16');
  ranges.occupy('old', '10.244.1.0/24');
  expect([ranges.allocate('a'), ranges.allocate('b'), ranges.allocate('a')]).toEqual(['10.244.0.0/24', '10.244.2.0/24', '10.244.0.0/24']);
  ranges.release('old');
  expect(ranges.allocate('c')).toBe('10.244.1.0/24');
});

test('when all are taken there is none, and ranges from elsewhere do not count', () => {
  const ranges = new Ranges('192.168.254.0/23');
  ranges.occupy('foreign', '10.0.0.0/24');
  expect([ranges.allocate('a'), ranges.allocate('b'), ranges.allocate('c')]).toEqual(['192.168.254.0/24', '192.168.255.0/24', undefined]);
});

test('of IPv6 each gets 64 bits, and addresses are canonical', () => {
  const ranges = new Ranges('fd00:10:244::/48');
  ranges.occupy('old', 'fd00:10:244:1::/64');
  expect([ranges.allocate('a'), ranges.allocate('b')]).toEqual(['fd00:10:244::/64', 'fd00:10:244:2::/64']);
});

test('a range that is smaller than a part has none', () => {
  expect(new Ranges('192.168.0.0/26').allocate('a')).toBeUndefined();
});
