/** What an EncryptionConfiguration says, read: who may open what is at rest, and what new writes are sealed with. */

export type CipherName = 'aesgcm' | 'aescbc' | 'secretbox';

export interface EncryptionKey {
  readonly name: string;
  readonly secret: Uint8Array;
}

export type EncryptionProvider = { readonly type: 'identity' } | { readonly type: CipherName; readonly keys: readonly EncryptionKey[] };

export interface EncryptionRule {
  /** `secrets`, `deployments.apps`; `*.` is all of the core group, `*.apps` of another, `*.*` of all. */
  readonly resources: readonly string[];
  /** The first writes, all read. */
  readonly providers: readonly EncryptionProvider[];
}

/** One key of one cipher; `context` is what the bytes belong to, for ciphers that can vouch for it. */
export interface Cipher {
  seal(plain: Uint8Array, context: Uint8Array): Uint8Array;
  /** @throws Error where the bytes were not sealed with this key, or not in this context */
  open(sealed: Uint8Array, context: Uint8Array): Uint8Array;
}

/** Ciphers by name, as upstream lays out what they seal. */
export type Ciphers = Readonly<Record<CipherName, (key: Uint8Array) => Cipher>>;

export interface EncryptionConfig {
  readonly rules: readonly EncryptionRule[];
  readonly ciphers: Ciphers;
}

export interface GroupResource {
  readonly group: string;
  readonly resource: string;
}

/** `deployments.apps`, as upstream splits it. */
export function groupResourceOf(text: string): GroupResource {
  const dot = text.indexOf('.');
  return dot < 0 ? { group: '', resource: text } : { group: text.slice(dot + 1), resource: text.slice(0, dot) };
}
