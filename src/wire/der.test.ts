import { expect, test } from 'vitest';
import { integer, octetString, oid, sequence, time, utf8String, type Der } from './der.ts';

const hex = (der: Der): string => Buffer.from(der).toString('hex');

test('object identifiers pack their first two arcs and spread the long ones', () => {
  expect(hex(oid('2.5.4.3'))).toBe('0603550403');
  expect(hex(oid('1.2.840.10045.4.3.2'))).toBe('06082a8648ce3d040302');
});

test('an integer with its top bit set stays positive', () => {
  expect(hex(integer(Uint8Array.of(0x7f)))).toBe('02017f');
  expect(hex(integer(Uint8Array.of(0x80)))).toBe('02020080');
});

test('lengths take the short form up to 127 bytes and the long one beyond', () => {
  expect(hex(octetString(new Uint8Array(127))).slice(0, 4)).toBe('047f');
  expect(hex(octetString(new Uint8Array(128))).slice(0, 6)).toBe('048180');
  expect(hex(octetString(new Uint8Array(300))).slice(0, 8)).toBe('0482012c');
});

test('times until 2049 have two digits for the year and later ones four', () => {
  expect(hex(time(Date.UTC(2049, 11, 31, 23, 59, 59)))).toBe(hex(Uint8Array.from([0x17, 13, ...Buffer.from('491231235959Z')])));
  expect(hex(time(Date.UTC(2050, 0, 1)))).toBe(hex(Uint8Array.from([0x18, 15, ...Buffer.from('20500101000000Z')])));
});

test('a sequence is its elements one after the other', () => {
  expect(hex(sequence(utf8String('a'), integer(Uint8Array.of(1))))).toBe('30060c0161020101');
});
