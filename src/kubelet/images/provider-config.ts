/** `kubelet.config.k8s.io/v1` CredentialProviderConfig, decoded strictly and validated in upstream's words. */
import { isRecord } from '../../meta/own.ts';
import { readYaml } from '../../meta/yaml.ts';
import { boolean, duration, list, object, string, type TypeOf } from '../../schema/field.ts';
import { canonicalize } from '../../schema/decode.ts';

const tokenAttributes = object('kubelet.config.v1.ServiceAccountTokenAttributes', {
  serviceAccountTokenAudience: string(), cacheType: string(), requireServiceAccount: boolean().pointer(),
  requiredServiceAccountAnnotationKeys: list(string()), optionalServiceAccountAnnotationKeys: list(string()),
});

const credentialProvider = object('kubelet.config.v1.CredentialProvider', {
  name: string(), matchImages: list(string()), defaultCacheDuration: duration(), apiVersion: string(), args: list(string()),
  env: list(object('kubelet.config.v1.ExecEnvVar', { name: string(), value: string() })), tokenAttributes,
});

const configuration = object('kubelet.config.v1.CredentialProviderConfig', { providers: list(credentialProvider) });

/** Complete, as validation left it. */
export interface CredentialProvider {
  readonly name: string;
  readonly matchImages: readonly string[];
  readonly defaultCacheDuration: string;
  readonly apiVersion: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly tokenAttributes?: {
    readonly serviceAccountTokenAudience: string;
    readonly cacheType: 'Token' | 'ServiceAccount';
    readonly requireServiceAccount: boolean;
    readonly requiredServiceAccountAnnotationKeys?: readonly string[];
    readonly optionalServiceAccountAnnotationKeys?: readonly string[];
  };
}

const VERSIONS = ['v1', 'v1beta1', 'v1alpha1'].map((version) => `kubelet.config.k8s.io/${version}`);
const PROTOCOLS = ['v1', 'v1alpha1', 'v1beta1'].map((version) => `credentialprovider.kubelet.k8s.io/${version}`);

/** @throws Error that names everything wrong */
export function readCredentialProviders(text: string): readonly CredentialProvider[] {
  const { value } = readYaml(text);
  const { apiVersion = '', kind = '', ...fields } = isRecord(value) ? value : {};
  if (kind !== 'CredentialProviderConfig' || !VERSIONS.includes(String(apiVersion))) throw new Error(`no kind "${String(kind)}" is registered for version "${String(apiVersion)}"`);
  const { value: given, problems } = canonicalize<TypeOf<typeof configuration>>(configuration.node, fields, (why) => new Error(why));
  if (problems.length > 0) throw new Error(`strict decoding error: ${problems.join(', ')}`);
  const errors = [...problemsOf(given.providers ?? [])];
  if (errors.length > 0) throw new Error(`failed to validate credential provider config: ${errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`}`);
  return (given.providers ?? []).map((provider) => ({ ...provider, env: (provider.env ?? []).map(({ name = '', value: text = '' }) => ({ name, value: text })) }) as CredentialProvider);
}

type Given = NonNullable<TypeOf<typeof configuration>['providers']>[number];

function* problemsOf(providers: readonly Given[]): Iterable<string> {
  if (providers.length === 0) yield 'providers: Required value: at least 1 item in plugins is required';
  for (const [index, { name = '', apiVersion = '', matchImages = [], defaultCacheDuration, tokenAttributes: token }] of providers.entries()) {
    const wrong = name.includes('/') ? 'provider name cannot contain \'/\'' : name.includes(' ') ? 'provider name cannot contain spaces' : name === '.' || name === '..' ? `provider name cannot be '${name}'` : undefined;
    if (name === '') yield 'providers.name: Required value';
    if (wrong) yield `providers.name: Invalid value: ${JSON.stringify(name)}: ${wrong}`;
    if (providers.findIndex((other) => other.name === name) !== index) yield `providers.name: Duplicate value: ${JSON.stringify(name)}`;
    if (apiVersion === '') yield 'providers.apiVersion: Required value';
    else if (!PROTOCOLS.includes(apiVersion)) yield `providers.apiVersion: Unsupported value: ${JSON.stringify(apiVersion)}: supported values: ${PROTOCOLS.map((one) => JSON.stringify(one)).join(', ')}`;
    if (matchImages.length === 0) yield 'providers.matchImages: Required value: at least 1 item in matchImages is required';
    if (defaultCacheDuration === undefined) yield 'providers.defaultCacheDuration: Required value';
    else if (defaultCacheDuration.startsWith('-')) yield `providers.defaultCacheDuration: Invalid value: ${JSON.stringify(defaultCacheDuration)}: defaultCacheDuration must be greater than or equal to 0`;
    if (token) yield* tokenProblems(token);
  }
}

function* tokenProblems({ serviceAccountTokenAudience = '', cacheType = '', requireServiceAccount }: NonNullable<Given['tokenAttributes']>): Iterable<string> {
  const at = 'providers.tokenAttributes';
  if (serviceAccountTokenAudience === '') yield `${at}.serviceAccountTokenAudience: Required value`;
  if (requireServiceAccount === undefined) yield `${at}.requireServiceAccount: Required value`;
  if (cacheType === '') yield `${at}.cacheType: Required value: cacheType is required to be set when tokenAttributes is specified. Supported values are: ServiceAccount, Token`;
  else if (!['ServiceAccount', 'Token'].includes(cacheType)) yield `${at}.cacheType: Unsupported value: ${JSON.stringify(cacheType)}: supported values: "ServiceAccount", "Token"`;
}
