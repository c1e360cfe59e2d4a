/** Calls webhooks, for admission and for the conversion of custom resources. */
import { onAbort } from '../../base/abort.ts';
import type { Millis } from '../../base/clock.ts';
import { jsonProblem } from '../../meta/json-error.ts';
import { isRecord } from '../../meta/own.ts';
import { canonicalize } from '../../schema/decode.ts';
import type { Field } from '../../schema/field.ts';
import type { ApiResponse } from '../../wire/api.ts';
import type { BackendTarget } from '../config.ts';
import { noTypeMeta } from '../body.ts';
import { failureWords } from '../connect/forwarding.ts';
import type { Core } from '../core.ts';
import { wholeText } from '../whole-text.ts';
import type { RemoteService } from './remote.ts';
import { serviceEndpoint, serviceName } from './target.ts';

/** WebhookClientConfig of admissionregistration.k8s.io and of apiextensions.k8s.io. */
export interface ClientConfig {
  readonly url?: string;
  readonly service?: { readonly namespace: string; readonly name: string; readonly path?: string; readonly port?: number };
  /** PEM in base64. */
  readonly caBundle?: string;
}

export interface WebhookCall<T = unknown> {
  readonly client: ClientConfig | RemoteService;
  /** The review, as it is sent. */
  readonly body: Uint8Array;
  /** What an answer is. */
  readonly answer: Field<T>;
  readonly timeout: Millis;
  /** Of the request that is waiting for the answer. */
  readonly signal?: AbortSignal;
}

