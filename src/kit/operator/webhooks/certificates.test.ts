import { X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { seededRandom } from '../../../base/random.ts';
import { CA_LIFETIME, DAY, expiryOf } from '../../../wire/node/issue.ts';
import { planCertificates, type Certificates } from './certificates.ts';

const NOW = Date.UTC(2026, 0, 1);
const NAMES = { dnsNames: ['op.shop.svc'], addresses: [] };
const random = seededRandom(1);
const plan = (held: Certificates | undefined, now: number, names = NAMES) => planCertificates(held, names, { now, random });
const isSignedBy = ({ serving }: Certificates, ca: string) => new X509Certificate(serving.cert).verify(new X509Certificate(ca).publicKey);

test('the first certificate is for the Service, by an authority of its own', () => {
  const made = plan(undefined, NOW);
  expect(new X509Certificate(made.serving.cert).subjectAltName).toBe('DNS:op.shop.svc');
  expect(isSignedBy(made, made.ca.cert)).toBe(true);
  expect(made.bundle).toBe(made.ca.cert);
});

test('what is good stays, to the byte', () => {
  const made = plan(undefined, NOW);
  expect(plan(made, NOW + 200 * DAY)).toBe(made);
});

test('a certificate that wears out, or lacks a name, is made anew by the same authority', () => {
  const made = plan(undefined, NOW);
  const later = plan(made, NOW + 300 * DAY);
  expect(later.ca).toBe(made.ca);
  expect(later.serving).not.toBe(made.serving);
  expect(isSignedBy(later, made.ca.cert)).toBe(true);
  expect(new X509Certificate(plan(made, NOW, { dnsNames: ['a.b.svc'], addresses: [] }).serving.cert).subjectAltName).toBe('DNS:a.b.svc');
});

test('a new authority is announced for a day before it signs, and the old one is trusted until it ends', () => {
  const old = plan(undefined, NOW);
  let held = old;
  const at = NOW + Math.ceil(CA_LIFETIME * 0.7);
  // Before the turn a fresh certificate of the old authority is in use.
  held = plan(held, at - 100 * DAY - CA_LIFETIME * 0.05);
  const announced = plan(held, at);
  expect(announced.ca.cert).not.toBe(old.ca.cert);
  expect(announced.bundle).toBe(announced.ca.cert + old.ca.cert);
  expect(announced.serving).toBe(held.serving);

  expect(plan(announced, at + DAY / 2).ca).toBe(announced.ca);
  const turned = plan(announced, at + 2 * DAY);
  expect(isSignedBy(turned, announced.ca.cert)).toBe(true);
  expect(turned.bundle).toContain(old.ca.cert);

  const end = expiryOf(new X509Certificate(old.ca.cert)) + DAY;
  expect(plan(turned, end).bundle).toBe(announced.ca.cert);
});

test('what is torn or foreign is made anew', () => {
  const made = plan(undefined, NOW);
  for (const torn of [{ ...made, bundle: 'x' }, { ...made, serving: { cert: 'x', key: 'y' } }, { ...made, serving: { ...made.serving, key: made.ca.key } }, { ...made, ca: { cert: made.ca.cert, key: '' } }]) {
    const mended = plan(torn, NOW);
    expect(isSignedBy(mended, mended.bundle)).toBe(true);
  }
  const ended = plan(made, NOW + CA_LIFETIME + DAY);
  expect(ended.ca.cert).not.toBe(made.ca.cert);
});
