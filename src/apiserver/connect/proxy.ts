import { ApiError, badRequest, notFound } from '../../meta/api-error.ts';
import type { AnyObject } from '../../meta/object.ts';
import type { ApiResponse } from '../../wire/api.ts';
import type { DialTarget } from '../config.ts';
import { readFresh } from '../registry/storage.ts';
import type { ResourceRequest } from '../resource-request.ts';
import type { Subresource } from '../subresources/table.ts';
import type { VerbHandler } from '../verbs.ts';
import { admitConnect, askKubelet, forwarded, passThrough } from './kubelet.ts';
import { rewriteLinks } from './rewrite.ts';

/** `[scheme:]name[:port]`, as the path of a proxied pod or service says it. */
interface Named {
  readonly scheme: 'http' | 'https';
  readonly name: string;
  readonly port: string;
}

function parseNamed(text: string): Named {
  const parts = text.split(':');
  const [first = ''] = parts;
  if (parts.length === 1) return { scheme: 'http', name: text, port: '' };
  if (parts.length === 2) return { scheme: 'http', name: first, port: parts[1]! };
  if (parts.length === 3 && (first === 'http' || first === 'https' || first === '')) return { scheme: first === 'https' ? 'https' : 'http', name: parts[1]!, port: parts[2]! };
  throw badRequest(`invalid service or pod request ${JSON.stringify(text)}`);
}

const anyVerb = (handle: VerbHandler): Subresource => ({ get: handle, create: handle, update: handle, patch: handle, delete: handle, options: handle });

export const podProxy = anyVerb(async (at) => {
  const { scheme, name, port } = parseNamed(at.exchange.info.name);
  const pod = await objectOf(at, name);
  const { podIP = '' } = (pod['status'] ?? {}) as { readonly podIP?: string };
  if (podIP === '') throw badRequest('address not allowed');
  const first = (pod['spec'] as { readonly containers?: readonly { readonly ports?: readonly { readonly containerPort: number }[] }[] })
    .containers?.flatMap(({ ports = [] }) => ports)[0]?.containerPort;
  return proxyTo(at, { scheme, host: podIP, port: port === '' ? (first ?? (scheme === 'https' ? 443 : 80)) : Number(port) });
});

export const serviceProxy = anyVerb(async (at) => {
  const { scheme, name, port } = parseNamed(at.exchange.info.name);
  const service = await objectOf(at, name);
  return proxyTo(at, { scheme, ...serviceEndpoint(at, service, port) });
});

/** `nodes/x/proxy/…` is the kubelet's own server; with another port it is whatever listens there. */
export const nodeProxy = anyVerb(async (at) => {
  const { info } = at.exchange;
  const { name } = parseNamed(info.name);
  await objectOf(at, name);
  const moved = movedToSlash(at);
  return moved ?? finish(at, await askKubelet(at, name, { url: targetUrl(at), request: at.exchange.request }));
});

async function objectOf(at: ResourceRequest, name: string): Promise<AnyObject> {
  const { core, served, exchange: { info } } = at;
  const version = await readFresh(core, served, served.codec.keyOf(info.namespace, name));
  if (!version) throw notFound(served.kind, name);
  await admitConnect(at, version.object);
  return version.object;
}

async function proxyTo(at: ResourceRequest, target: DialTarget): Promise<ApiResponse> {
  const { dial } = at.core.config;
  if (!dial) throw new ApiError('ServiceUnavailable', 'no way to reach pods is configured');
  const moved = movedToSlash(at);
  if (moved) return moved;
  const url = targetUrl(at);
  const response = await passThrough(() => dial(target, forwarded(at.exchange.request, url)), `${target.scheme}://${target.host}:${target.port}${url}`)
    .catch((error: unknown) => {
      // What is behind a proxy and silent is not this server's own failure.
      if (error instanceof ApiError && error.reason === 'InternalError') throw new ApiError('ServiceUnavailable', `error trying to reach service: ${causeOf(error)}`);
      throw error;
    });
  return finish(at, response);
}

const causeOf = (error: ApiError): string => (error.cause instanceof Error ? error.cause.message : error.message);

/** Relative links need the trailing slash: browsers are sent there. */
function movedToSlash({ exchange: { info, request } }: ResourceRequest): ApiResponse | undefined {
  if (info.rest !== '' || info.path.endsWith('/') || request.upgrade || (request.method !== 'GET' && request.method !== 'HEAD')) return undefined;
  const query = request.url.slice(info.path.length);
  return { status: 301, headers: { location: `${info.path}/${query}` }, body: { type: 'bytes', chunks: [] } };
}

function targetUrl({ exchange: { info, request } }: ResourceRequest): string {
  const path = info.rest === '' ? '/' : info.rest;
  return path + request.url.slice(info.path.length);
}

function finish(at: ResourceRequest, response: ApiResponse): Promise<ApiResponse> | ApiResponse {
  const { info } = at.exchange;
  const prefix = info.path.slice(0, info.path.length - info.rest.length).replace(/\/$/, '');
  return rewriteLinks(response, prefix);
}

interface ServicePort {
  readonly name?: string;
  readonly port: number;
}
interface Slice extends AnyObject {
  readonly endpoints?: readonly { readonly addresses: readonly string[]; readonly conditions?: { readonly ready?: boolean } }[];
  readonly ports?: readonly { readonly name?: string; readonly port?: number }[];
}

/** One of the service's ready endpoints, by the service port's name or number. */
function serviceEndpoint({ core }: ResourceRequest, service: AnyObject, asked: string): { readonly host: string; readonly port: number } {
  const { name, namespace = '' } = service.metadata;
  const ports = (service['spec'] as { readonly ports?: readonly ServicePort[] }).ports ?? [];
  const port = asked === '' ? (ports.length === 1 ? ports[0] : undefined) : ports.find((one) => one.name === asked || String(one.port) === asked);
  if (!port) throw new ApiError('ServiceUnavailable', `no service port ${JSON.stringify(asked)} found for service ${JSON.stringify(name)}`);
  const found: { host: string; port: number }[] = [];
  for (const { object } of core.resources.of('discovery.k8s.io', 'endpointslices')?.cache.list(namespace) ?? []) {
    if (object.metadata.labels?.['kubernetes.io/service-name'] !== name) continue;
    const slice = object as Slice;
    const number = slice.ports?.find((one) => (one.name ?? '') === (port.name ?? ''))?.port;
    if (number === undefined) continue;
    for (const { addresses, conditions } of slice.endpoints ?? []) if (conditions?.ready !== false && addresses[0]) found.push({ host: addresses[0], port: number });
  }
  if (found.length === 0) throw new ApiError('ServiceUnavailable', `no endpoints available for service ${JSON.stringify(name)}`);
  return found[Math.floor(core.random.next() * found.length)]!;
}
