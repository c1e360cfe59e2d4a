/** gRPC clients over unix sockets, typed by the messages' declarations. */
import { Client, Metadata, connectivityState, credentials } from '@grpc/grpc-js';
import type { ServiceDefinition, ServiceError } from '@grpc/grpc-js';
import type { Clock } from '../../base/clock.ts';
import { CriError } from '../cri/cri.ts';
import type { CriCode } from '../cri/cri.ts';
import { definitionOf } from './codec.ts';
import type { Message, Received, Sent, Service } from './message.ts';

/** Go's names of the gRPC status codes, by number. */
const CODES: readonly CriCode[] = [
  'OK', 'Canceled', 'Unknown', 'InvalidArgument', 'DeadlineExceeded', 'NotFound', 'AlreadyExists', 'PermissionDenied', 'ResourceExhausted',
  'FailedPrecondition', 'Aborted', 'OutOfRange', 'Unimplemented', 'Internal', 'Unavailable', 'DataLoss', 'Unauthenticated',
];

/** Upstream's --runtime-request-timeout. */
export const DEADLINE_SECONDS = 120;
/** A list of every container of a node fits. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

interface CallOptions {
  /** Absent: 120 s. 0: none. */
  readonly deadlineSeconds?: number;
  readonly signal?: AbortSignal | undefined;
}

type RequestOf<M> = M extends { request: infer Q extends Message } ? Sent<Q> : never;
type ResponseOf<M> = M extends { response: infer A extends Message } ? Received<A> : never;

/** One service of a connection: `call(method, request)`. Failures are CriErrors. */
export type Call<S> = <M extends keyof S & string>(method: M, request: RequestOf<S[M]>, options?: CallOptions) => Promise<ResponseOf<S[M]>>;

export interface GrpcService<S> {
  readonly call: Call<S>;
  /** Many answers to one request; ends when aborted. */
  stream<M extends keyof S & string>(method: M, request: RequestOf<S[M]>, signal: AbortSignal): AsyncIterable<ResponseOf<S[M]>>;
}

export interface GrpcConnection extends Disposable {
  /** `{ Name: methods }`, of that package. */
  service<N extends string, S extends Service>(path: string, named: Readonly<Record<N, S>>): GrpcService<S>;
  /** Connects, and again each time that breaks; tells whether it is connected as that changes, until aborted. */
  onConnection(tell: (connected: boolean) => void, signal: AbortSignal): void;
}

/** @param endpoint a socket's path, or a gRPC target such as `unix:///run/containerd/containerd.sock` */
export function connectGrpc(endpoint: string, { clock }: { readonly clock: Clock }): GrpcConnection {
  const target = endpoint.startsWith('/') ? `unix://${endpoint}` : endpoint;
  const client = new Client(target, credentials.createInsecure(), {
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.min_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1000,
    // A proxy set for the registry's sake must not catch a local socket.
    'grpc.enable_http_proxy': 0,
  });
  return {
    service(path, named) {
      const definition = definitionOf(path, named);
      return {
        call: (method, request, options) => invoke(client, clock, { ...definition[method]!, body: request, ...options }),
        stream: (method, request, signal) => subscribe(client, { method: definition[method]!, request }, signal),
      };
    },
    onConnection: (tell, signal) => followConnection(client, tell, signal),
    [Symbol.dispose]: () => client.close(),
  };
}

function followConnection(client: Client, tell: (connected: boolean) => void, signal: AbortSignal): void {
  const channel = client.getChannel();
  const next = (was: boolean): void => {
    if (signal.aborted) return;
    const state = channel.getConnectivityState(true);
    const is = state === connectivityState.READY;
    if (is !== was) tell(is);
    // It fails once the channel is closed.
    channel.watchConnectivityState(state, Infinity, (error) => !error && next(is));
  };
  next(false);
}

interface Invocation extends CallOptions {
  readonly path: string;
  readonly requestSerialize: (value: never) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => unknown;
  readonly body: unknown;
}

function invoke<A>(client: Client, clock: Clock, call: Invocation): Promise<A> {
  const { deadlineSeconds = DEADLINE_SECONDS, signal } = call;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const deadline = deadlineSeconds === 0 ? Infinity : clock.now() + deadlineSeconds * 1000;
    const abort = () => running.cancel();
    const running = client.makeUnaryRequest(
      call.path, call.requestSerialize as (value: unknown) => Buffer, call.responseDeserialize as (bytes: Buffer) => A, call.body, new Metadata(), { deadline },
      (error: ServiceError | null, answer?: A) => {
        signal?.removeEventListener('abort', abort);
        if (error) reject(signal?.aborted ? signal.reason : new CriError(CODES[error.code] ?? 'Unknown', error.details, error));
        else resolve(answer as A);
      },
    );
    signal?.addEventListener('abort', abort, { once: true });
  });
}

interface Subscription {
  readonly method: ServiceDefinition[string];
  readonly request: unknown;
}

async function* subscribe<A>(client: Client, { method: { path, requestSerialize, responseDeserialize }, request }: Subscription, signal: AbortSignal): AsyncGenerator<A> {
  if (signal.aborted) return;
  const call = client.makeServerStreamRequest(path, requestSerialize as (value: unknown) => Buffer, responseDeserialize as (bytes: Buffer) => A, request, new Metadata());
  const abort = () => call.cancel();
  signal.addEventListener('abort', abort, { once: true });
  try {
    for await (const answer of call) yield answer as A;
  } catch (error) {
    if (signal.aborted) return;
    const { code = 2, details = String(error) } = error as Partial<ServiceError>;
    throw new CriError(CODES[code] ?? 'Unknown', details, error);
  } finally {
    signal.removeEventListener('abort', abort);
    call.cancel();
  }
}
