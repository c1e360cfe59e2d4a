import { expect, test } from 'vitest';
import { readCertificateRequest } from './certificate-request.ts';
import { element, oid, sequence, time, utf8String } from './der.ts';
import { readElements, readOid, readOnly, readTime } from './der-reader.ts';
import { requestDer } from './testing/certificate-requests.ts';

test('what was written is read', () => {
  const [first, second] = readElements(readOnly(sequence(oid('2.16.840.1.113730.4.1'), utf8String('x'.repeat(300)))).content);
  expect(readOid(first!)).toBe('2.16.840.1.113730.4.1');
  expect(second!.content).toHaveLength(300);
  for (const at of [Date.UTC(1999, 11, 31, 23, 59, 59), Date.UTC(2049, 0, 1), Date.UTC(2050, 0, 1)]) {
    expect(readTime(readOnly(time(at)))).toBe(at >= Date.UTC(2000, 0, 1) ? at : Date.UTC(1999, 11, 31, 23, 59, 59));
  }
});

test.each<[string, Uint8Array]>([
  ['asn1: syntax error: truncated tag or length', Uint8Array.of(0x30)],
  ['asn1: syntax error: data truncated', Uint8Array.of(0x30, 5, 1)],
  ['asn1: structure error: length too large', Uint8Array.of(0x30, 0x80, 0, 0)],
  ['asn1: syntax error: trailing data', Uint8Array.of(0x30, 0, 0)],
])('%s', (message, bytes) => {
  expect(() => readOnly(bytes)).toThrow(message);
});

test('a request names its subject, in order', () => {
  expect(readCertificateRequest(requestDer('jane'))).toMatchObject({
    subject: { commonName: 'jane', organizations: ['dev', 'ops'] }, dnsNames: [], ipAddresses: [], signature: { oid: '1.2.840.10045.4.3.2' },
  });
});

test('a request names hosts, addresses and the rest', () => {
  const { dnsNames, emailAddresses, uris, ipAddresses, subject } = readCertificateRequest(requestDer('everyName'));
  expect({ dnsNames, emailAddresses, uris, subject }).toMatchObject({
    dnsNames: ['n1', 'n1.local'], emailAddresses: ['a@b.c'], uris: ['spiffe://x/y'], subject: { commonName: 'system:node:n1', organizations: ['system:nodes'] },
  });
  expect(ipAddresses.map((address) => [...address])).toEqual([[192, 0, 2, 7], [0xfd, ...Array<number>(14).fill(0), 1]]);
});

test('no cut or changed request does more than throw', () => {
  const whole = requestDer('everyName');
  for (let at = 0; at < whole.length; at++) {
    const changed = Uint8Array.from(whole);
    changed[at] = changed[at]! ^ 0x15;
    for (const bytes of [whole.subarray(0, at), changed]) {
      try {
        readCertificateRequest(bytes);
      } catch (error) {
        expect((error as Error).message).toMatch(/^asn1: /);
      }
    }
  }
  expect(() => readCertificateRequest(element(0x30, element(0x30)))).toThrow('asn1: ');
});
