import { ManualClock } from '../../base/clock.ts';
import { silent, type Logger } from '../../base/log.ts';
import { systemRandom, type Random } from '../../base/random.ts';
import type { Kind } from '../../schema/kind.ts';
import { type Driver, memoryDriver } from '../../store/index.ts';
import type { ApiRequest, ApiResponse, Peer, UserInfo } from '../../wire/api.ts';
import type { ApiServerConfig } from '../config.ts';
import { type ApiServer, startApiServer } from '../server.ts';
import { TEST_KEY } from './test-key.ts';
import { testKinds } from './test-kinds.ts';

/** Any JSON: tests look where they like. */
// oxlint-disable-next-line no-explicit-any
export type Json = any;

export interface TestResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Json;
  readonly text: string;
}

export interface StartApi {
  readonly kinds?: readonly Kind[];
  readonly driver?: Driver;
  readonly clock?: ManualClock;
  /** Where names and uids come from; a seeded one makes a run repeatable. */
  readonly random?: Random;
  readonly log?: Logger;
  readonly config?: Partial<ApiServerConfig>;
}

export interface RequestExtras {
  readonly headers?: Readonly<Record<string, string>>;
  /** Who asks; a member of system:masters unless said. `null`: nobody, so that headers decide. */
  readonly user?: UserInfo | null;
  readonly certificate?: NonNullable<Peer['certificate']>;
  /** By way of this proxy: headers decide. */
  readonly proxy?: NonNullable<Peer['proxy']>;
  readonly signal?: AbortSignal;
  readonly wantsObjects?: boolean;
  readonly upgrade?: NonNullable<ApiRequest['upgrade']>;
}

export const ADMIN: UserInfo = { username: 'admin', groups: ['system:masters'] };

/** A whole server in memory, asked without a socket. */
export interface TestApi extends AsyncDisposable {
  readonly server: ApiServer;
  readonly driver: Driver;
  readonly clock: ManualClock;
  request(method: string, url: string, body?: unknown, extras?: RequestExtras): Promise<TestResponse>;
  /** The response as the server gave it: for watches and upgrades. */
  raw(method: string, url: string, body?: unknown, extras?: RequestExtras): Promise<ApiResponse>;
  /** A watch's events, parsed. */
  watch(url: string, extras?: RequestExtras): Promise<TestWatch>;
}

export interface TestWatch {
  /** The next `count` events, whatever ticks they came in. */
  take(count: number): Promise<readonly Json[]>;
  /** Until the server ends it. */
  rest(): Promise<readonly Json[]>;
  stop(): void;
}

export async function startApi({ kinds = testKinds, driver = memoryDriver(), clock = new ManualClock(), random = systemRandom, log = silent, config = {} }: StartApi = {}): Promise<TestApi> {
  const server = await startApiServer({
    driver, kinds, clock, log, random,
    config: {
      serviceAccounts: { issuer: 'https://kubernetes.default.svc.cluster.local', audiences: ['https://kubernetes.default.svc.cluster.local'], signingKey: TEST_KEY },
      freezeObjects: true,
      ...config,
    },
  });
  const raw: TestApi['raw'] = (method, url, body, extras) => server.handler(requestOf(method, url, { body, extras }));
  return {
    server, driver, clock, raw,
    request: async (method, url, body, extras) => readResponse(await raw(method, url, body, extras)),
    async watch(url, extras = {}) {
      const stopper = new AbortController();
      return watchOf(await raw('GET', url, undefined, { ...extras, signal: stopper.signal }), stopper);
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await driver[Symbol.asyncDispose]();
    },
  };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function requestOf(method: string, url: string, { body, extras = {} }: { body: unknown; extras?: RequestExtras | undefined }): ApiRequest {
  const { headers = {}, user = ADMIN, certificate, proxy, signal = new AbortController().signal, wantsObjects, upgrade } = extras;
  const bytes = body instanceof Uint8Array ? body : body === undefined ? undefined : encoder.encode(typeof body === 'string' ? body : JSON.stringify(body));
  return {
    method, url, headers, signal,
    peer: { address: '127.0.0.1', ...(user === null || certificate || proxy ? {} : { user }), ...(certificate ? { certificate } : {}), ...(proxy ? { proxy } : {}) },
    ...(bytes ? { body: { type: 'bytes', bytes } } : {}),
    ...(wantsObjects ? { wantsObjects } : {}),
    ...(upgrade ? { upgrade } : {}),
  };
}

async function readResponse({ status, headers, body }: ApiResponse): Promise<TestResponse> {
  if (body?.type === 'object') return { status, headers, body: body.object, text: '' };
  const chunks: Uint8Array[] = [];
  if (body?.type === 'bytes') chunks.push(...body.chunks);
  if (body?.type === 'stream') for await (const batch of body.chunks) chunks.push(...batch);
  const text = chunks.map((chunk) => decoder.decode(chunk)).join('');
  const isJson = headers['content-type']?.startsWith('application/json') && !headers['content-encoding'];
  return { status, headers, text, body: isJson ? JSON.parse(text) : text };
}

function watchOf(response: ApiResponse, stopper: AbortController): TestWatch {
  if (response.body?.type !== 'stream') throw new Error(`no watch but ${response.status}: ${JSON.stringify(response.body)}`);
  const batches = response.body.chunks[Symbol.asyncIterator]();
  const pending: Json[] = [];
  const read = async (): Promise<boolean> => {
    const { value, done } = await batches.next();
    if (done) return false;
    for (const line of value.map((chunk: Uint8Array) => decoder.decode(chunk)).join('').split('\n')) if (line) pending.push(JSON.parse(line));
    return true;
  };
  return {
    async take(count) {
      while (pending.length < count) if (!(await read())) throw new Error(`the watch ended after ${pending.length} of ${count} events`);
      return pending.splice(0, count);
    },
    async rest() {
      while (await read());
      return pending.splice(0);
    },
    stop: () => stopper.abort(),
  };
}
