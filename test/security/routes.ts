/** Every route the API server has, as discovery and its root tell them, and how one asks for it. */
import type { Json, TestApi } from '../../src/apiserver/testing/start-api.ts';

export const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'] as const;
export type Verb = (typeof VERBS)[number];

/** One resource of one version, or a subresource. */
export interface Route {
  /** `''` is the core group. */
  readonly group: string;
  readonly version: string;
  /** With its subresource: `pods/log`. */
  readonly resource: string;
  readonly namespaced: boolean;
  readonly verbs: readonly Verb[];
}

export interface Place {
  readonly namespace: string;
  readonly name: string;
}

interface Listed {
  readonly name: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

/** What discovery lists, in its order. */
export async function resourceRoutes(api: TestApi): Promise<readonly Route[]> {
  const { body: groups } = await api.request('GET', '/apis');
  const versions: readonly string[] = groups.groups.flatMap(({ versions: own }: Json) => own.map(({ groupVersion }: Json) => groupVersion));
  const lists = await Promise.all(['v1', ...versions].map(async (groupVersion) => {
    const [group, version] = groupVersion.includes('/') ? groupVersion.split('/') : ['', groupVersion];
    const { body } = await api.request('GET', rootOf(group!, version!));
    return body.resources.map(({ name, namespaced, verbs }: Listed) => ({
      group, version, resource: name, namespaced, verbs: VERBS.filter((verb) => verbs.includes(verb)),
    }));
  }));
  return lists.flat();
}

/** Paths that are no resources, as clients know them. */
export const PLAIN_PATHS: readonly string[] = [
  '/', '/api', '/api/', '/api/v1', '/apis', '/apis/', '/apis/apps', '/apis/apps/v1', '/version', '/version/', '/openapi/v2', '/openapi/v3', '/openapi/v3/api/v1', '/.well-known/openid-configuration', '/openid/v1/jwks',
  '/healthz', '/livez', '/readyz', '/healthz/etcd', '/livez/etcd', '/readyz/etcd', '/metrics', '/metrics/slis', '/logs', '/logs/',
  '/debug/pprof/', '/debug/flags/v', '/debug/api_priority_and_fairness/dump_requests', '/configz', '/flagz', '/statusz', '/nothing',
];

const METHODS: Readonly<Record<Verb, string>> = {
  get: 'GET', list: 'GET', watch: 'GET', create: 'POST', update: 'PUT', patch: 'PATCH', delete: 'DELETE', deletecollection: 'DELETE',
};
const OF_ALL: readonly Verb[] = ['list', 'watch', 'deletecollection'];

/** Nothing is changed by it: writes are dry runs. */
export function requestFor({ group, version, resource, namespaced }: Route, verb: Verb, { namespace, name }: Place): { readonly method: string; readonly url: string } {
  const [plural, subresource] = resource.split('/');
  const collection = `${rootOf(group, version)}${namespaced ? `/namespaces/${namespace}` : ''}/${plural}`;
  const isOfAll = OF_ALL.includes(verb) || (verb === 'create' && subresource === undefined);
  const path = isOfAll ? collection : `${collection}/${name}${subresource === undefined ? '' : `/${subresource}`}`;
  const method = METHODS[verb];
  if (method === 'GET') return { method, url: verb === 'watch' ? `${path}?watch=true` : path };
  return { method, url: `${path}?dryRun=All` };
}

const rootOf = (group: string, version: string): string => (group === '' ? `/api/${version}` : `/apis/${group}/${version}`);
