import { connect as connectTcp, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { expect, test } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import { silent } from '../../base/log.ts';
import type { ApiRequest } from '../api.ts';
import { connect } from './http-client.ts';
import { serve } from './http-server.ts';
import { AUTHORITY, SERVER } from './testing/certificates.ts';

const ask = (url: string): ApiRequest => ({ method: 'GET', url, headers: {}, peer: { address: 'test' }, signal: new AbortController().signal });

/** A cable between client and server that can be cut without either noticing. */
async function cableTo(port: number) {
  const sockets: Socket[] = [];
  let cut = false;
  const server = createServer((near) => {
    const far = connectTcp(port, '127.0.0.1');
    sockets.push(near, far);
    for (const [from, to] of [[near, far], [far, near]] as const) {
      from.on('data', (bytes) => !cut && to.write(bytes));
      from.on('error', () => {});
      from.on('close', () => !cut && to.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    /** Connections made so far carry nothing any more; new ones do. */
    cut: () => (cut = true),
    mend: () => (cut = false),
    [Symbol.dispose]: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

test('a server that vanished without a word is found out by a ping, and the next request finds it again', async () => {
  await using server = await serve(async ({ url, signal }) => {
    if (url === '/second') await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    return { status: 200, headers: {} };
  }, { host: '127.0.0.1', port: 0, tls: SERVER, log: silent });
  using cable = await cableTo(server.port);
  const clock = new ManualClock();
  await using client = connect({ url: `https://127.0.0.1:${cable.port}`, ca: AUTHORITY, clock });

  expect((await client(ask('/first'))).status).toBe(200);
  const waiting = client(ask('/second'));
  const lost = expect(waiting).rejects.toThrow();
  cable.cut();
  await clock.advance(30_000);
  await clock.advance(15_000);
  await lost;
  cable.mend();
  expect((await client(ask('/third'))).status).toBe(200);
});

test('a server that answers pings is left alone', async () => {
  await using server = await serve(async () => ({ status: 200, headers: {} }), { host: '127.0.0.1', port: 0, tls: SERVER, log: silent });
  const clock = new ManualClock();
  await using client = connect({ url: `https://127.0.0.1:${server.port}`, ca: AUTHORITY, clock });
  await client(ask('/first'));
  for (let n = 0; n < 5; n++) {
    const next = clock.nextAlarm! - clock.now();
    await clock.advance(next);
    // The answer comes by the socket, not by the clock: a request behind it shows that it has come.
    expect((await client(ask('/again'))).status).toBe(200);
  }
});

test('a request may be given up while its connection is still being made', async () => {
  const sockets: Socket[] = [];
  const deaf = createServer((socket) => void sockets.push(socket)); // accepts, and never says a word of TLS
  await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
  await using client = connect({ url: `https://127.0.0.1:${(deaf.address() as AddressInfo).port}`, ca: AUTHORITY, clock: new ManualClock() });
  const abort = new AbortController();
  const answer = client({ ...ask('/'), signal: abort.signal });
  abort.abort(new Error('never mind'));
  await expect(answer).rejects.toThrow('never mind');
  for (const socket of sockets) socket.destroy();
  deaf.close();
});
