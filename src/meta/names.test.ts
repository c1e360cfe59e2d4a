import { expect, test } from 'vitest';
import { configKeyProblems, dnsLabelProblems, dnsSubdomainProblems, labelValueProblems, portNameProblems, qualifiedNameProblems } from './names.ts';

test('a bad label says what a good one is, in upstream\'s words', () => {
  expect(dnsLabelProblems('Web')).toEqual([
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
  ]);
  expect(dnsSubdomainProblems('a_b')[0]).toMatch(/\(e\.g\. 'example\.com', regex used for validation is /);
});

test('names that fit have no problems', () => {
  expect(dnsLabelProblems('a'.repeat(63))).toEqual([]);
  expect(dnsSubdomainProblems('a.b-c.d')).toEqual([]);
  expect(qualifiedNameProblems('example.com/My_Name')).toEqual([]);
  expect(labelValueProblems('')).toEqual([]);
  expect(configKeyProblems('a..b')).toEqual([]);
  expect(portNameProblems('http-2')).toEqual([]);
});

test('names that are too long, doubled or dotted away are refused', () => {
  expect(dnsLabelProblems('a'.repeat(64))).toEqual(['must be no more than 63 bytes']);
  expect(qualifiedNameProblems('a/b/c')).toHaveLength(1);
  expect(qualifiedNameProblems('/b')).toEqual(['prefix part must be non-empty']);
  expect(configKeyProblems('..x')).toEqual(["must not start with '..'"]);
  expect(portNameProblems('a--b')).toEqual(['must not contain consecutive hyphens']);
});
