import { ApiError } from '../../meta/api-error.ts';
import type { UserInfo } from '../../wire/api.ts';
import type { Core } from '../core.ts';
import type { Exchange, Stage } from '../exchange.ts';
import { identify } from './service-account.ts';

export const ANONYMOUS: UserInfo = { username: 'system:anonymous', groups: ['system:unauthenticated'] };
const AUTHENTICATED = 'system:authenticated';

/** Finds out who asks: an identity given in-process, a client certificate, a bearer token, or nobody. */
export function authenticateStage(core: Core): Stage {
  return {
    name: 'authenticate',
    async handle(exchange, next) {
      const start = core.clock.monotonic();
      try {
        exchange.user = await authenticate(core, exchange);
      } catch (error) {
        count(core, 'failure', start);
        throw error;
      }
      count(core, 'success', start);
      core.metrics.authenticatedUsers.add(USERNAMES.get(exchange.user.username) ?? OTHERS);
      return next(exchange);
    },
  };
}

/** Names that are few; all others count as one. */
const USERNAMES: ReadonlyMap<string, string> = new Map(['admin', 'cluster-admin', 'system:anonymous', 'system:kube-controller-manager', 'system:kube-scheduler', 'system:apiserver']
  .map((username) => [username, `username="${username}"`]));
const OTHERS = 'username="other"';
const RESULTS = { success: 'result="success"', failure: 'result="failure"' } as const;

function count({ metrics, clock }: Core, result: keyof typeof RESULTS, start: number): void {
  metrics.authentications.add(RESULTS[result]);
  metrics.authenticationSeconds.at(RESULTS[result]).observe((clock.monotonic() - start) / 1000);
}

async function authenticate(core: Core, { request }: Exchange): Promise<UserInfo> {
  const { peer, headers } = request;
  if (peer.user) return known(peer.user, () => withGroup(peer.user!));
  if (peer.certificate) {
    const { commonName, organizations, uid, expires } = peer.certificate;
    if (expires !== undefined) core.metrics.certificateExpiry.observe(Math.max(0, (expires - core.clock.now()) / 1000));
    return known(peer.certificate, () => withGroup({ username: commonName, groups: organizations, ...(uid ? { uid } : {}) }));
  }
  const token = bearerToken(headers['authorization'], headers['sec-websocket-protocol']);
  if (token === undefined) {
    // Who shows a certificate means to be somebody: a bad one does not make him nobody.
    if (peer.certificateError !== undefined) throw new ApiError('Unauthorized', 'Unauthorized');
    return ANONYMOUS;
  }
  const identity = await identify(core, token);
  if (!identity) throw new ApiError('Unauthorized', 'Unauthorized');
  return withGroup(identity.user);
}

/** Callers by what they show: the same object for each request over one connection, so that others can keep what they found out. */
const callers = new WeakMap<object, UserInfo>();

function known(shown: object, read: () => UserInfo): UserInfo {
  const kept = callers.get(shown);
  if (kept) return kept;
  const user = read();
  callers.set(shown, user);
  return user;
}

const IN_PROTOCOL = /(?:^|,\s*)base64url\.bearer\.authorization\.k8s\.io\.([A-Za-z0-9_-]+)/;

/** From the header or, for browsers' websockets, from the list of subprotocols. */
function bearerToken(authorization: string | undefined, protocols: string | undefined): string | undefined {
  if (authorization !== undefined) {
    const [scheme = '', token = ''] = authorization.trim().split(/\s+/);
    return scheme.toLowerCase() === 'bearer' && token !== '' ? token : undefined;
  }
  const encoded = protocols === undefined ? undefined : IN_PROTOCOL.exec(protocols)?.[1];
  return encoded === undefined ? undefined : atob(encoded.replaceAll('-', '+').replaceAll('_', '/'));
}

export function withGroup(user: UserInfo): UserInfo {
  if (user.groups.includes(AUTHENTICATED) || user.username === ANONYMOUS.username) return user;
  return { ...user, groups: [...user.groups, AUTHENTICATED] };
}
