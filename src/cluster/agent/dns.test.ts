import { expect, test } from 'vitest';
import { allowedBy } from './dns.ts';

test('peers in one of the networks may ask, others may not', () => {
  const allows = allowedBy(['10.244.0.0/16', '192.0.2.2', 'fd00:10:244::/48', '::1']);
  expect(['10.244.3.9', '::ffff:10.244.3.9', '192.0.2.2', 'fd00:10:244:7::9', '::1', 'fd00:10:244:7::9%eth0'].map(allows)).toEqual([true, true, true, true, true, true]);
  expect(['10.245.0.1', '192.0.2.3', 'fd00:10:245::2', '::2', '', 'nonsense', '::ffff:10.245.0.1'].map(allows)).toEqual([false, false, false, false, false, false, false]);
  expect(allows('10.244.3.9')).toBe(true);
});
