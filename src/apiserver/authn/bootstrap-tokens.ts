import type { AnyObject } from '../../meta/object.ts';
import { parseTime } from '../../meta/time.ts';
import type { UserInfo } from '../../wire/api.ts';
import type { Core } from '../core.ts';

const FORM = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const EXTRA_GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

/**
 * Who shows the token of a Secret `kube-system/bootstrap-token-ID` may ask for a certificate, as a node that joins does
 * (https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/). A Secret that is changed or deleted counts at once.
 */
export function bootstrapUser({ resources, clock }: Pick<Core, 'resources' | 'clock'>, token: string): UserInfo | undefined {
  const [, id, secret] = FORM.exec(token) ?? [];
  if (id === undefined || secret === undefined) return undefined;
  const found = resources.of('', 'secrets')?.cache.object('kube-system', `bootstrap-token-${id}`);
  if (!found || found['type'] !== 'bootstrap.kubernetes.io/token' || found.metadata.deletionTimestamp !== undefined) return undefined;
  const field = fieldsOf(found);
  if (!alike(field('token-secret'), secret) || field('token-id') !== id || field('usage-bootstrap-authentication') !== 'true') return undefined;
  const expiration = field('expiration');
  // What cannot be read as a time is over.
  if (expiration !== '' && !((parseTime(expiration) ?? 0) > clock.now())) return undefined;
  const extra = field('auth-extra-groups').split(',').map((group) => group.trim()).filter((group) => group !== '');
  if (!extra.every((group) => EXTRA_GROUP.test(group))) return undefined;
  return { username: `system:bootstrap:${id}`, groups: [...new Set(['system:bootstrappers', ...extra])] };
}

function fieldsOf(secret: AnyObject): (name: string) => string {
  const data = (secret['data'] ?? {}) as Readonly<Record<string, string>>;
  return (name) => {
    try {
      return atob(data[name] ?? '');
    } catch {
      return '';
    }
  };
}

/** Takes as long for a first character that is wrong as for the last. */
function alike(a: string, b: string): boolean {
  let differences = a.length ^ b.length;
  for (let at = 0; at < b.length; at++) differences |= (a.charCodeAt(at) || 0) ^ b.charCodeAt(at);
  return differences === 0;
}
