import { messageOf } from '../../base/message-of.ts';
import type { Cipher, Ciphers, EncryptionConfig, EncryptionKey, EncryptionProvider, GroupResource } from './config.ts';
import { groupResourceOf } from './config.ts';

const encoder = new TextEncoder();

export interface Opened {
  readonly value: Uint8Array;
  /** It is not as it would be written now: another provider's or another key's. */
  readonly stale: boolean;
}

/** Between an object's bytes and those at rest; `key` is where the store keeps them. */
export interface Transformer {
  seal(value: Uint8Array, key: string): Uint8Array;
  /** @throws Error in upstream's words */
  open(value: Uint8Array, key: string): Opened;
}

/** How everything that is sealed begins, whatever by. */
const SEALED = encoder.encode('k8s:enc:');

export const identity: Transformer = {
  seal: (value) => value,
  open: (value) => {
    if (startsWith(value, SEALED)) throw new Error('identity transformer tried to read encrypted data');
    return { value, stale: false };
  },
};

/** Of each resource by the rule that names it: itself, all of its group, or all. @throws Error where a rule never comes to be used */
export function transformersOf({ rules, ciphers }: EncryptionConfig): (resource: GroupResource) => Transformer {
  const byName = new Map<string, Transformer>();
  for (const [name, providers] of providersByResource(rules)) byName.set(name, firstOf(providers.map((provider) => providerOf(provider, ciphers)), 'no matching prefix found'));
  return (at) => byName.get(nameOf(at)) ?? byName.get(nameOf({ ...at, resource: '*' })) ?? byName.get('*.*') ?? identity;
}

/** Rules for the same resource add up. */
export function providersByResource(rules: EncryptionConfig['rules']): ReadonlyMap<string, readonly EncryptionProvider[]> {
  const found = new Map<string, readonly EncryptionProvider[]>();
  for (const { resources, providers } of rules) {
    for (const text of resources) {
      const at = groupResourceOf(text);
      const name = nameOf(at);
      for (const wider of [nameOf({ ...at, resource: '*' }), '*.*']) {
        if (wider !== name && found.has(wider)) throw new Error(`resource ${JSON.stringify(name)} is masked by earlier rule ${JSON.stringify(wider)}`);
      }
      found.set(name, [...(found.get(name) ?? []), ...providers]);
    }
  }
  return found;
}

/** As the configuration writes it. */
const nameOf = ({ group, resource }: GroupResource): string => (group === '' && resource !== '*' ? resource : `${resource}.${group}`);

interface Prefixed {
  readonly prefix: Uint8Array;
  readonly transformer: Transformer;
}

function providerOf(provider: EncryptionProvider, ciphers: Ciphers): Prefixed {
  if (provider.type === 'identity') return { prefix: new Uint8Array(), transformer: identity };
  const { type } = provider;
  const keys = provider.keys.map(({ name, secret }: EncryptionKey) => ({ prefix: encoder.encode(`${name}:`), transformer: byCipher(ciphers[type](secret)) }));
  return { prefix: encoder.encode(`k8s:enc:${type}:v1:`), transformer: firstOf(keys, `no matching key was found for the provided ${type === 'secretbox' ? 'Secretbox' : 'AES'} transformer`) };
}

const byCipher = (cipher: Cipher): Transformer => ({
  seal: (value, key) => cipher.seal(value, encoder.encode(key)),
  open: (value, key) => ({ value: cipher.open(value, encoder.encode(key)), stale: false }),
});

/** The first seals; whichever can opens, as the same prefix may stand for several keys of one name. */
function firstOf(all: readonly Prefixed[], otherwise: string): Transformer {
  return {
    seal(value, key) {
      const { prefix, transformer } = all[0]!;
      const sealed = transformer.seal(value, key);
      if (prefix.length === 0) return sealed;
      const bytes = new Uint8Array(prefix.length + sealed.length);
      bytes.set(prefix);
      bytes.set(sealed, prefix.length);
      return bytes;
    },
    open(value, key) {
      const problems: string[] = [];
      for (const [index, { prefix, transformer }] of all.entries()) {
        if (!startsWith(value, prefix)) continue;
        try {
          const opened = transformer.open(prefix.length === 0 ? value : value.subarray(prefix.length), key);
          return { value: opened.value, stale: opened.stale || index > 0 };
        } catch (error) {
          if (prefix.length > 0) problems.push(messageOf(error));
        }
      }
      throw new Error(problems.length > 1 ? `[${[...new Set(problems)].join(', ')}]` : (problems[0] ?? otherwise));
    },
  };
}

function startsWith(value: Uint8Array, prefix: Uint8Array): boolean {
  if (value.length < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (value[i] !== prefix[i]) return false;
  return true;
}
