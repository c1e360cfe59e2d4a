/** EncryptionConfiguration (apiserver.config.k8s.io/v1): what is kept encrypted in the store, and by which keys (https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/). */
import { messageOf } from '../../base/message-of.ts';
import { type FieldError, FieldPath, invalid, required } from '../../meta/field-error.ts';
import { textOfBase64 } from '../../meta/pem.ts';
import { int32, list, object, string, type TypeOf } from '../../schema/field.ts';
import type { CipherName, EncryptionProvider, EncryptionRule } from '../encryption/index.ts';
import { groupResourceOf, providersByResource } from '../encryption/index.ts';
import { decode, type Document, type DocumentKind } from './document.ts';

const at = (name: string) => `apiserver.config.v1.${name}`;
const keysOf = (name: string) => object(at(name), { keys: list(object(at('Key'), { name: string().default(''), secret: string().default('') })) });
const providerConfiguration = object(at('ProviderConfiguration'), {
  aesgcm: keysOf('AESGCMConfiguration'), aescbc: keysOf('AESCBCConfiguration'), secretbox: keysOf('SecretboxConfiguration'), identity: object(at('IdentityConfiguration'), {}),
  kms: object(at('KMSConfiguration'), { apiVersion: string(), name: string().default(''), cachesize: int32().pointer(), endpoint: string().default(''), timeout: string() }),
});
const encryptionConfiguration = object(at('EncryptionConfiguration'), {
  resources: list(object(at('ResourceConfiguration'), { resources: list(string()), providers: list(providerConfiguration) })),
});
const ENCRYPTION: DocumentKind<TypeOf<typeof encryptionConfiguration>> = { kind: 'EncryptionConfiguration', apiVersions: ['apiserver.config.k8s.io/v1'], schema: encryptionConfiguration };

type Provider = TypeOf<typeof providerConfiguration>;
type Key = NonNullable<NonNullable<Provider['aesgcm']>['keys']>[number];

/** Bytes that a key may have. */
const KEY_SIZES: Readonly<Record<CipherName, readonly number[]>> = { aesgcm: [16, 24, 32], aescbc: [16, 24, 32], secretbox: [32] };
const CIPHERS = ['aesgcm', 'aescbc', 'secretbox'] as const;

