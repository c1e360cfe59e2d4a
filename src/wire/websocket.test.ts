import { expect, test } from 'vitest';
import { acceptKey, closeFrame, frame } from './websocket.ts';

test('the accept key is that of RFC 6455, 1.3', async () => {
  expect(await acceptKey('dGhlIHNhbXBsZSBub25jZQ==')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
});

test('frames are those of RFC 6455, 5.7', () => {
  expect([...frame('text', new TextEncoder().encode('Hello'))]).toEqual([0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);
  expect([...frame('binary', new Uint8Array(256)).subarray(0, 4)]).toEqual([0x82, 0x7e, 0x01, 0x00]);
  expect([...frame('binary', new Uint8Array(65_536)).subarray(0, 10)]).toEqual([0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]);
  expect([...closeFrame()]).toEqual([0x88, 0x02, 0x03, 0xe8]);
});
