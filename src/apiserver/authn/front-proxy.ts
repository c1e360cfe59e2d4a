/** Who asks by way of a front proxy (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#authenticating-proxy). */
import type { Headers, UserInfo } from '../../wire/api.ts';

/** Names in certificates of proxies that are believed. */
export const PROXY_NAMES: readonly string[] = ['front-proxy-client'];

const EXTRA = 'x-remote-extra-';

/** @returns undefined where the proxy is none that is believed, or names nobody */
export function proxiedUser(proxyName: string, headers: Headers): UserInfo | undefined {
  if (!PROXY_NAMES.includes(proxyName)) return undefined;
  // Values that are said several times have lines of their own.
  const linesOf = (name: string): readonly string[] => (headers[name] ?? '').split('\n').filter((line) => line !== '');
  const [username] = linesOf('x-remote-user');
  if (username === undefined) return undefined;
  const [uid] = linesOf('x-remote-uid');
  const extra = Object.fromEntries(Object.keys(headers).filter((name) => name.startsWith(EXTRA)).map((name) => [unescaped(name.slice(EXTRA.length)), linesOf(name)]));
  return { username, groups: linesOf('x-remote-group'), ...(uid === undefined ? {} : { uid }), ...(Object.keys(extra).length > 0 ? { extra } : {}) };
}

/** A key that is badly escaped is taken as it is. */
function unescaped(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