/** @throws Error in upstream's words, all that is wrong in one */
export function readEncryption(document: Document): readonly EncryptionRule[] {
  const { resources: rules = [] } = decode(ENCRYPTION, document);
  const root = FieldPath.of('resources');
  const errors = rules.length === 0 ? [required(root, 'at least one resources is required')] : rules.flatMap((rule, index) => ruleErrors(rule, root.index(index)));
  if (errors.length > 0) {
    const texts = errors.map(({ field, message }) => `${field}: ${message}`);
    throw new Error(texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`);
  }
  const read = rules.map(({ resources = [], providers = [] }) => ({ resources, providers: providers.map(providerOf) }));
  try {
    providersByResource(read);
  } catch (error) {
    throw new Error(`error while building transformers: ${messageOf(error)}`, { cause: error });
  }
  return read;
}

function providerOf(provider: Provider): EncryptionProvider {
  for (const type of CIPHERS) {
    const found = provider[type];
    if (found) return { type, keys: (found.keys ?? []).map(({ name, secret }) => ({ name, secret: bytesOf(secret)! })) };
  }
  return { type: 'identity' };
}

/** Base64 with its padding, line breaks aside. */
function bytesOf(text: string): Uint8Array | undefined {
  const plain = text.replaceAll(/[\r\n]/g, '');
  const binary = /^[A-Za-z0-9+/]*={0,2}$/.test(plain) && plain.length % 4 === 0 ? textOfBase64(plain) : undefined;
  return binary === undefined ? undefined : Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

type Rule = NonNullable<TypeOf<typeof encryptionConfiguration>['resources']>[number];

function ruleErrors({ resources = [], providers = [] }: Rule, path: FieldPath): readonly FieldError[] {
  const named = path.child('resources');
  const provided = path.child('providers');
  return [
    ...(resources.length === 0 ? [required(named, `at least one ${named.toString()} is required`)] : []),
    ...overlapErrors(resources, named),
    ...resources.flatMap((resource, index) => nameProblems(resource).map((why) => invalid(named.index(index), resource, why))),
    ...(providers.length === 0 ? [required(provided, `at least one ${provided.toString()} is required`)] : []),
    ...providers.flatMap((provider, index) => providerErrors(provider, provided.index(index))),
  ];
}

function overlapErrors(resources: readonly string[], path: FieldPath): readonly FieldError[] {
  const all = resources.map(groupResourceOf);
  const isEverything = (one: (typeof all)[number]): boolean => one.group === '*' && one.resource === '*';
  const pairs = all.flatMap((one, index) => all.slice(index + 1).map((other) => ({ one, other, same: one.group === other.group && one.resource === other.resource })));
  const overlaps = pairs.some(({ one, other, same }) => !same && (isEverything(one) || isEverything(other) || (one.group === other.group && (one.resource === '*' || other.resource === '*'))));
  return [
    ...(pairs.some(({ same }) => same) ? [invalid(path, resources, 'the same resource cannot be specified multiple times')] : []),
    ...(overlaps ? [invalid(path, resources, "using overlapping resources such as 'secrets' and '*.' in the same resource list is not allowed as they will be masked")] : []),
  ];
}

const NOT_SERVED: ReadonlySet<string> = new Set(['apiserveripinfo', 'serviceipallocations', 'servicenodeportallocations']);

function nameProblems(text: string): readonly string[] {
  const { group, resource } = groupResourceOf(text);
  if (text.toLowerCase() !== text) return ['resource name should not contain capital letters'];
  if (text === '*') return ["use '*.' to encrypt all the resources from core API group or *.* to encrypt all resources"];
  if (NOT_SERVED.has(text)) return ['resources which do not have REST API/s cannot be encrypted'];
  if (group === 'events.k8s.io') return ["'*.events.k8s.io' objects are stored using the 'events' API group in etcd. Use 'events' instead in the config file"];
  if (group === 'extensions') return ["'extensions' group has been removed and cannot be used for encryption"];
  return group === '*' && resource !== '*' ? ['encrypting the same resource across groups is not supported'] : [];
}

function providerErrors(provider: Provider, path: FieldPath): readonly FieldError[] {
  const found = Object.entries(provider).filter(([, said]) => said !== undefined && said !== null).map(([name]) => name);
  // Their names: no key is ever shown.
  if (found.length === 0) return [invalid(path, found, 'provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity')];
  if (found.length > 1) return [invalid(path, found, 'more than one provider specified in a single element, should split into different list elements')];
  if (provider.kms) return [invalid(path.child('kms'), provider.kms.name, 'key management services (KMS) are not supported here; use secretbox, aesgcm or aescbc')];
  return CIPHERS.flatMap((type) => (provider[type] ? keyErrors(provider[type].keys ?? [], path.child(type).child('keys'), KEY_SIZES[type]) : []));
}

function keyErrors(keys: readonly Key[], path: FieldPath, sizes: readonly number[]): readonly FieldError[] {
  if (keys.length === 0) return [required(path, 'at least one keys is required')];
  return keys.flatMap(({ name, secret }, index) => {
    const here = path.index(index);
    const unnamed = name === '' ? [required(here.child('name'), 'name is a mandatory field for a key')] : [];
    if (secret === '') return [...unnamed, required(here.child('secret'), 'secret is a mandatory field for a key')];
    const bytes = bytesOf(secret);
    if (!bytes) return [...unnamed, invalid(here.child('secret'), 'REDACTED', 'secrets must be base64 encoded')];
    if (sizes.includes(bytes.length)) return unnamed;
    return [...unnamed, invalid(here.child('secret'), 'REDACTED', `secret is not of the expected length, got ${bytes.length}, expected one of [${sizes.join(' ')}]`)];
  });
}
