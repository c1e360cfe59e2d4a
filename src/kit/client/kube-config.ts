/** The kubeconfig format (kubectl's `v1` `Config`), read as data: which server, whom to trust, who one is. Files are read elsewhere. */

export interface KubeConfig {
  readonly 'current-context'?: string;
  readonly clusters?: readonly { readonly name: string; readonly cluster: ClusterEntry }[];
  readonly users?: readonly { readonly name: string; readonly user: UserEntry }[];
  readonly contexts?: readonly { readonly name: string; readonly context: ContextEntry }[];
}

export interface ClusterEntry {
  readonly server?: string;
  readonly 'tls-server-name'?: string;
  readonly 'insecure-skip-tls-verify'?: boolean;
  readonly 'certificate-authority'?: string;
  readonly 'certificate-authority-data'?: string;
  readonly 'proxy-url'?: string;
}

export interface UserEntry {
  readonly 'client-certificate'?: string;
  readonly 'client-certificate-data'?: string;
  readonly 'client-key'?: string;
  readonly 'client-key-data'?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly as?: string;
  readonly 'as-uid'?: string;
  readonly 'as-groups'?: readonly string[];
  readonly 'as-user-extra'?: Readonly<Record<string, readonly string[]>>;
  readonly username?: string;
  readonly password?: string;
  readonly 'auth-provider'?: { readonly name: string };
  readonly exec?: ExecEntry;
}

export interface ContextEntry {
  readonly cluster: string;
  readonly user: string;
  readonly namespace?: string;
}

export interface ExecEntry {
  readonly apiVersion?: string;
  readonly command: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly installHint?: string;
  readonly provideClusterInfo?: boolean;
  readonly interactiveMode?: 'Never' | 'IfAvailable' | 'Always';
}

/** One context with what it names. */
export interface Chosen {
  readonly cluster: ClusterEntry & { readonly server: string };
  readonly user: UserEntry;
  /** `default` unless the context says otherwise. */
  readonly namespace: string;
}

/** Fields that name files; relative ones are meant from the directory of the file they stand in. */
const CLUSTER_FILES = ['certificate-authority'] as const;
const USER_FILES = ['client-certificate', 'client-key', 'tokenFile'] as const;

/** What was read of a file, without what only says that there is nothing: kubectl itself writes `as-user-extra: null`. */
export const kubeConfigFrom = (text: unknown): KubeConfig => (withoutNulls(text) ?? {}) as KubeConfig;

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => item !== null).map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value ?? undefined;
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== null).map(([key, item]) => [key, withoutNulls(item)]));
}

/** The same configuration with every file named from the root. @param resolve from a relative path to an absolute one */
export function located(config: KubeConfig, resolve: (path: string) => string): KubeConfig {
  const locate = <T extends object>(entry: T, names: readonly (keyof T & string)[]): T => {
    const found = names.filter((name) => typeof entry[name] === 'string' && entry[name] !== '');
    return { ...entry, ...Object.fromEntries(found.map((name) => [name, resolve(entry[name] as string)])) };
  };
  // A command with a slash in it is a file; one without is looked for on the PATH.
  const exec = ({ exec: entry, ...user }: UserEntry): UserEntry =>
    entry ? { ...user, exec: { ...entry, command: entry.command.includes('/') ? resolve(entry.command) : entry.command } } : user;
  return {
    ...config,
    clusters: (config.clusters ?? []).map((one) => ({ ...one, cluster: locate(one.cluster, CLUSTER_FILES) })),
    users: (config.users ?? []).map((one) => ({ ...one, user: exec(locate(one.user, USER_FILES)) })),
  };
}

/** Several files as one, as `$KUBECONFIG` names them: whoever says a thing first is believed. */
export function merged(configs: readonly KubeConfig[]): KubeConfig {
  const first = <T extends { readonly name: string }>(lists: readonly (readonly T[] | undefined)[]): readonly T[] => {
    const byName = new Map<string, T>();
    for (const entry of lists.flatMap((list) => list ?? [])) if (!byName.has(entry.name)) byName.set(entry.name, entry);
    return [...byName.values()];
  };
  const current = configs.map((config) => config['current-context']).find((name) => name);
  return {
    ...(current === undefined ? {} : { 'current-context': current }),
    clusters: first(configs.map(({ clusters }) => clusters)),
    users: first(configs.map(({ users }) => users)),
    contexts: first(configs.map(({ contexts }) => contexts)),
  };
}

/** What a context stands for. @throws in client-go's words where it, its cluster or its user is not there */
export function choose(config: KubeConfig, contextName?: string): Chosen {
  const name = contextName ?? config['current-context'] ?? '';
  const context = find(config.contexts, name)?.context;
  if (!context && name !== '') throw new Error(`context ${JSON.stringify(name)} does not exist`);
  if (!context) throw new Error(NOTHING);
  const cluster = find(config.clusters, context.cluster)?.cluster;
  const user = find(config.users, context.user)?.user;
  if (!user && context.user) throw new Error(`auth info ${JSON.stringify(context.user)} does not exist`);
  const server = cluster?.server;
  if (!server) throw new Error(`invalid configuration: no server found for cluster ${JSON.stringify(context.cluster)}`);
  if (cluster['insecure-skip-tls-verify'] && (cluster['certificate-authority'] || cluster['certificate-authority-data'])) {
    throw new Error('specifying a root certificates file with the insecure flag is not allowed');
  }
  return { cluster: { ...cluster, server }, user: user ?? {}, namespace: context.namespace || 'default' };
}

export const NOTHING = 'invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable';

const find = <T extends { readonly name: string }>(list: readonly T[] | undefined, name: string): T | undefined => list?.find((one) => one.name === name);

/** The headers by which one user acts as another; those of several values have a line for each. @throws in client-go's words */
export function impersonation({ as, 'as-uid': uid, 'as-groups': groups = [], 'as-user-extra': extra = {} }: UserEntry): Readonly<Record<string, string>> {
  if (!as) {
    if (uid || groups.length > 0 || Object.keys(extra).length > 0) throw new Error('requesting uid, groups or user-extra without impersonating a user');
    return {};
  }
  return {
    'impersonate-user': as,
    ...(uid ? { 'impersonate-uid': uid } : {}),
    ...(groups.length > 0 ? { 'impersonate-group': groups.join('\n') } : {}),
    ...Object.fromEntries(Object.entries(extra).map(([key, values]) => [`impersonate-extra-${encodeURIComponent(key).toLowerCase()}`, values.join('\n')])),
  };
}
