import { expect, test } from 'vitest';
import { cidrProblems, cidrsOverlap, formatIp, ipProblems, isInCidr, isIpv6, parseIp, partOfCidr, partsOfCidr, specialIpProblems } from './ip.ts';

test.each(['10.9.8.7', '::', '2001:db8::ffff', '1:2:3:4:5:6:7:8', 'fe80::1'])('%s is an address', (text) => {
  expect(ipProblems(text)).toEqual([]);
});

test.each(['', '10.9.8', '256.1.1.1', '1:2:3', '1::2::3', '12345::', 'x::1', '1:2:3:4:5:6:7:8:9', ':::', '1.2.3.4:80'])('%j is none', (text) => {
  expect(ipProblems(text)).toEqual(['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']);
});

test.each([
  ['010.0.0.1', 'must not have leading 0s'], ['10.0.0.01', 'must not have leading 0s'], ['::ffff:1.2.3.4', 'must not be an IPv4-mapped IPv6 address'],
])('%s is read otherwise by other programs: %s', (text, problem) => {
  expect(ipProblems(text)).toEqual([problem]);
});

test.each([
  ['010.0.0.0/8', 'must not have leading 0s in IP or prefix length'], ['10.0.0.0/08', 'must not have leading 0s in IP or prefix length'],
  ['::ffff:1.2.3.4/128', 'must not have an IPv4-mapped IPv6 address'], ['10.0.0.1/8', 'must not have bits set beyond the prefix length'],
])('%s is ambiguous as a range: %s', (text, problem) => {
  expect(cidrProblems(text)).toEqual([problem]);
});

test.each(['10.0.0.1', '::', '::1', 'fd00::1', '2001:db8:0:1::', '1:2:3:4:5:6:7:8'])('%s is how it is written', (text) => {
  expect(formatIp(parseIp(text)!)).toBe(text);
});

test('an address is a number of its family', () => {
  expect(parseIp('10.0.0.1')).toEqual({ family: 4, value: 0x0a000001n });
  expect(parseIp('::1:0')).toEqual({ family: 6, value: 0x10000n });
  expect([isIpv6('::1'), isIpv6('10.0.0.1'), isIpv6('x')]).toEqual([true, false, false]);
});

test('ranges hold the addresses of their prefix', () => {
  expect(isInCidr('10.244.3.9', '10.244.0.0/16')).toBe(true);
  expect(isInCidr('10.245.3.9', '10.244.0.0/16')).toBe(false);
  expect(isInCidr('10.245.3.9', '0.0.0.0/0')).toBe(true);
  expect(isInCidr('::1', '10.0.0.0/8')).toBe(false);
  expect(cidrProblems('10.0.0.0/33')).toEqual(['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)']);
  expect(cidrProblems('2001:db8::/64')).toEqual([]);
});

test('addresses of the machine itself are special', () => {
  expect(specialIpProblems('127.0.0.1')).toEqual(['may not be in the loopback range (127.0.0.0/8, ::1/128)']);
  expect(specialIpProblems('169.254.169.254')).toEqual(['may not be in the link-local range (169.254.0.0/16, fe80::/10)']);
  expect(specialIpProblems('0.0.0.0')).toEqual(['may not be unspecified (0.0.0.0)']);
  expect(specialIpProblems('10.0.0.1')).toEqual([]);
});

test('ranges overlap where one holds the other, never across families', () => {
  expect([cidrsOverlap('10.244.0.0/16', '10.244.3.0/24'), cidrsOverlap('10.244.3.0/25', '10.244.3.128/25'), cidrsOverlap('::/0', '0.0.0.0/0')]).toEqual([true, false, false]);
});

test('a range has equal parts, which are numbered from 0', () => {
  expect([partOfCidr('10.244.0.0/16', 0, 24), partOfCidr('10.244.0.0/16', 255, 24), partOfCidr('10.244.0.0/16', 256, 24)]).toEqual(['10.244.0.0/24', '10.244.255.0/24', undefined]);
  expect([partOfCidr('fd00:10::/48', 10, 64), partOfCidr('fd00:10::/112', 10, 128)]).toEqual(['fd00:10:0:a::/64', 'fd00:10::a/128']);
  expect([partsOfCidr('10.244.0.0/16', 24), partsOfCidr('10.244.0.0/26', 24), partsOfCidr('nonsense', 24)]).toEqual([256, 0, 0]);
});
