import { badRequest } from '../../meta/api-error.ts';
import type { Headers, UserInfo } from '../../wire/api.ts';
import { requireAllowed } from '../authz/stage.ts';
import type { AccessRequest } from '../authz/authorizer.ts';
import type { Core } from '../core.ts';
import type { Stage } from '../exchange.ts';
import { serviceAccountGroups } from './service-account.ts';
import { withGroup } from './stage.ts';

const EXTRA = 'impersonate-extra-';

/** Lets a caller who may do so act as someone else: `Impersonate-User`, `-Group`, `-Uid`, `-Extra-*`. */
export function impersonateStage(core: Core): Stage {
  return {
    name: 'impersonate',
    async handle(exchange, next) {
      const { headers } = exchange.request;
      const wanted = asksForOther(headers) ? wantedUser(headers) : undefined;
      if (!wanted) return next(exchange);
      for (const access of accesses(exchange.user, wanted)) {
        requireAllowed(access, await core.authorizer.authorize(access));
      }
      exchange.user = withGroup(wanted);
      return next(exchange);
    },
  };
}

/** Hardly any request does. */
function asksForOther(headers: Headers): boolean {
  for (const name in headers) if (name.startsWith('impersonate-')) return true;
  return false;
}

const words = (header: string | undefined): readonly string[] =>
  (header ?? '').split(',').map((word) => word.trim()).filter((word) => word !== '');

function wantedUser(headers: Headers): UserInfo | undefined {
  const username = headers['impersonate-user'];
  const groups = words(headers['impersonate-group']);
  const uid = headers['impersonate-uid'];
  const extra = Object.fromEntries(Object.entries(headers)
    .filter(([name, value]) => name.startsWith(EXTRA) && value !== undefined)
    .map(([name, value]) => [decodeURIComponent(name.slice(EXTRA.length)), words(value)]));
  const hasExtra = Object.keys(extra).length > 0;
  if (!username) {
    if (groups.length > 0 || uid || hasExtra) throw badRequest(`requested ${JSON.stringify(groups)} without impersonating a user`);
    return undefined;
  }
  const account = serviceAccountOf(username);
  const all = groups.length === 0 && account ? serviceAccountGroups(account.namespace) : groups;
  return { username, groups: all, ...(uid ? { uid } : {}), ...(hasExtra ? { extra } : {}) };
}

function serviceAccountOf(username: string): { readonly namespace: string; readonly name: string } | undefined {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username) ?? [];
  return namespace && name ? { namespace, name } : undefined;
}

/** Everything the caller must be allowed to take on. */
function* accesses(user: UserInfo, wanted: UserInfo): Iterable<AccessRequest> {
  const base = { user, verb: 'impersonate', isResource: true, group: '', version: 'v1', subresource: '', namespace: '', path: '' };
  const account = serviceAccountOf(wanted.username);
  if (account) yield { ...base, resource: 'serviceaccounts', ...account };
  else yield { ...base, resource: 'users', name: wanted.username };
  const implied = account ? serviceAccountGroups(account.namespace) : [];
  for (const name of wanted.groups) if (!implied.includes(name)) yield { ...base, resource: 'groups', name };
  const inGroup = { ...base, group: 'authentication.k8s.io' };
  if (wanted.uid) yield { ...inGroup, resource: 'uids', name: wanted.uid };
  for (const [key, values] of Object.entries(wanted.extra ?? {})) for (const name of values) yield { ...inGroup, resource: 'userextras', subresource: key, name };
}
