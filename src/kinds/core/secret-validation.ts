/** Secrets and ConfigMaps: keys, size, what their type demands, and the seal of immutability. */
import { deepEqual } from '../../base/deep-equal.ts';
import { messageOf } from '../../base/message-of.ts';
import { FieldPath, forbidden, invalid, required, tooLong } from '../../meta/field-error.ts';
import { configKeyProblems } from '../../meta/names.ts';
import { type Errors, immutable, problemsAt } from '../checks.ts';

type Texts = Readonly<Record<string, string>>;
const MAX_BYTES = 1024 * 1024;

/** Bytes that base64 stands for. */
const decodedLength = (text: string): number => Math.floor((text.length * 3) / 4) - (text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0);
const utf8Length = (text: string): number => new TextEncoder().encode(text).length;
const sum = (values: readonly string[], length: (text: string) => number): number => values.reduce((total, value) => total + length(value), 0);

interface SecretLike {
  readonly metadata: { readonly annotations?: Texts };
  readonly type: string;
  readonly data?: Texts;
  readonly immutable?: boolean;
}

/** Keys that a type's secrets must have. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};
const ACCOUNT = 'kubernetes.io/service-account.name';

export function* secretErrors({ metadata, type, data = {} }: SecretLike, at: FieldPath): Errors {
  const here = at.child('data');
  for (const key of Object.keys(data)) yield* problemsAt(here.key(key), key, configKeyProblems(key));
  if (sum(Object.values(data), decodedLength) > MAX_BYTES) yield tooLong(here, MAX_BYTES);
  if (type === 'kubernetes.io/service-account-token' && !metadata.annotations?.[ACCOUNT]) {
    yield required(at.child('metadata').child('annotations').key(ACCOUNT));
  }
  if (type === 'kubernetes.io/basic-auth' && data.username === undefined && data.password === undefined) {
    for (const key of ['username', 'password']) yield required(here.key(key));
  }
  for (const key of KEYS[type] ?? []) {
    const value = data[key];
    if (value === undefined || (value === '' && type === 'kubernetes.io/ssh-auth')) yield required(here.key(key));
    else if (key.startsWith('.docker')) yield* jsonErrors(value, here.key(key));
  }
}

function* jsonErrors(base64: string, at: FieldPath): Errors {
  try {
    JSON.parse(atob(base64));
  } catch (error) {
    yield invalid(at, '<secret contents redacted>', messageOf(error));
  }
}

export function* secretUpdateErrors(secret: SecretLike, old: SecretLike, at: FieldPath): Errors {
  yield* immutable(at.child('type'), secret.type === old.type, secret.type);
  yield* sealErrors(secret, old, { fields: ['data'], at });
}

interface ConfigMapLike {
  readonly data?: Texts;
  readonly binaryData?: Texts;
  readonly immutable?: boolean;
}

export function* configMapErrors({ data = {}, binaryData = {} }: ConfigMapLike, at: FieldPath): Errors {
  for (const key of Object.keys(data)) {
    yield* problemsAt(at.child('data').key(key), key, configKeyProblems(key));
    if (Object.hasOwn(binaryData, key)) yield invalid(at.child('data').key(key), key, 'duplicate of key present in binaryData');
  }
  for (const key of Object.keys(binaryData)) yield* problemsAt(at.child('binaryData').key(key), key, configKeyProblems(key));
  if (sum(Object.values(data), utf8Length) + sum(Object.values(binaryData), decodedLength) > MAX_BYTES) yield tooLong(FieldPath.of('[]'), MAX_BYTES);
}

export const configMapUpdateErrors = (map: ConfigMapLike, old: ConfigMapLike, at: FieldPath): Errors =>
  sealErrors(map, old, { fields: ['data', 'binaryData'], at });

const SEALED = 'field is immutable when `immutable` is set';

interface Sealable {
  readonly immutable?: boolean;
  readonly data?: Texts;
  readonly binaryData?: Texts;
}

function* sealErrors(next: Sealable, old: Sealable, { fields, at }: { readonly fields: readonly ('data' | 'binaryData')[]; readonly at: FieldPath }): Errors {
  if (!old.immutable) return;
  if (!next.immutable) yield forbidden(at.child('immutable'), SEALED);
  for (const field of fields) if (!deepEqual(next[field] ?? {}, old[field] ?? {})) yield forbidden(at.child(field), SEALED);
}
