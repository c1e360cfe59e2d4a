import { expect, test } from 'vitest';
import { isDerSequence, pemBlocks } from './pem.ts';

test('blocks are found among other text, headers told apart from bodies', () => {
  const text = 'x\n-----BEGIN A B-----\nMAA=\n-----END A B-----\ny\n-----BEGIN KEY-----\nProc-Type: 4,ENCRYPTED\nDEK: x\n\nAQI=\n-----END KEY-----\n';
  expect(pemBlocks(text)).toEqual([
    { label: 'A B', hasHeaders: false, der: Uint8Array.of(0x30, 0) }, { label: 'KEY', hasHeaders: true, der: Uint8Array.of(1, 2) },
  ]);
  expect(pemBlocks('-----BEGIN A-----\n!\n-----END A-----')).toEqual([]);
  expect(pemBlocks('-----BEGIN A-----\nMAA=\n-----END B-----')).toEqual([]);
});

test('a sequence has the length it claims', () => {
  expect([[0x30, 0], [0x30, 1, 5], [0x30, 0x81, 1, 5]].map((bytes) => isDerSequence(Uint8Array.from(bytes)))).toEqual([true, true, true]);
  expect([[], [0x30], [0x31, 0], [0x30, 2, 5], [0x30, 0x80], [0x30, 0x85, 1, 1, 1, 1, 1], [0x30, 0, 0]].map((bytes) => isDerSequence(Uint8Array.from(bytes)))).not.toContain(true);
});
