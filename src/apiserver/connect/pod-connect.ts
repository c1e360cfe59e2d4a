import type { ApiRequest } from '../../wire/api.ts';
import { translateCommand, wantsV5 } from '../../wire/remote-command.ts';
import { tunnelSpdy, wantsTunnel } from '../../wire/spdy-tunnel.ts';
import { isWebSocketRequest } from '../../wire/websocket-handshake.ts';
import { badRequest, invalidObject, notFound } from '../../meta/api-error.ts';
import { FieldPath, invalid } from '../../meta/field-error.ts';
import type { AnyObject } from '../../meta/object.ts';
import { isTrue } from '../request-info.ts';
import { readFresh } from '../registry/storage.ts';
import type { ResourceRequest } from '../resource-request.ts';
import type { Subresource } from '../subresources/table.ts';
import type { VerbHandler } from '../verbs.ts';
import { admitConnect, askKubelet } from './kubelet.ts';
import { failuresAsStatus } from './plain-failure.ts';
import { orOverWebSocket, READER } from './websocket.ts';

interface PodSpec {
  readonly nodeName?: string;
  readonly containers?: readonly { readonly name: string }[];
  readonly initContainers?: readonly { readonly name: string }[];
  readonly ephemeralContainers?: readonly { readonly name: string }[];
}

/** A container's log, followed if asked. */
export const log: Subresource = {
  get: orOverWebSocket(READER, async (at) => {
    const { info } = at.exchange;
    const { pod } = await podOf(at);
    const container = containerOf(pod, info.query.get('container') ?? '');
    const query = logQuery(info.query, pod.metadata.name);
    const node = specOf(pod).nodeName ?? '';
    if (node === '') return { status: 200, headers: { 'content-type': 'text/plain' }, body: { type: 'bytes', chunks: [] } };
    return failuresAsStatus(await askKubelet(at, node, { url: `/containerLogs/${info.namespace}/${info.name}/${container}${query}`, request: at.exchange.request }));
  }),
};

const STREAMS = [['stdin', 'input'], ['stdout', 'output'], ['stderr', 'error'], ['tty', 'tty']] as const;

const inContainer = (path: string): Subresource => bothWays(async (at) => {
  const { info } = at.exchange;
  const { pod, asked } = await podOf(at);
  const phase = (pod['status'] as { readonly phase?: string } | undefined)?.phase;
  if (phase === 'Succeeded' || phase === 'Failed') throw badRequest(`cannot exec into a container in a completed pod; current phase is ${phase}`);
  const container = containerOf(pod, asked.get('container') ?? '');
  const query = new URLSearchParams();
  for (const [ours, kubelets] of STREAMS) if (isTrue(asked.get(ours))) query.set(kubelets, '1');
  for (const word of asked.getAll('command')) query.append('command', word);
  const node = nodeOf(pod);
  const request = upgrading(at);
  const dial = (sent: ApiRequest) => askKubelet(at, node, { url: `/${path}/${info.namespace}/${info.name}/${container}?${query}`, request: sent });
  const asks = (stream: string) => isTrue(asked.get(stream));
  const streams = { stdin: asks('stdin'), stdout: asks('stdout'), stderr: asks('stderr'), tty: asks('tty') };
  return isWebSocketRequest(request) && wantsV5(request) ? translateCommand(request, { streams, clock: at.core.clock, dial }) : dial(request);
});

export const exec = inContainer('exec');
export const attach = inContainer('attach');

export const portForward: Subresource = bothWays(async (at) => {
  const { info } = at.exchange;
  const { pod, asked } = await podOf(at);
  const ports = asked.getAll('ports').flatMap((one) => one.split(','));
  const query = ports.length === 0 ? '' : `?${new URLSearchParams(ports.map((port): [string, string] => ['port', port]))}`;
  const node = nodeOf(pod);
  const request = upgrading(at);
  const dial = (sent: ApiRequest) => askKubelet(at, node, { url: `/portForward/${info.namespace}/${info.name}${query}`, request: sent });
  return isWebSocketRequest(request) && wantsTunnel(request) ? tunnelSpdy(request, { clock: at.core.clock, dial }) : dial(request);
});

/** SPDY clients POST, websocket clients GET. */
function bothWays(handle: VerbHandler): Subresource {
  return { get: handle, create: handle };
}

function upgrading({ exchange: { request } }: ResourceRequest): ApiRequest {
  if (!request.upgrade) throw badRequest('Upgrade request required');
  return request;
}

/** The pod, and what is asked of it once admission has looked at it. */
async function podOf(at: ResourceRequest): Promise<{ readonly pod: AnyObject; readonly asked: URLSearchParams }> {
  const { core, served, exchange: { info } } = at;
  const version = await readFresh(core, served, served.codec.keyOf(info.namespace, info.name));
  if (!version) throw notFound(served.kind, info.name);
  const { query } = await admitConnect(at, version.object);
  return { asked: query, pod: version.object };
}

const specOf = (pod: AnyObject): PodSpec => pod['spec'] as PodSpec;

function nodeOf(pod: AnyObject): string {
  const { nodeName = '' } = specOf(pod);
  if (nodeName === '') throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  return nodeName;
}

/** The container named, or the only one. */
function containerOf(pod: AnyObject, asked: string): string {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = specOf(pod);
  const { name } = pod.metadata;
  if (asked !== '') {
    if ([...containers, ...initContainers, ...ephemeralContainers].some((one) => one.name === asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  if (containers.length === 1) return containers[0]!.name;
  const init = initContainers.length > 0 ? ` or one of the init containers: [${initContainers.map((one) => one.name).join(' ')}]` : '';
  throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${containers.map((one) => one.name).join(' ')}]${init}`);
}

const LOG_FLAGS = ['follow', 'previous', 'timestamps'];
const LOG_NUMBERS = { tailLines: 0, sinceSeconds: 1, limitBytes: 1 } as const;

function logQuery(query: URLSearchParams, pod: string): string {
  const out = new URLSearchParams();
  for (const flag of LOG_FLAGS) if (isTrue(query.get(flag))) out.set(flag, 'true');
  for (const [name, least] of Object.entries(LOG_NUMBERS)) {
    const text = query.get(name);
    if (text === null || text === '') continue;
    if (!/^-?\d{1,15}$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
    if (Number(text) < least) {
      throw invalidObject({ group: '', kind: 'PodLogOptions' }, pod, [invalid(FieldPath.of(name), Number(text), least === 0 ? 'must be greater than or equal to 0' : 'must be greater than 0')]);
    }
    out.set(name, text);
  }
  for (const name of ['sinceTime', 'stream']) if (query.get(name)) out.set(name, query.get(name)!);
  return out.size === 0 ? '' : `?${out}`;
}