/** A webhook gave no answer, or one that says nothing. The message is Go's: `Post "https://…": context deadline exceeded`. */
export class WebhookFailure extends Error {
  /** The HTTP status of an answer that is a refusal; 0 where none came. */
  readonly status: number;
  constructor(message: string, { status = 0, cause }: { readonly status?: number; readonly cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'WebhookFailure';
    this.status = status;
  }
}

type Around = Pick<Core, 'config' | 'resources' | 'clock' | 'random'>;

/** What takes an answer beyond any object that may be stored is not read to its end. */
const MAX_ANSWER_BYTES = 8 << 20;
const USER_AGENT = { 'user-agent': 'kube-apiserver-admission' };

/** POSTs a review and resolves with the answer, its types checked. @throws WebhookFailure */
export async function callWebhook<T>(core: Around, call: WebhookCall<T>): Promise<T> {
  const { url, target, headers } = destination(core, call);
  const failed = (error: unknown) => new WebhookFailure(`Post ${JSON.stringify(url.text)}: ${failureWords(error)}`, { cause: error });
  const { askBackend } = core.config;
  if (!askBackend) throw failed(new Error('no way to reach webhooks is configured'));
  using limit = timeLimit(core, call);
  let response: ApiResponse;
  try {
    response = await limit.bound(Promise.resolve().then(() => askBackend(target(), {
      method: 'POST', url: url.path, signal: limit.signal, peer: { address: 'in-process' }, body: { type: 'bytes', bytes: call.body },
      headers: { host: url.host, accept: 'application/json, */*', 'content-type': 'application/json', 'content-length': String(call.body.length), ...headers },
    })));
  } catch (error) {
    throw failed(error);
  }
  let text: string;
  try {
    text = await limit.bound(wholeText(response.body, MAX_ANSWER_BYTES));
  } catch (error) {
    throw new WebhookFailure(`unexpected error when reading response body. Please retry. Original error: ${failureWords(error)}`, { cause: error });
  }
  if (response.status < 200 || response.status > 206) throw new WebhookFailure(refusalWords(response.status, text), { status: response.status });
  return parsed(response, { text, answer: call.answer });
}

interface Destination {
  readonly url: { readonly text: string; readonly host: string; readonly path: string };
  readonly headers: Readonly<Record<string, string>>;
  /** @throws Unreachable */
  target(): BackendTarget;
}

function destination(core: Around, { client, timeout }: Pick<WebhookCall, 'client' | 'timeout'>): Destination {
  // Rounded up, as what is left of a deadline is told upstream.
  const query = `?timeout=${Math.ceil(timeout / 1000)}s`;
  if (isRemote(client)) return remoteDestination(client, query);
  const { url, service, caBundle } = client;
  const ca = caBundle ? { caBundle: atob(caBundle) } : {};
  if (service) {
    const { port = 443, path = '' } = service;
    const serverName = serviceName(service);
    const host = `${serverName}:${port}`;
    const at = (path.startsWith('/') ? path : `/${path}`) + query;
    return { url: { text: `https://${host}${at}`, host, path: at }, headers: USER_AGENT, target: () => ({ ...serviceEndpoint(core, { ...service, port }), serverName, ...ca }) };
  }
  const { place, ...where } = placeOf(url ?? 'https://invalid', query);
  return { url: where.url, headers: USER_AGENT, target: () => ({ ...place, ...ca }) };
}

const isRemote = (client: ClientConfig | RemoteService): client is RemoteService => 'kind' in client;

/** Where a URL leads. */
function placeOf(url: string, query: string) {
  const { host, hostname, port, pathname } = new URL(url);
  const serverName = hostname.replace(/^\[|\]$/g, '');
  const at = pathname + query;
  return { url: { text: `https://${host}${at}`, host, path: at }, place: { host: serverName, port: Number(port || 443), serverName } };
}

function remoteDestination({ url: base, caPem, insecure, serverName, authorization, identity }: RemoteService, query: string): Destination {
  const { url, place } = placeOf(base, query);
  return {
    url,
    headers: { 'user-agent': 'kube-apiserver', ...(authorization === undefined ? {} : { authorization }) },
    target: () => ({
      ...place, ...(serverName === undefined ? {} : { serverName }), ...(caPem === undefined ? {} : { caBundle: caPem }),
      ...(insecure ? { insecure } : {}), ...(identity ? { identity } : {}),
    }),
  };
}

interface TimeLimit extends Disposable {
  readonly signal: AbortSignal;
  /** The work's outcome, or the end of patience, whichever is first. */
  bound<T>(work: Promise<T>): Promise<T>;
}

/** Bounds what others may take to answer. */
export function timeLimit({ clock }: Pick<Core, 'clock'>, { timeout, signal }: Pick<WebhookCall, 'timeout' | 'signal'>): TimeLimit {
  const over = new AbortController();
  const timer = clock.after(timeout, () => over.abort(new Error('context deadline exceeded')));
  const following = signal && onAbort(signal, () => over.abort(new Error('context canceled')));
  return {
    signal: over.signal,
    bound: (work) => new Promise((resolve, reject) => {
      const listening = onAbort(over.signal, () => reject(over.signal.reason));
      // What a transport makes of an abort is its own affair: the reason is ours.
      work.then(resolve, (error: unknown) => reject(over.signal.aborted ? over.signal.reason : error)).finally(() => listening[Symbol.dispose]());
    }),
    [Symbol.dispose]() {
      timer[Symbol.dispose]();
      following?.[Symbol.dispose]();
    },
  };
}

function parsed<T>({ status, headers }: ApiResponse, { text, answer }: { readonly text: string; readonly answer: Field<T> }): T {
  if (text === '') throw new WebhookFailure(`0-length response with status code: ${status} and content type: ${headers['content-type'] ?? ''}`, { status });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new WebhookFailure(`couldn't get version/kind; json parse error: ${jsonProblem(text)}`, { status });
  }
  if (json !== null && !isRecord(json)) throw new WebhookFailure(noTypeMeta(json), { status });
  return canonicalize<T>(answer.node, json, (why) => new WebhookFailure(why, { status })).value;
}

const MAX_QUOTED = 2048;

const REFUSALS: Readonly<Record<number, string>> = {
  400: 'the server rejected our request for an unknown reason', 401: 'the server has asked for the client to provide credentials',
  404: 'the server could not find the requested resource', 405: 'the server does not allow this method on the requested resource',
  406: 'the server was unable to respond with a content type that the client supports', 409: 'the server reported a conflict',
  410: 'the server does not support this resource', 413: 'the server responded with the status code 413 but did not return more information',
  415: 'the server was unable to respond with a content type that the client supports', 422: 'the server rejected our request due to an error in our request',
  429: 'the server has received too many requests and has asked us to try again later',
  503: 'the server is currently unable to handle the request',
  504: 'the server was unable to return a response in the time allotted, but may still be processing the request',
};

/** What client-go makes of an answer that is no success. */
function refusalWords(status: number, text: string): string {
  const said = text.slice(0, MAX_QUOTED).trim();
  if (status === 403) return said === '' ? 'unknown' : said;
  const known = REFUSALS[status];
  if (known !== undefined) return known;
  if (status >= 500) return `an error on the server (${JSON.stringify(said === '' ? 'unknown' : said)}) has prevented the request from succeeding`;
  return `the server responded with the status code ${status} but did not return more information`;
}
