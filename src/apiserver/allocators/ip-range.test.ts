import { expect, test } from 'vitest';
import { canonicalIp, firstAddress, formatIp, offers, parseIpRange, usableOffsets } from './ip-range.ts';

test('addresses have one spelling', () => {
  expect(['2001:DB8:0:0:0:0:0:10', '1:0:0:2:0:0:0:3', '::', '1::', '10.0.0.1', '0:1:0:1:0:1:0:1'].map(canonicalIp))
    .toEqual(['2001:db8::10', '1:0:0:2::3', '::', '1::', '10.0.0.1', '0:1:0:1:0:1:0:1']);
});

test('a range offers neither its own nor its broadcast address', () => {
  const range = parseIpRange('10.0.0.0/24');
  expect(['10.0.0.0', '10.0.0.1', '10.0.0.254', '10.0.0.255', '10.0.1.1', '::1'].map((ip) => offers(range, ip))).toEqual([false, true, true, false, false, false]);
  expect(offers(parseIpRange('fd00::/112'), 'fd00::ffff')).toBe(true);
  expect(firstAddress('fd00:1::/112')).toBe('fd00:1::1');
});

test('the lower band grows with the range, from 16 addresses to 256', () => {
  const dynamic = (cidr: string) => {
    const range = parseIpRange(cidr);
    return formatIp(range.base + usableOffsets(range).dynamic, range.family);
  };
  expect(['10.0.0.0/28', '10.0.0.0/24', '10.0.0.0/20', '10.0.0.0/16', 'fd00::/64'].map(dynamic))
    .toEqual(['10.0.0.1', '10.0.0.17', '10.0.1.1', '10.0.1.1', 'fd00::101']);
});
