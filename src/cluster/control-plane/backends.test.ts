import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { silent } from '../../base/log.ts';
import type { BackendTarget } from '../../apiserver/index.ts';
import { failureText } from '../../apiserver/testing/failure-text.ts';
import { serve } from '../../wire/node/http-server.ts';
import { AUTHORITY, JANE, OTHER_AUTHORITY, SERVER, STRANGER } from '../../wire/node/testing/certificates.ts';
import { textOf } from '../../wire/response-text.ts';
import { backendDialer } from './backends.ts';
import { kubeletDialer } from './dialers.ts';

const request = { method: 'POST', url: '/x', headers: {}, peer: { address: 'in-process' }, body: { type: 'bytes' as const, bytes: new TextEncoder().encode('{}') }, signal: new AbortController().signal };

async function listening() {
  const connections = new Set<unknown>();
  const server = createServer({ cert: SERVER.cert, key: SERVER.key }, ({ socket }, response) => {
    connections.add(socket);
    response.end('hello');
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const target: BackendTarget = { host: '127.0.0.1', port, serverName: 'localhost', caBundle: AUTHORITY };
  return { target, connections, [Symbol.asyncDispose]: () => new Promise<void>((resolve) => (server.closeAllConnections(), server.close(() => resolve()))) };
}

test('one connection serves one call after the other', async () => {
  await using server = await listening();
  await using ask = backendDialer(SERVER);

  for (let i = 0; i < 3; i++) expect(await textOf((await ask(server.target, request)).body)).toBe('hello');

  expect(server.connections.size).toBe(1);
});

test('a certificate that nobody vouches for, or of another name, is refused in Go\'s words', async () => {
  await using server = await listening();
  await using ask = backendDialer(SERVER);

  expect(await failureText(ask({ ...server.target, caBundle: OTHER_AUTHORITY }, request))).toBe('tls: failed to verify certificate: x509: certificate signed by unknown authority');
  expect(await failureText(ask({ ...server.target, serverName: 'hook.shop.svc' }, request))).toBe('tls: failed to verify certificate: x509: certificate is valid for 127.0.0.1, localhost, not hook.shop.svc');
  expect(await textOf((await ask({ ...server.target, caBundle: SERVER.cert }, request)).body)).toBe('hello');
  expect(await textOf((await ask({ ...server.target, serverName: 'any', insecure: true }, request)).body)).toBe('hello');
});

test('a renewed certificate is shown from the next request on, to kubelets and by the front proxy, and to nobody else', async () => {
  const seen: string[] = [];
  await using server = await serve(async ({ peer }) => {
    seen.push(peer.certificate?.commonName ?? (peer.certificateError === undefined ? 'nobody' : 'a stranger'));
    return { status: 200, headers: {} };
  }, { host: '127.0.0.1', port: 0, tls: SERVER, clientCa: AUTHORITY, log: silent });
  await using askKubelet = kubeletDialer({ ca: AUTHORITY, ...STRANGER });
  await using askBackend = backendDialer(STRANGER);
  const target: BackendTarget = { host: '127.0.0.1', port: server.port, serverName: 'localhost', caBundle: AUTHORITY };
  const askAll = async (): Promise<void> => {
    await askKubelet({ name: 'vm', address: '127.0.0.1', port: server.port }, request);
    await askBackend({ ...target, asProxy: true }, request);
    await askBackend(target, request);
  };
  await askAll();
  askKubelet.setIdentity(JANE);
  askBackend.setIdentity(JANE);
  await askAll();
  expect(seen).toEqual(['a stranger', 'a stranger', 'nobody', 'jane', 'jane', 'nobody']);
});
