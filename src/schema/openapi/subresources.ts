import type { Kind } from '../kind.ts';

export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** A subresource as discovery and OpenAPI tell of it. */
export interface Subresource {
  readonly name: string;
  /** As authorization knows them. */
  readonly verbs: readonly string[];
  /** What is sent and answered: Scale for `deployments/scale`, options for what opens a connection. */
  readonly response: GroupVersionKind;
  /** Opens a connection with any of these methods instead of answering with an object. */
  readonly connects?: readonly Method[];
  /** Whether the connection's path goes on below the subresource's own. */
  readonly deep?: boolean;
  /** Query parameters of its own. */
  readonly query?: readonly string[];
}

export type Method = 'get' | 'put' | 'post' | 'patch' | 'delete' | 'head' | 'options';

const READ_WRITE = ['get', 'patch', 'update'];
const TALK = { verbs: ['create', 'get'], connects: ['get', 'post'] } as const;
const ANY_METHOD: readonly Method[] = ['delete', 'get', 'head', 'options', 'patch', 'post', 'put'];
const STREAMS = ['container', 'stderr', 'stdin', 'stdout', 'tty'];
const core = (kind: string): GroupVersionKind => ({ group: '', version: 'v1', kind });

type Own = Omit<Subresource, 'name' | 'response'> & { readonly response?: GroupVersionKind };

/** Those that are not simply a part of the object, to be read and written. */
const SUBRESOURCES: Readonly<Record<string, Own>> = {
  attach: { ...TALK, response: core('PodAttachOptions'), query: STREAMS },
  binding: { verbs: ['create'], response: core('Binding') },
  eviction: { verbs: ['create'], response: { group: 'policy', version: 'v1', kind: 'Eviction' } },
  exec: { ...TALK, response: core('PodExecOptions'), query: ['command', ...STREAMS] },
  finalize: { verbs: ['update'] },
  log: {
    verbs: ['get'],
    query: ['container', 'follow', 'insecureSkipTLSVerifyBackend', 'limitBytes', 'previous', 'sinceSeconds', 'stream', 'tailLines', 'timestamps'],
  },
  portforward: { ...TALK, response: core('PodPortForwardOptions'), query: ['ports'] },
  scale: { verbs: READ_WRITE, response: { group: 'autoscaling', version: 'v1', kind: 'Scale' } },
  token: { verbs: ['create'], response: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' } },
};
const PROXY: Own = { verbs: ['create', 'delete', 'get', 'patch', 'update'], connects: ANY_METHOD, deep: true, query: ['path'] };

/** A kind's subresources, in order of name. */
export function subresourcesOf(kind: Kind): readonly Subresource[] {
  const own: GroupVersionKind = { group: kind.group, version: kind.version, kind: kind.kind };
  const isStored = kind.verbs === undefined || kind.verbs.includes('get');
  const names = [...(kind.hasStatus && isStored ? ['status'] : []), ...(kind.scale ? ['scale'] : []), ...(kind.subresources ?? [])];
  return [...new Set(names)].toSorted().map((name) => {
    if (name === 'proxy') return { name, ...PROXY, response: core(`${kind.kind}ProxyOptions`) };
    return { name, response: own, ...(SUBRESOURCES[name] ?? { verbs: READ_WRITE }) };
  });
}
