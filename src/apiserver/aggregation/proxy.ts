import { ApiError } from '../../meta/api-error.ts';
import type { ApiRequest, ApiResponse, ResponseBody, WireEvent } from '../../wire/api.ts';
import { answered, failureWords, proxied } from '../connect/forwarding.ts';
import type { Core } from '../core.ts';
import type { Exchange, Stage } from '../exchange.ts';
import { answerText } from '../respond.ts';
import { batchesOf, wholeText } from '../whole-text.ts';
import { Unreachable } from '../webhook/target.ts';
import type { Remote } from './api-services.ts';
import { askRemote } from './backend.ts';

/** Hands what other servers serve on to them; everything else goes on here. */
export function aggregateStage(core: Core): Stage {
  const { services } = core.aggregation;
  return {
    name: 'aggregate',
    handle(exchange, next) {
      if (services.remotes().size === 0) return next(exchange);
      const remote = remoteOf(core, exchange);
      return remote ? proxy(core, remote, exchange) : next(exchange);
    },
  };
}

/** By `/apis/GROUP/VERSION`, also as the start of a path, and by where its OpenAPI document is. */
function remoteOf({ aggregation: { services, documents } }: Core, { info: { isResource, group: asked, version: of, path } }: Exchange): Remote | undefined {
  // Nearly all requests: one look at a map.
  if (isResource) return asked === '' ? undefined : services.remote(asked, of);
  const [, apis, group, version] = path.replace(/^\/openapi\/v3(?=\/apis\/)/, '').split('/');
  const remote = apis === 'apis' && group && version ? services.remote(group, version) : undefined;
  return remote && path.startsWith('/openapi/') && documents.of(remote).v3 !== undefined ? undefined : remote;
}

async function proxy(core: Core, remote: Remote, { request, info, user }: Exchange): Promise<ApiResponse> {
  if (!remote.available) return failed(request, 'service unavailable');
  const asked = withBytes(proxied(request, request.url, info.path));
  let response: ApiResponse;
  try {
    response = await askRemote(core, remote, { request: asked, user });
  } catch (error) {
    return failed(request, error instanceof Unreachable ? 'service unavailable' : `error trying to reach service: ${failureWords(error)}`);
  }
  return request.wantsObjects ? asObjects(answered(response), info.verb === 'watch') : answered(response);
}

function failed(request: ApiRequest, message: string): ApiResponse {
  if (request.wantsObjects) throw new ApiError('ServiceUnavailable', message);
  const response = answerText(503, `${message}\n`);
  return { ...response, headers: { ...response.headers, 'x-content-type-options': 'nosniff' } };
}

const encoder = new TextEncoder();

/** In-process callers send objects; the far side takes bytes. */
function withBytes(request: ApiRequest): ApiRequest {
  const { body, headers } = request;
  if (body?.type !== 'object') return request;
  return { ...request, body: { type: 'bytes', bytes: encoder.encode(JSON.stringify(body.object)) }, headers: { 'content-type': 'application/json', ...headers } };
}

/** The answer for a caller in this process, which reads no bytes. */
async function asObjects(response: ApiResponse, isWatch: boolean): Promise<ApiResponse> {
  const { status, headers, body } = response;
  if (isWatch && status === 200) return { status, headers, body: { type: 'events', events: eventsOf(body) } };
  const text = await wholeText(body);
  return { status, headers, body: { type: 'object', object: objectOf(status, text) } };
}

function objectOf(status: number, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return new ApiError(status === 503 ? 'ServiceUnavailable' : 'InternalError', text.trim() || 'the server reported an error', { code: status }).toStatus();
  }
}

/** One event a line. */
async function* eventsOf(body: ResponseBody | undefined): AsyncGenerator<readonly WireEvent[]> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const batch of batchesOf(body)) {
    for (const chunk of batch) text += decoder.decode(chunk, { stream: true });
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    const events = lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as WireEvent);
    if (events.length > 0) yield events;
  }
}
