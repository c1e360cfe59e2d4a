import { X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { seededRandom } from '../../base/random.ts';
import { certificateEnd, readCertificateRequest } from '../../wire/certificate-request.ts';
import { requestDer, type RequestName } from '../../wire/testing/certificate-requests.ts';
import { clusterAuthority } from './authority.ts';
import { issueCa } from '../../wire/node/issue.ts';

const NOW = Date.UTC(2026, 0, 1);
const ca = issueCa('kubernetes', NOW, seededRandom(1));
const authority = clusterAuthority(ca, seededRandom(2));
const request = (name: RequestName) => readCertificateRequest(requestDer(name));
const issue = (name: RequestName, more: object = {}) => new X509Certificate(authority.issue({
  request: request(name), notBefore: NOW, notAfter: NOW + 3_600_000, keyUsageBits: [0, 2], extendedUsages: ['1.3.6.1.5.5.7.3.2'], ...more,
}));

test.each<RequestName>(['jane', 'kubeletServing', 'everyName', 'ed'])('a request shows that its maker has the key: %s', (name) => {
  expect(authority.verifies(request(name))).toBe(true);
  const { signature, ...rest } = request(name);
  const over = Uint8Array.from(signature.over);
  over[over.length - 1] = over[over.length - 1]! ^ 1;
  expect(authority.verifies({ ...rest, signature: { ...signature, over } })).toBe(false);
  expect(authority.verifies({ ...rest, signature: { ...signature, oid: '1.2.3' } })).toBe(false);
});

test('a certificate says what was asked and what was ordered, signed by the authority', () => {
  const certificate = issue('jane');
  expect(certificate.verify(new X509Certificate(ca.cert).publicKey)).toBe(true);
  expect(certificate.checkIssued(new X509Certificate(ca.cert))).toBe(true);
  expect(certificate.subject).toBe('O=dev\nO=ops\nCN=jane');
  expect(certificate.publicKey.export({ type: 'spki', format: 'der' }).equals(request('jane').publicKey)).toBe(true);
  expect(Date.parse(certificate.validTo)).toBe(NOW + 3_600_000);
  expect(certificateEnd(certificate.raw)).toBe(NOW + 3_600_000);
  expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  expect(certificate.ca).toBe(false);
  // digitalSignature and keyEncipherment: three bits, five unused.
  expect(certificate.raw.includes(Buffer.from('030205a0', 'hex'))).toBe(true);
});

test('names of hosts and addresses go into it', () => {
  expect(issue('kubeletServing', { extendedUsages: ['1.3.6.1.5.5.7.3.1'] }).subjectAltName).toBe('DNS:n1, IP Address:192.0.2.7, IP Address:FD00:0:0:0:0:0:0:1');
  expect(issue('everyName').subjectAltName).toContain('email:a@b.c');
  expect(issue('ed', { keyUsageBits: [], extendedUsages: [] }).keyUsage).toBeUndefined();
});
