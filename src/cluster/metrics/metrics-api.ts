/** metrics.k8s.io/v1beta1: what nodes and pods use, as `kubectl top` and autoscalers ask for it. Served by aggregation, like anybody's. */
import { type Clock, nextTurn } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { type Client, type Informers, keyOf } from '../../client/index.ts';
import { Node } from '../../kinds/core/node.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { ApiError, isApiError, notFound } from '../../meta/api-error.ts';
import { exactValue, type FieldTerm, parseFieldSelector } from '../../meta/field-selector.ts';
import { matchesRequirements, parseLabelSelector, type Requirement } from '../../meta/label-selector.ts';
import { formatTime } from '../../meta/time.ts';
import { SIMULATED } from '../../simulate/index.ts';
import type { ApiHandler, ApiRequest, ApiResponse } from '../../wire/api.ts';
import { Collector } from './collector.ts';
import { OPEN_API } from './openapi.ts';
import { pretendedUsage } from './pretended.ts';
import type { Usage } from './samples.ts';

const GROUP = 'metrics.k8s.io';
const VERSION = 'v1beta1';
const ROOT = `/apis/${GROUP}/${VERSION}`;
/** Objects made between two looks at what else there is to do. */
const SLICE = 1000;
const encoder = new TextEncoder();

export interface MetricsApiOptions {
  readonly client: Pick<Client, 'request'>;
  readonly informers: Informers;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The API server needs to know who answers before there are informers to answer from. */
export class MetricsApi {
  #options: MetricsApiOptions | undefined;
  #serving: Promise<Serving> | undefined;

  readonly handler: ApiHandler = async (request) => {
    try {
      return await answer(await this.#ready(), request);
    } catch (error) {
      if (!isApiError(error)) throw error;
      return json(error.toStatus(), error.code);
    }
  };

  start(options: MetricsApiOptions): void {
    this.#options = options;
  }

  /** Caches are asked for with the first question: where the controllers run elsewhere, nobody else may need them here. */
  #ready(): Promise<Serving> | undefined {
    if (!this.#options) return undefined;
    return (this.#serving ??= serving(this.#options));
  }
}

interface Serving {
  readonly clock: Clock;
  readonly nodes: ReturnType<Informers['for']>['lister'];
  readonly pods: ReturnType<Informers['for']>['lister'];
  readonly collector: Collector;
}

async function serving(options: MetricsApiOptions): Promise<Serving> {
  const [nodes, pods] = [options.informers.for(Node), options.informers.for(Pod)];
  await Promise.all([nodes.untilSynced(), pods.untilSynced()]);
  return { ...options, nodes: nodes.lister, pods: pods.lister, collector: new Collector(options) };
}

const RESOURCES = {
  kind: 'APIResourceList', apiVersion: 'v1', groupVersion: `${GROUP}/${VERSION}`,
  resources: [
    { name: 'nodes', singularName: '', namespaced: false, kind: 'NodeMetrics', verbs: ['get', 'list'] },
    { name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] },
  ],
};

async function answer(serving: Serving | undefined, request: ApiRequest): Promise<ApiResponse> {
  const { pathname, searchParams } = new URL(request.url, 'http://metrics');
  if (pathname === ROOT || pathname === `${ROOT}/`) return json(RESOURCES);
  const document = OPEN_API[pathname];
  if (document) return json(document);
  const match = /^\/apis\/metrics\.k8s\.io\/v1beta1(?:\/namespaces\/([^/]+))?\/(nodes|pods)(?:\/([^/]+))?$/.exec(pathname);
  const [, namespace, resource, name] = (match ?? []).map((part) => (part === undefined ? undefined : decodeURIComponent(part)));
  if (!match || (resource === 'nodes' && namespace !== undefined) || (resource === 'pods' && name !== undefined && namespace === undefined)) return text(404, '404 page not found\n');
  if (request.method !== 'GET') throw new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource', { details: {} });
  if (!serving) throw new ApiError('ServiceUnavailable', 'the metrics are not ready yet');
  const chosen = { namespace, name, labels: parseLabelSelector(searchParams.get('labelSelector') ?? ''), fields: parseFieldSelector(searchParams.get('fieldSelector') ?? '') };
  return resource === 'nodes' ? answerNodes(serving, chosen) : answerPods(serving, chosen);
}

interface Chosen {
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly labels: readonly Requirement[];
  readonly fields: readonly FieldTerm[];
}

const isSimulated = (node: Node | undefined): boolean => node?.metadata.annotations?.[SIMULATED] === 'true';
const isReady = ({ status }: Node): boolean => status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false;
const realNodes = ({ nodes }: Serving): readonly string[] => (nodes.list() as readonly Node[]).filter((node) => !isSimulated(node) && isReady(node)).map(({ metadata }) => metadata.name);

async function answerNodes(serving: Serving, chosen: Chosen): Promise<ApiResponse> {
  const { nodes, pods, collector } = serving;
  await collector.refresh(realNodes(serving));
  const all = sorted((nodes.list() as readonly Node[]).filter((node) => isChosen(node, chosen)));
  const simulated = all.some(isSimulated) ? podsByNode(pods.list() as readonly Pod[]) : undefined;
  const metrics = (node: Node): object | undefined => {
    const used = isSimulated(node) ? sumOf(simulated?.get(node.metadata.name) ?? [], serving.clock) : collector.node(node.metadata.name);
    return used && { ...head('NodeMetrics', node, serving.clock), ...measured(used), usage: usageOf(used) };
  };
  return chosen.name === undefined ? list('NodeMetricsList', all, metrics) : single('nodes', chosen.name, all[0] && metrics(all[0]));
}

async function answerPods(serving: Serving, chosen: Chosen): Promise<ApiResponse> {
  const { nodes, pods, collector } = serving;
  await collector.refresh(realNodes(serving));
  const all = sorted((pods.list(chosen.namespace) as readonly Pod[]).filter((pod) => isChosen(pod, chosen)));
  const metrics = (pod: Pod): object | undefined => {
    const node = nodes.get(pod.spec.nodeName ?? '') as Node | undefined;
    if (!node || pod.status.phase !== 'Running') return undefined;
    const containers = running(pod).flatMap((container): { name: string; used: Usage }[] => {
      const used = isSimulated(node) ? pretendedUsage(pod, container, serving.clock.now()) : collector.container(node.metadata.name, `${pod.metadata.namespace}/${pod.metadata.name}/${container.name}`);
      return used ? [{ name: container.name, used }] : [];
    });
    const [first] = containers;
    return first && { ...head('PodMetrics', pod, serving.clock), ...measured(first.used), containers: containers.map(({ name, used }) => ({ name, usage: usageOf(used) })) };
  };
  return chosen.name === undefined ? list('PodMetricsList', all, metrics) : single('pods', `${chosen.namespace}/${chosen.name}`, all[0] && metrics(all[0]));
}

const sorted = <T extends Node | Pod>(all: readonly T[]): readonly T[] => all.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));

