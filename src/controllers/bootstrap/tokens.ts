/** Bootstrap tokens: Secrets of kube-system by which a machine that joins and a cluster come to trust each other. */
import type { Millis } from '../../base/clock.ts';
import type { ConfigMap } from '../../kinds/core/config-map.ts';
import type { Secret } from '../../kinds/core/secret.ts';
import { textOfBase64 } from '../../meta/pem.ts';
import { parseTime } from '../../meta/time.ts';

export const TOKEN_NAMESPACE = 'kube-system';
const TYPE = 'bootstrap.kubernetes.io/token';
const NAME = /^bootstrap-token-([a-z0-9]{6})$/;
const SIGNATURE = 'jws-kubeconfig-';

export const isBootstrapToken = ({ type, metadata }: Secret): boolean => type === TYPE && metadata.namespace === TOKEN_NAMESPACE;

const valueOf = ({ data }: Secret, key: string): string => textOfBase64(data?.[key] ?? '') ?? '';

/** Milliseconds until it expires, 0 or less where it has; undefined where it never does. A time that cannot be read has passed. */
export function expiresIn(secret: Secret, now: Millis): Millis | undefined {
  const expiration = valueOf(secret, 'expiration');
  return expiration === '' ? undefined : (parseTime(expiration) ?? now) - now;
}

export interface Token {
  readonly id: string;
  readonly secret: string;
}

/** The token that may sign; undefined where it is not whole, has expired or is for something else. */
export function signingToken(secret: Secret, now: Millis): Token | undefined {
  const [, named] = NAME.exec(secret.metadata.name) ?? [];
  const [id, value] = [valueOf(secret, 'token-id'), valueOf(secret, 'token-secret')];
  if (named === undefined || named !== id || value === '' || valueOf(secret, 'usage-bootstrap-signing') !== 'true') return undefined;
  return (expiresIn(secret, now) ?? Infinity) > 0 ? { id, secret: value } : undefined;
}

/** The map's data with these signatures and no others; undefined where it has them already. */
export function withSignatures({ data = {} }: ConfigMap, signatures: ReadonlyMap<string, string>): Readonly<Record<string, string>> | undefined {
  const old = Object.keys(data).filter((key) => key.startsWith(SIGNATURE));
  const wanted = [...signatures].map(([id, signature]) => [`${SIGNATURE}${id}`, signature] as const);
  if (old.length === wanted.length && wanted.every(([key, signature]) => data[key] === signature)) return undefined;
  return { ...Object.fromEntries(Object.entries(data).filter(([key]) => !old.includes(key))), ...Object.fromEntries(wanted) };
}
