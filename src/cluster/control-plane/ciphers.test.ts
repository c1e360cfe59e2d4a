import { describe, expect, test } from 'vitest';
import { CIPHERS } from './ciphers.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
const text = new TextEncoder().encode('{"kind":"Secret"}');
const key = new Uint8Array(32).fill(7);
const here = new TextEncoder().encode('/registry/core/secrets/default/a');
const there = new TextEncoder().encode('/registry/core/secrets/default/b');

describe.each(['aesgcm', 'aescbc', 'secretbox'] as const)('%s', (name) => {
  const cipher = CIPHERS[name](key);

  test('opens what it sealed, which is another each time', () => {
    const sealed = cipher.seal(text, here);
    expect(cipher.open(sealed, here)).toEqual(text);
    expect(cipher.seal(text, here)).not.toEqual(sealed);
    expect(cipher.open(cipher.seal(new Uint8Array(), here), here)).toEqual(new Uint8Array());
  });

  test('says so where there is too little', () => {
    expect(() => cipher.open(new Uint8Array(7), here)).toThrow('the stored data was shorter than the required size');
  });
});

test('aesgcm vouches for every bit, and for where it is kept', () => {
  const sealed = CIPHERS.aesgcm(key).seal(text, here);
  const refused = 'cipher: message authentication failed';
  expect(() => CIPHERS.aesgcm(key).open(sealed, there)).toThrow(refused);
  expect(() => CIPHERS.aesgcm(new Uint8Array(32)).open(sealed, here)).toThrow(refused);
  expect(() => CIPHERS.aesgcm(key).open(sealed.map((byte, at) => (at === 20 ? byte ^ 1 : byte)), here)).toThrow(refused);
  expect(() => CIPHERS.aesgcm(key).open(sealed.subarray(0, 20), here)).toThrow(refused);
});

test('aesgcm has nonce, text and tag in this order (NIST, test case 4 of the GCM specification)', () => {
  const sealed = hex('cafebabefacedbaddecaf888'
    + '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091'
    + '5bc94fbc3221a5db94fae95ae7121a47');
  expect(CIPHERS.aesgcm(hex('feffe9928665731c6d6a8f9467308308')).open(sealed, hex('feedfacedeadbeeffeedfacedeadbeefabaddad2')))
    .toEqual(hex('d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39'));
});

test('aescbc looks at its padding', () => {
  const first = hex('000102030405060708090a0b0c0d0e0f7649abac8119b246cee98e9b12e9197d');
  const cipher = CIPHERS.aescbc(hex('2b7e151628aed2a6abf7158809cf4f3c'));
  expect(() => cipher.open(first, here)).toThrow('invalid PKCS7 data (empty or not padded)');
  expect(() => cipher.open(first.subarray(0, 16), here)).toThrow('invalid PKCS7 data (empty or not padded)');
  expect(() => cipher.open(first.subarray(0, 30), here)).toThrow('the stored data is not a multiple of the block size');
});

test('secretbox is NaCl\'s: nonce, tag, text (the example of its paper)', () => {
  const box = CIPHERS.secretbox(hex('1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389'));
  const sealed = hex('69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37'
    + 'f3ffc7703f9400e52a7dfb4b3d3305d98e993b9f48681273c29650ba32fc76ce48332ea7164d96a4476fb8c531a1186ac0dfc17c98dce87b4da7f011ec48c97271d2c20f9b928fe2270d6fb863d51738'
    + 'b48eeee314a7cc8ab932164548e526ae90224368517acfeabd6bb3732bc0e9da99832b61ca01b6de56244a9e88d5f9b37973f622a43d14a6599b1f654cb45a74e355a5');
  expect(box.open(sealed, here)).toEqual(hex('be075fc53c81f2d5cf141316ebeb0c7b5228c52a4c62cbd44b66849b64244ffce5ecbaaf33bd751a1ac728d45e6c61296cdc3c01233561f41db66cce314adb310e3be8250c46f06dceea3a7fa1348057'
    + 'e2f6556ad6b1318a024a838f21af1fde048977eb48f59ffd4924ca1c60902e52f0a089bc76897040e082f937763848645e0705'));
  expect(() => CIPHERS.secretbox(key).open(sealed, here)).toThrow('output array was not large enough for encryption');
});
