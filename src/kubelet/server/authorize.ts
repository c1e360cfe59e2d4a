/** Who may ask the kubelet: callers with a certificate or a token, and strangers where they are let in, as the API server's own rules say. */
import { createHash } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { Client } from '../../client/index.ts';
import { SubjectAccessReview } from '../../kinds/authorization/subject-access-review.ts';
import { TokenReview } from '../../kinds/authentication/token-review.ts';
import type { ApiRequest, ApiResponse, UserInfo } from '../../wire/api.ts';
import type { KubeletServerOptions } from '../options.ts';
import { Believed } from './believed.ts';
import { plain } from './plain.ts';

/** Paths that have a permission of their own; what it takes is that alone, or `proxy` too, which was needed for it once (KEP-2862). */
const PERMISSIONS: readonly (readonly [path: string, ...subresources: string[]])[] = [
  ['/stats', 'stats'], ['/metrics', 'metrics'], ['/logs', 'log'], ['/checkpoint', 'checkpoint'],
  ['/healthz', 'healthz', 'proxy'], ['/pods', 'pods', 'proxy'], ['/runningpods', 'pods', 'proxy'], ['/configz', 'configz', 'proxy'], ['/statusz', 'statusz', 'proxy'],
];

/** The subresources of `nodes` of which one will do. */
export function subresourcesOf(path: string): readonly string[] {
  const found = PERMISSIONS.find(([prefix]) => path === prefix || path.startsWith(`${prefix}/`));
  return found ? found.slice(1) : ['proxy'];
}

const VERBS: Readonly<Record<string, string>> = { POST: 'create', GET: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

export interface AuthorizerOptions extends Pick<KubeletServerOptions, 'anonymous' | 'tokens' | 'authorization' | 'cache'> {
  readonly client: Client;
  readonly nodeName: string;
  readonly clock: Pick<Clock, 'monotonic'>;
}

const CACHE = { tokens: 120_000, allowed: 300_000, denied: 30_000 };
const ANONYMOUS: UserInfo = { username: 'system:anonymous', groups: ['system:unauthenticated'] };

/** @returns the refusal, or undefined for who may go on */
export type Refuse = (request: ApiRequest) => Promise<ApiResponse | undefined>;

export function createAuthorizer(options: AuthorizerOptions): Refuse {
  const { nodeName, authorization = 'Webhook' } = options;
  const users = createAuthenticator(options);
  const allows = createReviews(options);
  return async (request) => {
    const user = await users(request).catch(() => undefined);
    if (!user) return plain(401, 'Unauthorized');
    if (authorization === 'AlwaysAllow') return undefined;
    const verb = VERBS[request.method] ?? '';
    const subresources = subresourcesOf(new URL(request.url, 'http://kubelet').pathname);
    for (const subresource of subresources) {
      const at = { verb, version: 'v1', resource: 'nodes', subresource, name: nodeName };
      try {
        if (await allows(user, at)) return undefined;
      } catch {
        return plain(500, `Authorization error (user=${user.username}, verb=${verb}, resource=nodes, subresource=${subresource})`);
      }
    }
    return plain(403, `Forbidden (user=${user.username}, verb=${verb}, resource=nodes, subresource(s)=[${subresources.join(' ')}])\n`);
  };
}

function createAuthenticator({ client, clock, anonymous = false, tokens = true, cache = CACHE }: AuthorizerOptions): (request: ApiRequest) => Promise<UserInfo | undefined> {
  const known = new Believed<UserInfo | undefined>(clock);
  const review = async (token: string): Promise<UserInfo | undefined> => {
    const { status } = await client.create(TokenReview, { spec: { token } });
    const { username = '', uid, groups = [], extra } = status.user ?? {};
    return status.authenticated ? { username, groups, ...(uid ? { uid } : {}), ...(extra ? { extra } : {}) } : undefined;
  };
  return async ({ peer: { certificate }, headers }) => {
    if (certificate) return { username: certificate.commonName, groups: [...certificate.organizations, 'system:authenticated'], ...(certificate.uid ? { uid: certificate.uid } : {}) };
    const token = tokens ? /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1] : undefined;
    // A wrong token is a mistake, not a stranger.
    if (token !== undefined) return known.ask(createHash('sha256').update(token).digest('base64'), () => review(token), (user) => (user ? cache.tokens : 0));
    return anonymous && headers.authorization === undefined ? ANONYMOUS : undefined;
  };
}

type Attributes = Readonly<Record<'verb' | 'version' | 'resource' | 'subresource' | 'name', string>>;

function createReviews({ client, clock, cache = CACHE }: AuthorizerOptions): (user: UserInfo, at: Attributes) => Promise<boolean> {
  const known = new Believed<boolean>(clock);
  return async (user, resourceAttributes) => {
    // Nobody can take that from them; so the API server's own certificate works while it is down, too.
    if (user.groups.includes('system:masters')) return true;
    const { username, uid, groups, extra } = user;
    const spec = { user: username, groups: [...groups], resourceAttributes, ...(uid ? { uid } : {}), ...(extra ? { extra } : {}) };
    return known.ask(JSON.stringify(spec), async () => (await client.create(SubjectAccessReview, { spec })).status.allowed, (allowed) => (allowed ? cache.allowed : cache.denied));
  };
}
