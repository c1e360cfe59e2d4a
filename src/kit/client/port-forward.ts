import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { Client } from '../../client/index.ts';
import { duplexOf } from '../../wire/node/socket.ts';
import type { Duplex } from '../../wire/api.ts';
import { SpdyClient } from '../../wire/spdy-client.ts';
import { upgrade } from './upgrade.ts';

export interface PortForwardOptions {
  /** The pod's. */
  readonly port: number;
  /** On this machine's loopback; any free one unless said. */
  readonly localPort?: number;
  /** Told of connections that failed; the forwarding goes on. */
  readonly onError?: (error: Error) => void;
}

export interface PortForward extends AsyncDisposable {
  readonly localPort: number;
}

type Pod = { readonly name: string; readonly namespace: string };

/** Listens until disposed. Each connection travels over one of its own, so that a slow one holds up nobody else. */
export async function portForward(client: Client, pod: Pod, { port, localPort = 0, onError = () => {} }: PortForwardOptions): Promise<PortForward> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    carry(client, pod, { port, local: duplexOf(socket, Buffer.alloc(0)) }).catch((error: unknown) => {
      socket.destroy();
      onError(error instanceof Error ? error : new Error(String(error)));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(localPort, '127.0.0.1', resolve);
  });
  return {
    localPort: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function carry(client: Client, pod: Pod, { port, local }: { readonly port: number; readonly local: Duplex }): Promise<void> {
  const { connection } = await upgrade(client, {
    pod, subresource: 'portforward', method: 'POST', query: {}, headers: { upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'portforward.k8s.io' },
  });
  const spdy = new SpdyClient(connection);
  try {
    const about = { port: String(port), requestid: '0' };
    const failures = await spdy.open({ streamtype: 'error', ...about });
    await spdy.end(failures);
    const data = await spdy.open({ streamtype: 'data', ...about });
    // Whoever hangs up says so to the reader below, or to nobody.
    const sent = send(spdy, data, local).catch(() => {});
    await receive(spdy, { data, failures, local });
    await sent;
  } finally {
    spdy.destroy();
  }
}

async function send(spdy: SpdyClient, stream: number, local: Duplex): Promise<void> {
  for await (const bytes of local.readable) await spdy.write(stream, bytes);
  await spdy.end(stream);
}

async function receive(spdy: SpdyClient, { data, failures, local }: { readonly data: number; readonly failures: number; readonly local: Duplex }): Promise<void> {
  const open = new Set([data, failures]);
  const decoder = new TextDecoder();
  let failure = '';
  for await (const event of spdy.events()) {
    if (event.type === 'data' && event.stream === data) await local.write(event.bytes);
    if (event.type === 'data' && event.stream === failures) failure += decoder.decode(event.bytes, { stream: true });
    if ('fin' in event && event.fin) open.delete(event.stream);
    if (event.type === 'reset') open.delete(event.stream);
    if (event.stream === data && !open.has(data)) await local.end();
    if (open.size === 0) break;
  }
  if (failure !== '') throw new Error(failure);
}
