import { ApiError, notFound } from '../../meta/api-error.ts';
import type { AnyObject } from '../../meta/object.ts';
import { isRecord } from '../../meta/own.ts';
import type { ApiRequest, ApiResponse } from '../../wire/api.ts';
import type { KubeletAddress } from '../config.ts';
import type { Shown } from '../admission/admission.ts';
import type { Core } from '../core.ts';
import { annotate, type AnnotationLevel, warn } from '../exchange.ts';
import { isTrue, type RequestInfo } from '../request-info.ts';
import type { ResourceRequest } from '../resource-request.ts';
import { forwarded, passThrough } from './forwarding.ts';

const KUBELET_PORT = 10250;

interface NodeStatus {
  readonly addresses?: readonly { readonly type: string; readonly address: string }[];
  readonly daemonEndpoints?: { readonly kubeletEndpoint?: { readonly Port?: number } };
}

/** In the order upstream prefers them. */
const ADDRESS_TYPES = ['InternalIP', 'Hostname', 'InternalDNS', 'ExternalDNS', 'ExternalIP'];

export function kubeletAddress({ resources }: Core, name: string): KubeletAddress {
  const node = resources.of('', 'nodes')?.cache.object('', name);
  if (!node) throw notFound({ group: '', plural: 'nodes' }, name);
  const { addresses = [], daemonEndpoints } = (node['status'] ?? {}) as NodeStatus;
  for (const type of ADDRESS_TYPES) {
    const found = addresses.find((one) => one.type === type);
    if (found) return { name, address: found.address, port: daemonEndpoints?.kubeletEndpoint?.Port || KUBELET_PORT };
  }
  throw new ApiError('InternalError', `Internal error occurred: no preferred addresses found; known addresses: []`);
}

/** Hands the request to the node's kubelet under another path, and its answer, upgrade or not, back as it comes. */
export async function askKubelet({ core }: ResourceRequest, node: string, { url, request }: { readonly url: string; readonly request: ApiRequest }): Promise<ApiResponse> {
  const { kubelet } = core.config;
  if (!kubelet) throw new ApiError('ServiceUnavailable', 'no way to reach kubelets is configured');
  const address = kubeletAddress(core, node);
  return passThrough(() => kubelet(address, forwarded(request, url)), { method: request.method, url: `https://${address.address}:${address.port}${url}`, upgrade: request.upgrade !== undefined });
}

/** What is asked of a connection, as admission left it. */
export interface Asked {
  readonly query: URLSearchParams;
  /** Behind a proxy. */
  readonly path: string;
}

/** Lets admission see a connection before it is made. */
export async function admitConnect({ core, served, exchange }: ResourceRequest, object: AnyObject): Promise<Asked> {
  const { info, user, request: { signal } } = exchange;
  const { subresource } = info;
  const options = connectOptions(info);
  let asked: Asked = { query: info.query, path: info.rest };
  let present = options;
  const shown: Shown | undefined = options && present && {
    kind: { group: '', version: 'v1', kind: options.kind },
    show: () => ({ apiVersion: 'v1', ...present }) as unknown as AnyObject,
    take(pod, changed) {
      if (!isRecord(changed)) return pod;
      present = { ...changed, kind: options.kind };
      asked = subresource !== 'proxy' ? { ...asked, query: queryOf(present) } : present['path'] === options['path'] ? { ...asked, path: info.rest } : { ...asked, path: pathOf(present) };
      return { ...pod };
    },
  };
  const attributes = {
    operation: 'CONNECT' as const, kind: served.kind, subresource, namespace: info.namespace, name: info.name,
    object, old: undefined, user, dryRun: false, signal,
    warn: (text: string) => warn(exchange, text),
    annotate: (key: string, value: string, from?: AnnotationLevel) => annotate(exchange, key, value, from),
    ...(shown ? { shown } : {}),
  };
  await core.admission.mutate(attributes, core);
  await core.admission.validate(attributes, core);
  return asked;
}

const OPTIONS: Readonly<Record<string, string>> = { exec: 'PodExecOptions', attach: 'PodAttachOptions', portforward: 'PodPortForwardOptions', proxy: 'ProxyOptions' };
const FLAGS = ['stdin', 'stdout', 'stderr', 'tty'];

type Options = Readonly<Record<string, unknown>> & { readonly kind: string };

/** What is asked of a connection, as an object: what webhooks and policies are shown in place of the pod. */
function connectOptions({ subresource, resource, query, rest }: RequestInfo): Options | undefined {
  const named = OPTIONS[subresource];
  if (named === undefined) return undefined;
  if (named === 'ProxyOptions') return { kind: `${resource.charAt(0).toUpperCase()}${resource.slice(1, -1)}${named}`, path: decodedPath(rest) };
  const ports = query.getAll('ports').flatMap((one) => one.split(',')).filter((one) => one !== '').map(Number);
  if (named === 'PodPortForwardOptions') return { kind: named, ports };
  const flags = FLAGS.filter((flag) => isTrue(query.get(flag))).map((flag) => [flag, true]);
  return { kind: named, ...Object.fromEntries(flags), container: query.get('container') ?? '', ...(subresource === 'exec' ? { command: query.getAll('command') } : {}) };
}

/** As a URL has it. */
function pathOf({ path }: Options): string {
  const encoded = typeof path === 'string' ? path.split('/').map(encodeURIComponent).join('/') : '';
  return encoded === '' || encoded.startsWith('/') ? encoded : `/${encoded}`;
}

function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** The query that asks for it; what is of another type than it should be counts as left out. */
function queryOf({ container, command, ports, ...flags }: Options): URLSearchParams {
  const listed = (value: unknown, type: 'string' | 'number'): readonly string[] => (Array.isArray(value) ? value.filter((one) => typeof one === type).map(String) : []);
  const words: [string, string][] = [
    ...(typeof container === 'string' && container !== '' ? [['container', container] as [string, string]] : []),
    ...listed(command, 'string').map((word): [string, string] => ['command', word]), ...listed(ports, 'number').map((port): [string, string] => ['ports', port]),
    ...FLAGS.filter((flag) => flags[flag] === true).map((flag): [string, string] => [flag, 'true']),
  ];
  return new URLSearchParams(words);
}
