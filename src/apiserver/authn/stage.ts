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
      exchange.user = await authenticate(core, exchange);
      return next(exchange);
    },
  };
}

async function authenticate(core: Core, { request }: Exchange): Promise<UserInfo> {
  const { peer, headers } = request;
  if (peer.user) return withGroup(peer.user);
  if (peer.certificate) {
    const { commonName, organizations, uid } = peer.certificate;
    return withGroup({ username: commonName, groups: organizations, ...(uid ? { uid } : {}) });
  }
  const token = bearerToken(headers['authorization'], headers['sec-websocket-protocol']);
  if (token === undefined) return ANONYMOUS;
  const identity = await identify(core, token);
  if (!identity) throw new ApiError('Unauthorized', 'Unauthorized');
  return withGroup(identity.user);
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
