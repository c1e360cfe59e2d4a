import { ApiError } from '../../meta/api-error.ts';
import type { UserInfo } from '../../wire/api.ts';
import type { Core } from '../core.ts';
import type { Exchange, Stage } from '../exchange.ts';

export const ANONYMOUS: UserInfo = { username: 'system:anonymous', groups: ['system:unauthenticated'] };
const AUTHENTICATED = 'system:authenticated';

/** Finds out who asks: an identity given in-process, a client certificate, a bearer token, or nobody. */
export function authenticateStage(_core: Core): Stage {
  return {
    name: 'authenticate',
    async handle(exchange, next) {
      exchange.user = authenticate(exchange);
      return next(exchange);
    },
  };
}

function authenticate({ request }: Exchange): UserInfo {
  const { peer, headers } = request;
  if (peer.user) return withGroup(peer.user);
  if (peer.certificate) {
    const { commonName, organizations, uid } = peer.certificate;
    return withGroup({ username: commonName, groups: organizations, ...(uid ? { uid } : {}) });
  }
  if (headers['authorization']) throw new ApiError('Unauthorized', 'Unauthorized');
  return ANONYMOUS;
}

export function withGroup(user: UserInfo): UserInfo {
  if (user.groups.includes(AUTHENTICATED) || user.username === ANONYMOUS.username) return user;
  return { ...user, groups: [...user.groups, AUTHENTICATED] };
}