/** Containers that go on as long as the pod does, sidecars among them. */
const running = ({ spec }: Pod) => [...(spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always'), ...(spec.containers ?? [])];

function isChosen({ metadata }: Node | Pod, { name, labels, fields }: Chosen): boolean {
  if (name !== undefined) return metadata.name === name;
  if (!matchesRequirements(labels, metadata.labels)) return false;
  return (exactValue(fields, 'metadata.name') ?? metadata.name) === metadata.name && (exactValue(fields, 'metadata.namespace') ?? metadata.namespace) === metadata.namespace;
}

function podsByNode(pods: readonly Pod[]): ReadonlyMap<string, readonly Pod[]> {
  const found = new Map<string, Pod[]>();
  for (const pod of pods) {
    const { nodeName } = pod.spec;
    if (nodeName === undefined || pod.status.phase !== 'Running') continue;
    const there = found.get(nodeName);
    if (there) there.push(pod);
    else found.set(nodeName, [pod]);
  }
  return found;
}

/** A simulated node uses what its pods do. */
function sumOf(pods: readonly Pod[], clock: Clock): Usage {
  const used = pods.flatMap((pod) => running(pod).map((container) => pretendedUsage(pod, container, clock.now())));
  return { at: clock.now(), window: 15_000, cpuNanoCores: used.reduce((sum, one) => sum + one.cpuNanoCores, 0), memoryBytes: used.reduce((sum, one) => sum + one.memoryBytes, 0) };
}

function head(kind: string, { metadata: { name, namespace, labels } }: Node | Pod, clock: Clock): object {
  return { kind, apiVersion: `${GROUP}/${VERSION}`, metadata: { name, ...(namespace ? { namespace } : {}), creationTimestamp: formatTime(clock.now()), ...(labels ? { labels } : {}) } };
}

const measured = ({ at, window }: Usage): object => ({ timestamp: formatTime(at), window: `${Math.round(window / 10) / 100}s` });
const usageOf = ({ cpuNanoCores, memoryBytes }: Usage): object => ({ cpu: cpuNanoCores === 0 ? '0' : `${cpuNanoCores}n`, memory: memoryBytes === 0 ? '0' : `${Math.ceil(memoryBytes / 1024)}Ki` });

function single(plural: string, name: string, object: object | undefined): ApiResponse {
  if (!object) throw notFound({ group: GROUP, plural }, name);
  return json(object);
}

/** Made piece by piece: a list may have a hundred thousand entries. */
function list<T>(kind: string, all: readonly T[], metrics: (one: T) => object | undefined): ApiResponse {
  async function* chunks(): AsyncGenerator<readonly Uint8Array[]> {
    yield [encoder.encode(`{"kind":"${kind}","apiVersion":"${GROUP}/${VERSION}","metadata":{},"items":[`)];
    let isFirst = true;
    for (let at = 0; at < all.length; at += SLICE) {
      const written = all.slice(at, at + SLICE).flatMap((one) => metrics(one) ?? []).map((one) => JSON.stringify(one)).join(',');
      if (written === '') continue;
      yield [encoder.encode(isFirst ? written : `,${written}`)];
      isFirst = false;
      await nextTurn();
    }
    yield [encoder.encode(']}\n')];
  }
  return { status: 200, headers: { 'content-type': 'application/json' }, body: { type: 'stream', chunks: chunks() } };
}

const json = (object: object, status = 200): ApiResponse => ({ status, headers: { 'content-type': 'application/json' }, body: { type: 'bytes', chunks: [encoder.encode(`${JSON.stringify(object)}\n`)] } });
const text = (status: number, words: string): ApiResponse => ({ status, headers: { 'content-type': 'text/plain' }, body: { type: 'bytes', chunks: [encoder.encode(words)] } });
