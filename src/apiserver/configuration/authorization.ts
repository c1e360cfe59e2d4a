/** AuthorizationConfiguration (apiserver.config.k8s.io): who is asked whether somebody may do something, in order (KEP-3221). */
import { messageOf } from '../../base/message-of.ts';
import type { Program } from '../../cel/compile.ts';
import { parseDuration } from '../../meta/duration.ts';
import { dnsSubdomainProblems } from '../../meta/names.ts';
import { boolean, duration, list, object, string, type TypeOf } from '../../schema/field.ts';
import { compileReviewCondition } from '../authz/subject-access-review.ts';
import type { WebhookAuthorizerConfig } from '../authz/webhook.ts';
import { readRemoteService, type RemoteService } from '../webhook/remote.ts';
import { decode, type Document, type DocumentKind } from './document.ts';

const at = (name: string) => `apiserver.config.v1.${name}`;
const webhookConfiguration = object(at('WebhookConfiguration'), {
  authorizedTTL: duration().default('5m0s'), cacheAuthorizedRequests: boolean().default(true),
  unauthorizedTTL: duration().default('30s'), cacheUnauthorizedRequests: boolean().default(true),
  timeout: duration().default('0s'), subjectAccessReviewVersion: string().default(''), matchConditionSubjectAccessReviewVersion: string().default(''),
  failurePolicy: string().default(''),
  connectionInfo: object(at('WebhookConnectionInfo'), { type: string().default(''), kubeConfigFile: string().pointer() }).default({}),
  matchConditions: list(object(at('WebhookMatchCondition'), { expression: string().default('') })),
});
const authorizationConfiguration = object(at('AuthorizationConfiguration'), {
  authorizers: list(object(at('AuthorizerConfiguration'), { type: string().default(''), name: string().default(''), webhook: webhookConfiguration })),
});
const AUTHORIZATION: DocumentKind<TypeOf<typeof authorizationConfiguration>> = {
  kind: 'AuthorizationConfiguration', apiVersions: ['v1', 'v1beta1', 'v1alpha1'].map((version) => `apiserver.config.k8s.io/${version}`), schema: authorizationConfiguration,
};

const TYPES = ['AlwaysAllow', 'AlwaysDeny', 'Node', 'RBAC', 'Webhook'] as const;

export type AuthorizerConfig =
  | { readonly type: Exclude<(typeof TYPES)[number], 'Webhook'>; readonly name: string }
  | ({ readonly type: 'Webhook' } & WebhookAuthorizerConfig);

type Webhook = NonNullable<NonNullable<TypeOf<typeof authorizationConfiguration>['authorizers']>[number]['webhook']>;
type Complain = (field: string, text: string) => void;

