/** Policy (audit.k8s.io/v1): what audit tells of which request (https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/#audit-policy). */
import { boolean, list, object, string, type TypeOf } from '../../schema/field.ts';
import type { UserInfo } from '../../wire/api.ts';
import type { AuditLevel, AuditRule, AuditStage } from '../audit/index.ts';
import type { RequestInfo } from '../request-info.ts';
import { decode, type Document, type DocumentKind } from './document.ts';

const policyRule = object('audit.v1.PolicyRule', {
  level: string().default(''),
  users: list(string()), userGroups: list(string()), verbs: list(string()),
  resources: list(object('audit.v1.GroupResources', { group: string().default(''), resources: list(string()), resourceNames: list(string()) })),
  namespaces: list(string()), nonResourceURLs: list(string()), omitStages: list(string()), omitManagedFields: boolean().pointer(),
});
const auditPolicy = object('audit.v1.Policy', { metadata: object('audit.v1.PolicyMeta', { name: string() }), rules: list(policyRule), omitStages: list(string()), omitManagedFields: boolean() });
const POLICY: DocumentKind<TypeOf<typeof auditPolicy>> = { kind: 'Policy', apiVersions: ['audit.k8s.io/v1'], schema: auditPolicy };

const LEVELS: readonly AuditLevel[] = ['Metadata', 'None', 'Request', 'RequestResponse'];
const STAGES: readonly AuditStage[] = ['Panic', 'RequestReceived', 'ResponseComplete', 'ResponseStarted'];

/** @param user undefined where nobody knows who asks */
export type AuditPolicy = (user: UserInfo | undefined, info: RequestInfo) => AuditRule;
type Rule = NonNullable<TypeOf<typeof auditPolicy>['rules']>[number];

/** The first rule that fits decides; where none does, nothing is told. @throws Error in upstream's words */
export function readAuditPolicy(document: Document): AuditPolicy {
  const { rules = [], omitStages = [], omitManagedFields = false } = decode(POLICY, document);
  const problems = [...rules.flatMap((rule, at) => problemsOf(rule, `rules[${at}]`)), ...stageProblems(omitStages, 'omitStages')];
  if (problems.length > 0) throw new Error(problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`);
  if (rules.length === 0) throw new Error('loaded illegal policy with 0 rules');
  const made = rules.map((rule) => ({
    rule,
    result: {
      level: rule.level as AuditLevel,
      omitStages: [...new Set([...omitStages, ...(rule.omitStages ?? [])])] as readonly AuditStage[],
      omitManagedFields: rule.omitManagedFields ?? omitManagedFields,
    },
  }));
  return (user, info) => made.find(({ rule }) => fits(rule, user, info))?.result ?? NOTHING;
}

const NOTHING: AuditRule = { level: 'None', omitStages: [] };

const supported = (at: string, value: string, values: readonly string[]): readonly string[] =>
  (values.includes(value) ? [] : [`${at}: Unsupported value: ${JSON.stringify(value)}: supported values: ${values.map((one) => `"${one}"`).join(', ')}`]);
const stageProblems = (stages: readonly string[], at: string): readonly string[] => stages.flatMap((stage, index) => supported(`${at}[${index}]`, stage, STAGES));

function problemsOf({ level, nonResourceURLs = [], resources = [], namespaces = [], omitStages = [] }: Rule, at: string): readonly string[] {
  const both = nonResourceURLs.length > 0 && (resources.length > 0 || namespaces.length > 0);
  return [
    ...(level === '' ? [`${at}.level: Required value`] : supported(`${at}.level`, level, LEVELS)),
    ...(both ? [`${at}.nonResourceURLs: Invalid value: ${JSON.stringify(nonResourceURLs)}: rules cannot apply to both regular resources and non-resource URLs`] : []),
    ...nonResourceURLs.flatMap((url, index) => (url === '*' || (url.startsWith('/') && !url.slice(0, -1).includes('*')) ? [] : [`${at}.nonResourceURLs[${index}]: Invalid value: ${JSON.stringify(url)}: non-resource URL rules must begin with a '/' character, with '*' wildcards only at the end`])),
    ...resources.flatMap(({ resources: names = [], resourceNames = [] }, index) => (resourceNames.length > 0 && names.length === 0
      ? [`${at}.resources[${index}].resourceNames: Invalid value: ${JSON.stringify(resourceNames)}: using resourceNames requires at least one resource`] : [])),
    ...stageProblems(omitStages, `${at}.omitStages`),
  ];
}

function fits({ users = [], userGroups = [], verbs = [], resources = [], namespaces = [], nonResourceURLs = [] }: Rule, user: UserInfo | undefined, info: RequestInfo): boolean {
  if (users.length > 0 && !(user && users.includes(user.username))) return false;
  if (userGroups.length > 0 && !userGroups.some((group) => user?.groups.includes(group))) return false;
  if (verbs.length > 0 && !verbs.includes(info.verb)) return false;
  if (resources.length > 0 || namespaces.length > 0) return fitsResource({ resources, namespaces }, info);
  if (nonResourceURLs.length > 0) return !info.isResource && nonResourceURLs.some((url) => (url.endsWith('*') ? info.path.startsWith(url.slice(0, -1)) : info.path === url));
  return true;
}

function fitsResource({ resources, namespaces }: Required<Pick<Rule, 'resources' | 'namespaces'>>, info: RequestInfo): boolean {
  if (!info.isResource || (namespaces.length > 0 && !namespaces.includes(info.namespace))) return false;
  const whole = info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`;
  return resources.length === 0 || resources.some(({ group, resources: names = [], resourceNames = [] }) => {
    if (group !== info.group) return false;
    if (names.length === 0) return true;
    if (resourceNames.length > 0 && !resourceNames.includes(info.name)) return false;
    return names.some((name) => name === '*' || name === whole || (name.startsWith('*/') && info.subresource === name.slice(2)) || (name.endsWith('/*') && info.resource === name.slice(0, -2)));
  });
}
