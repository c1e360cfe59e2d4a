import { expect, test } from 'vitest';
import type { Kind } from '../../schema/kind.ts';
import { toTable } from '../../schema/table.ts';
import { CertificateSigningRequest } from '../index.ts';
import { accepted, errorsOf } from '../testing/errors-of.ts';
import { FieldPath } from '../../meta/field-error.ts';
import { stampConditions } from './csr-conditions.ts';
import { csrChangeErrors } from './csr-validation.ts';

const pem = (label: string): string => btoa(`-----BEGIN ${label}-----\nMAA=\n-----END ${label}-----\n`);
const REQUEST = pem('CERTIFICATE REQUEST');
const spec = { request: REQUEST, signerName: 'example.com/s', usages: ['client auth'] };
const create = (more: object) => errorsOf(CertificateSigningRequest, { spec: { ...spec, ...more } });
const whole = (status: object) => accepted(CertificateSigningRequest, { spec, status });
const APPROVED = { type: 'Approved', status: 'True' };

test('a request is PEM, for known usages, to a signer with a domain', () => {
  expect(create({})).toEqual([]);
  expect(create({ request: btoa('x'), usages: [], expirationSeconds: 599 })).toEqual([
    'spec.request: Invalid value: "eA==": PEM block type must be CERTIFICATE REQUEST',
    'spec.usages: Required value',
    'spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 600 seconds (10 minutes)',
  ]);
  expect(create({ usages: ['signing', 'magic', 'signing'] }).map((text) => text.slice(0, 64))).toEqual([
    'spec.usages[1]: Unsupported value: "magic": supported values: "any", "cert sign"'.slice(0, 64), 'spec.usages[2]: Duplicate value: "signing"',
  ]);
  expect(create({ signerName: 'kubernetes.io/legacy-unknown' })).toEqual([
    'spec.signerName: Invalid value: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed via this API version',
  ]);
  expect(create({ signerName: 'x' })).toEqual(["spec.signerName: Invalid value: \"x\": must be a fully qualified domain and path of the form 'example.com/signer-name'"]);
  expect(create({ signerName: 'local/A' }).map((text) => text.slice(0, 80))).toEqual([
    'spec.signerName: Invalid value: "local": should be a domain with at least two segments separated by dots'.slice(0, 80),
    'spec.signerName: Invalid value: "A": validating label "A": a lowercase RFC 1123 subdomain'.slice(0, 80),
  ]);
});

test('decisions are not taken back, nor made through the status', () => {
  const [none, approved, both] = [whole({}), whole({ conditions: [APPROVED] }), whole({ conditions: [APPROVED, { type: 'Denied', status: 'True' }] })];
  const change = (next: typeof none, old: typeof none, allowed: object) => [...csrChangeErrors(next, old, allowed)].map(({ field, message }) => `${field}: ${message}`);
  expect(change(approved, none, { approval: true })).toEqual([]);
  expect(change(approved, none, { certificate: true })).toEqual(['status.conditions: Forbidden: updates may not add a condition of type "Approved"']);
  expect(change(none, approved, { approval: true })).toEqual(['status.conditions: Forbidden: updates may not remove a condition of type "Approved"']);
  const status = (next: typeof none, old: typeof none) => [...CertificateSigningRequest.validateStatusUpdate!(next, old, FieldPath.of())].map(({ field, message }) => `${field}: ${message}`);
  expect(status(both, approved)).toEqual([
    'status.conditions[1].type: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive',
    'status.conditions: Forbidden: updates may not add a condition of type "Denied"',
  ]);
  const issued = whole({ conditions: [APPROVED], certificate: pem('CERTIFICATE') });
  expect(status(issued, approved)).toEqual([]);
  expect(status(approved, issued)).toEqual(['status.certificate: Forbidden: updates may not modify existing certificate content']);
  expect(status(whole({ certificate: pem('KEY') }), none)).toEqual(['status.certificate: Invalid value: "<certificate data>": only CERTIFICATE PEM blocks are allowed, found "KEY"']);
});

test('conditions get the times they lack', () => {
  const old = [{ ...APPROVED, lastUpdateTime: '2020-01-01T00:00:00Z', lastTransitionTime: '2020-01-01T00:00:00Z' }];
  expect(stampConditions([APPROVED], old, '2021-01-01T00:00:00Z')).toEqual([{ ...APPROVED, lastUpdateTime: '2021-01-01T00:00:00Z', lastTransitionTime: '2020-01-01T00:00:00Z' }]);
});

test('tables say how far a request has come', () => {
  const object = accepted(CertificateSigningRequest, {
    metadata: { creationTimestamp: '1970-01-01T00:00:00Z' }, spec: { ...spec, username: 'eve', expirationSeconds: 3600 },
    status: { conditions: [APPROVED], certificate: pem('CERTIFICATE') },
  });
  expect(toTable(CertificateSigningRequest as unknown as Kind, [object as never], { now: 0 }).rows[0]!.cells).toEqual(['x', '0s', 'example.com/s', 'eve', '60m', 'Approved,Issued']);
});