/** @param readText reads a file by its absolute path @throws Error in upstream's words, all that is wrong in one */
export async function readAuthorization(document: Document, readText: (path: string) => Promise<string>): Promise<readonly AuthorizerConfig[]> {
  const { authorizers = [] } = decode(AUTHORIZATION, document);
  const problems: string[] = [];
  const made: AuthorizerConfig[] = [];
  if (authorizers.length === 0) problems.push('authorizers: Required value: at least one authorization mode must be defined');
  for (const [index, { type, name, webhook }] of authorizers.entries()) {
    const complain: Complain = (field, text) => void problems.push(`authorizers[${index}].${field}: ${text}`);
    const before = authorizers.slice(0, index);
    const known = TYPES.find((one) => one === type);
    if (type === '') complain('type', 'Required value');
    else if (known === undefined) complain('type', unsupported(type, TYPES));
    else if (known !== 'Webhook' && before.some((other) => other.type === type)) complain('type', `Duplicate value: ${JSON.stringify(type)}`);
    if (known === undefined || (known !== 'Webhook' && before.some((other) => other.type === type))) continue;
    checkName(name, before.map((other) => other.name), complain);
    if (known !== 'Webhook') {
      if (webhook) complain('webhook', 'Invalid value: "non-null": may only be specified when type=Webhook');
      made.push({ type: known, name });
    } else if (webhook) {
      const read = await readWebhook(webhook, complain, readText);
      if (read) made.push({ type: known, name, ...read });
    } else complain('webhook', 'Required value: required when type=Webhook');
  }
  if (problems.length > 0) throw new Error(problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`);
  return made;
}

const unsupported = (value: string, values: readonly string[]): string => `Unsupported value: ${JSON.stringify(value)}: supported values: ${values.map((one) => `"${one}"`).join(', ')}`;

function checkName(name: string, taken: readonly string[], complain: Complain): void {
  if (name === '') return complain('name', 'Required value');
  if (taken.includes(name)) return complain('name', `Duplicate value: ${JSON.stringify(name)}`);
  const wrong = [...dnsSubdomainProblems(name)];
  if (wrong.length > 0) complain('name', `Invalid value: ${JSON.stringify(name)}: authorizer name is invalid: ${wrong.join(', ')}`);
}

async function readWebhook(webhook: Webhook, complain: Complain, readText: (path: string) => Promise<string>): Promise<Omit<WebhookAuthorizerConfig, 'name'> | undefined> {
  const { cacheAuthorizedRequests, cacheUnauthorizedRequests, subjectAccessReviewVersion: version, failurePolicy, connectionInfo } = webhook;
  const span = (field: 'timeout' | 'authorizedTTL' | 'unauthorizedTTL', most: number, rule: string): number => {
    const millis = parseDuration(webhook[field]);
    if (millis === 0) complain(field, 'Required value');
    else if (millis < 0 || millis > most) complain(field, `Invalid value: ${JSON.stringify(webhook[field])}: ${rule}`);
    return millis;
  };
  const timeout = span('timeout', 30_000, 'must be > 0s and <= 30s');
  const authorizedTtl = span('authorizedTTL', Infinity, 'must be > 0s');
  const unauthorizedTtl = span('unauthorizedTTL', Infinity, 'must be > 0s');
  if (version === '') complain('subjectAccessReviewVersion', 'Required value');
  else if (version !== 'v1' && version !== 'v1beta1') complain('subjectAccessReviewVersion', unsupported(version, ['v1', 'v1beta1']));
  if (failurePolicy === '') complain('failurePolicy', 'Required value');
  else if (failurePolicy !== 'NoOpinion' && failurePolicy !== 'Deny') complain('failurePolicy', unsupported(failurePolicy, ['NoOpinion', 'Deny']));
  const service = await readService(connectionInfo, complain, readText);
  const conditions = readConditions(webhook, complain);
  if (!service) return undefined;
  return {
    service, timeout, conditions,
    failurePolicy: failurePolicy === 'Deny' ? failurePolicy : 'NoOpinion', reviewVersion: version === 'v1beta1' ? version : 'v1',
    authorizedTtl: cacheAuthorizedRequests ? authorizedTtl : undefined, unauthorizedTtl: cacheUnauthorizedRequests ? unauthorizedTtl : undefined,
  };
}

/** The cluster's own configuration for pods is none of the server's: a file it must be. */
async function readService({ type, kubeConfigFile }: Webhook['connectionInfo'], complain: Complain, readText: (path: string) => Promise<string>): Promise<RemoteService | undefined> {
  const wrong = (text: string): undefined => void complain('connectionInfo.kubeConfigFile', text);
  if (type === '') return void complain('connectionInfo.type', 'Required value');
  if (type !== 'KubeConfigFile') return void complain('connectionInfo.type', unsupported(type, ['KubeConfigFile']));
  if (!kubeConfigFile) return wrong('Required value');
  const invalid = (why: string): undefined => wrong(`Invalid value: ${JSON.stringify(kubeConfigFile)}: ${why}`);
  if (!kubeConfigFile.startsWith('/')) return invalid('must be an absolute path');
  const directory = kubeConfigFile.slice(0, kubeConfigFile.lastIndexOf('/'));
  try {
    return await readRemoteService(await readText(kubeConfigFile), (path) => readText(path.startsWith('/') ? path : `${directory}/${path}`));
  } catch (error) {
    return invalid(`error loading file: ${messageOf(error)}`);
  }
}

const MOST_CONDITIONS = 64;

function readConditions({ matchConditions = [], matchConditionSubjectAccessReviewVersion: version }: Webhook, complain: Complain): readonly Program[] {
  if (version === '' && matchConditions.length > 0) complain('matchConditionSubjectAccessReviewVersion', 'Required value: required if match conditions are specified');
  if (version !== '' && version !== 'v1') complain('matchConditionSubjectAccessReviewVersion', unsupported(version, ['v1']));
  if (matchConditions.length > MOST_CONDITIONS) {
    complain('matchConditions', `Too many: ${matchConditions.length}: must have at most ${MOST_CONDITIONS} items`);
    return [];
  }
  return matchConditions.flatMap(({ expression }, index): readonly Program[] => {
    const here = `matchConditions[${index}].expression`;
    if (expression.trim() === '') complain(here, 'Required value');
    else if (matchConditions.findIndex((other) => other.expression === expression) < index) complain(here, `Duplicate value: ${JSON.stringify(expression)}`);
    else {
      const compiled = compileReviewCondition(expression);
      if (compiled.ok) return [compiled.program];
      complain(here, `Invalid value: ${JSON.stringify(expression)}: ${compiled.reason}`);
    }
    return [];
  });
}
