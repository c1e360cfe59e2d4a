import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { connect, createServer as createTcp, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import { systemClock, type Clock } from '../../base/clock.ts';
import { silent } from '../../base/log.ts';
import { seededRandom } from '../../base/random.ts';
import { issueCa, issueLeaf } from '../../wire/node/issue.ts';
import type { Action, Asked, Router } from '../action.ts';
import { openDoor } from '../door.ts';
import type { Backend } from '../endpoints.ts';
import { answer } from '../forward.ts';
import { Lane } from '../http1/lane.ts';
import type { BackendRef } from '../routes.ts';
import { Upstreams } from '../upstreams.ts';

async function listening<S extends TcpServer>(server: S): Promise<S & { readonly endpoint: string }> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(server, { endpoint: `127.0.0.1:${(server.address() as AddressInfo).port}` });
}

/** A backend of Node's own HTTP. */
export async function httpBackend(handle: RequestListener): Promise<Server & { readonly endpoint: string } & AsyncDisposable> {
  const server = await listening(createServer(handle));
  return Object.assign(server, { [Symbol.asyncDispose]: async () => void (server.closeAllConnections(), server.close()) });
}

/** A backend that says what the test wants, octet by octet. */
export async function rawBackend(serve: (socket: Socket) => void): Promise<TcpServer & { readonly endpoint: string } & AsyncDisposable> {
  const sockets = new Set<Socket>();
  const server = await listening(createTcp((socket) => {
    sockets.add(socket.on('error', () => {}));
    serve(socket);
  }));
  return Object.assign(server, { [Symbol.asyncDispose]: async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  } });
}

export const webRef: BackendRef = { namespace: 'ns', service: 'web', port: 80 };

export interface Rules {
  readonly decide?: (asked: Asked) => Action;
  readonly backendOf?: (ref: BackendRef) => Backend | undefined;
  readonly endpoints?: readonly string[];
  readonly clock?: Clock;
  readonly proto?: 'http' | 'https';
}

/** A door that leads where the rules say: everything to `endpoints` unless they say more. */
export async function doorTo({ endpoints = [], decide = () => ({ act: 'forward', to: [{ ref: webRef, weight: 1 }] }), backendOf = () => ({ speech: 'http', endpoints }), clock = systemClock, proto = 'http' }: Rules) {
  const asked: Asked[] = [];
  const router: Router = {
    version: 1, backendOf,
    decide(one) {
      asked.push(one);
      return { action: decide(one), steady: true };
    },
  };
  const [lane, upstreams] = [new Lane(router, { clock, log: silent }), new Upstreams()];
  const random = seededRandom(1);
  const door = await openDoor({
    host: '127.0.0.1', port: 0, proto, shown: proto === 'http' ? 80 : 443, clock, lane, contextFor: () => undefined,
    fallback: () => issueLeaf({ commonName: 'test', organizations: [], use: 'server', dnsNames: ['test'], addresses: [] }, issueCa('test', Date.now(), random), { now: Date.now(), random }),
    onRequest: (request, response, asker) => void answer(request, response, { asker, router, upstreams, clock }),
  });
  const close = async (): Promise<void> => {
    lane[Symbol.dispose]();
    upstreams[Symbol.dispose]();
    await door[Symbol.asyncDispose]();
  };
  return { port: door.port, asked, lane, door, [Symbol.asyncDispose]: close };
}

/** A client that says what the test wants. */
export class RawClient implements Disposable {
  readonly socket: Socket;
  text = '';
  isEnded = false;
  #wake: () => void = () => {};

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    this.socket.setEncoding('latin1').on('error', () => {});
    this.socket.on('data', (text: string) => {
      this.text += text;
      this.#wake();
    });
    this.socket.on('end', () => (this.isEnded = true)).on('close', () => {
      this.isEnded = true;
      this.#wake();
    });
    this.socket.on('end', () => this.#wake());
  }

  say(text: string): this {
    this.socket.write(text, 'latin1');
    return this;
  }

  /** What has come once it holds `part`, which is taken off it. @throws where it ends before */
  async heard(part: string | RegExp): Promise<string> {
    for (;;) {
      const found = typeof part === 'string' ? this.text.indexOf(part) : this.text.search(part);
      if (found >= 0) {
        const end = found + (typeof part === 'string' ? part.length : part.exec(this.text)![0].length);
        const heard = this.text.slice(0, end);
        this.text = this.text.slice(end);
        return heard;
      }
      if (this.isEnded) throw new Error(`ended after ${JSON.stringify(this.text)}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** All that is still to come. */
  async rest(): Promise<string> {
    while (!this.isEnded) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.text;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
