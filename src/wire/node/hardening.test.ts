import { connect as connectTcp } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { expect, test } from 'vitest';
import { silent } from '../../base/log.ts';
import { serve } from './http-server.ts';
import type { HttpServer } from './http-server.ts';
import { AUTHORITY, OTHER_AUTHORITY, OTHER_SERVER, SERVER } from './testing/certificates.ts';

const ok = async () => ({ status: 200, headers: {}, body: { type: 'bytes' as const, chunks: [Buffer.from('ok')] } });

/** The protocol two agree on, or why they do not. */
function agreed({ port }: HttpServer, options: ConnectionOptions): Promise<string> {
  return new Promise((resolve) => {
    // Security level 0: this client would speak the old versions, were it let.
    const socket = connectTls({ host: '127.0.0.1', port, ca: [AUTHORITY, OTHER_AUTHORITY], ciphers: 'DEFAULT@SECLEVEL=0', ALPNProtocols: ['http/1.1'], ...options });
    socket.once('secureConnect', () => {
      resolve(socket.getProtocol() ?? 'none');
      socket.destroy();
    });
    socket.once('error', () => resolve('refused'));
  });
}

test('TLS is 1.2 or 1.3, also when the certificate was changed', async () => {
  await using server = await serve(ok, { host: '127.0.0.1', port: 0, log: silent, tls: SERVER });
  const all = async () => [
    await agreed(server, { minVersion: 'TLSv1', maxVersion: 'TLSv1' }), await agreed(server, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' }),
    await agreed(server, { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }), await agreed(server, { minVersion: 'TLSv1.3' }),
  ];

  expect(await all()).toEqual(['refused', 'refused', 'TLSv1.2', 'TLSv1.3']);
  server.setCertificate(OTHER_SERVER);
  expect(await all()).toEqual(['refused', 'refused', 'TLSv1.2', 'TLSv1.3']);
});

test('a server that wants TLS 1.3 wants it of its next certificate too', async () => {
  await using server = await serve(ok, { host: '127.0.0.1', port: 0, log: silent, tls: { ...SERVER, minVersion: 'TLSv1.3' } });
  server.setCertificate(OTHER_SERVER);
  expect([await agreed(server, { maxVersion: 'TLSv1.2' }), await agreed(server, {})]).toEqual(['refused', 'TLSv1.3']);
});

/** All that comes back for these bytes, until the server closes; and how often its handler was asked. */
async function sent(bytes: string): Promise<{ readonly answers: readonly string[]; readonly asked: readonly string[] }> {
  const asked: string[] = [];
  await using server = await serve(async ({ url }) => (asked.push(url), ok()), { host: '127.0.0.1', port: 0, log: silent });
  const socket = connectTcp(server.port, '127.0.0.1');
  let got = '';
  socket.on('data', (chunk) => (got += String(chunk)));
  const closed = new Promise((resolve) => socket.on('error', resolve).on('close', resolve));
  socket.write(bytes);
  await closed;
  return { answers: got.match(/HTTP\/1\.1 \d+/g) ?? [], asked };
}

test.each([
  ['a length beside chunks', 'POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 6\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /b HTTP/1.1\r\nhost: x\r\n\r\n'],
  ['two lengths', 'POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\ncontent-length: 30\r\n\r\nGET /b HTTP/1.1\r\nhost: x\r\n\r\n'],
  ['an unknown coding', 'POST /a HTTP/1.1\r\nhost: x\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\nGET /b HTTP/1.1\r\nhost: x\r\n\r\n'],
  ['a space before the colon', 'POST /a HTTP/1.1\r\nhost: x\r\ntransfer-encoding : chunked\r\n\r\n0\r\n\r\nGET /b HTTP/1.1\r\nhost: x\r\n\r\n'],
  ['a length that is none', 'POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: +0\r\n\r\nGET /b HTTP/1.1\r\nhost: x\r\n\r\n'],
  ['a chunk size that is none', 'POST /a HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0x0\r\n\r\nGET /b HTTP/1.1\r\nhost: x\r\n\r\n'],
])('no second request is smuggled in by %s', async (_what, bytes) => {
  const { answers, asked } = await sent(bytes);
  expect(asked).not.toContain('/b');
  expect(answers.at(-1)).toBe('HTTP/1.1 400');
});

test('headers beyond a megabyte reach no handler, whether one is long or there are many', async () => {
  const long = await sent(`GET /a HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(1 << 20)}\r\n\r\n`);
  const many = await sent(`GET /a HTTP/1.1\r\nhost: x\r\n${'name: value\r\n'.repeat(200_000)}\r\n`);
  expect([long.asked, many.asked]).toEqual([[], []]);
  // The last words may be lost on a client that still writes.
  expect([undefined, 'HTTP/1.1 431']).toContain(long.answers[0]);
});
