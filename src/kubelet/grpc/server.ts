/** gRPC services on a unix socket, typed by the messages' declarations. */
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import type { sendUnaryData, ServerUnaryCall, ServerWritableStream, UntypedHandleCall } from '@grpc/grpc-js';
import { messageOf } from '../../base/message-of.ts';
import { definitionOf } from './codec.ts';
import type { Message, Received, Sent, Service } from './message.ts';

type RequestOf<M> = M extends { request: infer Q extends Message } ? Received<Q> : never;
type ResponseOf<M> = M extends { response: infer A extends Message } ? Sent<A> : never;

/** A failed call: the message goes to the caller as it is. */
export type Handlers<S> = {
  readonly [M in keyof S]?: S[M] extends { stream: true }
    ? (request: RequestOf<S[M]>, signal: AbortSignal) => AsyncIterable<ResponseOf<S[M]>>
    : (request: RequestOf<S[M]>) => Promise<ResponseOf<S[M]>>;
};

export interface ServedService {
  readonly path: string;
  readonly named: Readonly<Record<string, Service>>;
  readonly handlers: Readonly<Record<string, unknown>>;
}

/** Pairs a service with its handlers, checked against each other. */
export const served = <S extends Service>(path: string, named: Readonly<Record<string, S>>, handlers: Handlers<S>): ServedService => ({ path, named, handlers: handlers as Readonly<Record<string, unknown>> });

/** What the kernel takes of a path (unix(7)), its end included. */
const LONGEST_PATH = 107;

/** A socket that is there already was left by one that is gone. @throws Error where the path is too long for a socket */
export async function serveGrpc(socket: string, services: readonly ServedService[]): Promise<AsyncDisposable> {
  if (Buffer.byteLength(socket) > LONGEST_PATH) throw new Error(`the path of the socket is longer than ${LONGEST_PATH} bytes: ${socket}`);
  const server = new Server();
  for (const { path, named, handlers } of services) {
    const definition = definitionOf(path, named);
    const calls = Object.fromEntries(Object.entries(definition).map(([method, { responseStream }]) => [method, responseStream ? streaming(handlers[method]) : unary(handlers[method])]));
    server.addService(definition, calls);
  }
  await mkdir(dirname(socket), { recursive: true, mode: 0o750 });
  await rm(socket, { force: true });
  await new Promise<void>((resolve, reject) => server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) => (error ? reject(error) : resolve())));
  return {
    async [Symbol.asyncDispose]() {
      server.forceShutdown();
      await rm(socket, { force: true });
    },
  };
}

const failure = (error: unknown) => ({ code: status.UNKNOWN, details: messageOf(error) });
const missing = { code: status.UNIMPLEMENTED, details: 'not implemented' };

function unary(handler: unknown): UntypedHandleCall {
  return (call: ServerUnaryCall<unknown, unknown>, answer: sendUnaryData<unknown>) => {
    if (typeof handler !== 'function') return answer(missing);
    Promise.resolve(handler(call.request)).then((response) => answer(null, response), (error: unknown) => answer(failure(error)));
  };
}

function streaming(handler: unknown): UntypedHandleCall {
  return (call: ServerWritableStream<unknown, unknown>) => {
    if (typeof handler !== 'function') return call.destroy(Object.assign(new Error(missing.details), missing));
    const stop = new AbortController();
    call.on('cancelled', () => stop.abort());
    void (async () => {
      try {
        for await (const response of handler(call.request, stop.signal) as AsyncIterable<unknown>) call.write(response);
        call.end();
      } catch (error) {
        call.destroy(Object.assign(new Error(String(error)), failure(error)));
      }
    })();
  };
}
