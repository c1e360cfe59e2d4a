import { ApiError, notFound } from '../../meta/api-error.ts';
import type { AnyObject } from '../../meta/object.ts';
import type { ApiResponse } from '../../wire/api.ts';
import type { DialTarget } from '../config.ts';
import { readFresh } from '../registry/storage.ts';
import type { ResourceRequest } from '../resource-request.ts';
import type { Subresource } from '../subresources/table.ts';
import type { VerbHandler } from '../verbs.ts';
import { answered, failureWords, proxied } from './forwarding.ts';
import { admitConnect, askKubelet, kubeletAddress } from './kubelet.ts';
import { checkProxyable, parseNamed, podTarget, serviceTarget } from './proxy-target.ts';
import { rewriteLinks } from './rewrite.ts';

const anyVerb = (handle: VerbHandler): Subresource => ({ get: handle, create: handle, update: handle, patch: handle, delete: handle, options: handle });

export const podProxy = anyVerb(async (at) => {
  const named = parseNamed(at.exchange.info.name, 'pod');
  const { object, path } = await objectOf(at, named.name);
  return proxyTo(at, podTarget(object, named), path);
});

export const serviceProxy = anyVerb(async (at) => {
  const { info } = at.exchange;
  const named = parseNamed(info.name, 'service');
  const { object, path } = await objectOf(at, named.name);
  return proxyTo(at, serviceTarget(at.core, object, named, info.name), path);
});

/** `nodes/x/proxy/…` is the kubelet's own server; with another port it is whatever listens there. */
export const nodeProxy = anyVerb(async (at) => {
  const { name, port, scheme } = parseNamed(at.exchange.info.name, 'node');
  const { path } = await objectOf(at, name);
  const kubelet = kubeletAddress(at.core, name);
  if (port !== '' && port !== String(kubelet.port)) {
    checkProxyable(kubelet.address);
    return proxyTo(at, { scheme, host: kubelet.address, port: Number(port) }, path);
  }
  const { request } = at.exchange;
  return movedToSlash(at) ?? finish(at, await reached(() => askKubelet(at, name, { url: targetUrl(at, path), request })), `${kubelet.address}:${kubelet.port}`);
});

/** What is asked behind, and for which path, as admission left it. */
async function objectOf(at: ResourceRequest, name: string): Promise<{ readonly object: AnyObject; readonly path: string }> {
  const { core, served, exchange: { info } } = at;
  const version = await readFresh(core, served, served.codec.keyOf(info.namespace, name));
  if (!version) throw notFound(served.kind, name);
  const { path } = await admitConnect(at, version.object);
  return { object: version.object, path };
}

async function proxyTo(at: ResourceRequest, target: DialTarget, path: string): Promise<ApiResponse> {
  const { core: { config: { dial } }, exchange: { request, info } } = at;
  if (!dial) throw new ApiError('ServiceUnavailable', 'no way to reach pods is configured');
  const moved = movedToSlash(at);
  if (moved) return moved;
  const asked = proxied(request, targetUrl(at, path), info.path);
  return finish(at, await reached(() => dial(target, asked)), `${target.host}:${target.port}`);
}

/** What is behind a proxy and silent is not this server's own failure. */
async function reached(ask: () => Promise<ApiResponse>): Promise<ApiResponse> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ApiError && error.cause === undefined) throw error;
    throw new ApiError('ServiceUnavailable', `error trying to reach service: ${failureWords(error instanceof ApiError ? error.cause : error)}`, { cause: error });
  }
}

/** Relative links need the trailing slash: browsers are sent there. */
function movedToSlash({ exchange: { info, request } }: ResourceRequest): ApiResponse | undefined {
  if (info.rest !== '' || info.path.endsWith('/') || request.upgrade || (request.method !== 'GET' && request.method !== 'HEAD')) return undefined;
  const query = request.url.slice(info.path.length);
  return { status: 301, headers: { location: `${info.path}/${query}` }, body: { type: 'bytes', chunks: [] } };
}

function targetUrl({ exchange: { info, request } }: ResourceRequest, path: string): string {
  return (path === '' ? '/' : path) + request.url.slice(info.path.length);
}

function finish(at: ResourceRequest, response: ApiResponse, host: string): Promise<ApiResponse> | ApiResponse {
  const { info, request } = at.exchange;
  const prefix = info.path.slice(0, info.path.length - info.rest.length).replace(/\/$/, '');
  return rewriteLinks(answered(response), { prefix, hosts: [host, request.headers['host'] ?? ''] });
}
