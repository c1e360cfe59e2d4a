import type { NonResourcePolicyRule, PolicyRulesWithSubjects, ResourcePolicyRule, Subject } from '../../kinds/flowcontrol/flow-schema.ts';
import type { UserInfo } from '../../wire/api.ts';
import type { RequestInfo } from '../request-info.ts';

/** Whether a request is one of a FlowSchema's. */
export type Matches = (user: UserInfo, info: RequestInfo) => boolean;

const ALL = '*';

/** A request matches when one entry has both a subject and a rule for it. */
export function compileRules(rules: readonly PolicyRulesWithSubjects[]): Matches {
  const entries = rules.map(({ subjects, resourceRules, nonResourceRules }) => ({
    isSubject: compileSubjects(subjects ?? []),
    resource: (resourceRules ?? []).map(compileResourceRule),
    other: (nonResourceRules ?? []).map(compileNonResourceRule),
  }));
  return (user, info) => {
    for (const { isSubject, resource, other } of entries) {
      const asked = info.isResource ? resource : other;
      if (asked.length > 0 && isSubject(user) && asked.some((matches) => matches(info))) return true;
    }
    return false;
  };
}

const ACCOUNT = 'system:serviceaccount:';

function compileSubjects(subjects: readonly Subject[]): (user: UserInfo) => boolean {
  const names = new Set<string>();
  const prefixes: string[] = [];
  const groups = new Set<string>();
  for (const { kind, user, group, serviceAccount } of subjects) {
    if (kind === 'User' && user) names.add(user.name);
    else if (kind === 'Group' && group) groups.add(group.name);
    else if (kind === 'ServiceAccount' && serviceAccount) {
      const { namespace, name } = serviceAccount;
      if (name === ALL) prefixes.push(`${ACCOUNT}${namespace}:`);
      else names.add(`${ACCOUNT}${namespace}:${name}`);
    }
  }
  if (names.has(ALL) || groups.has(ALL)) return () => true;
  return (user) => names.has(user.username) || prefixes.some((prefix) => user.username.startsWith(prefix)) ||
    (groups.size > 0 && user.groups.some((group) => groups.has(group)));
}

/** Any of `values`, or whatever there is where they hold `*`. */
function oneOf(values: readonly string[]): (value: string) => boolean {
  if (values.includes(ALL)) return () => true;
  return (value) => values.includes(value);
}

function compileResourceRule({ verbs, apiGroups, resources, clusterScope, namespaces }: ResourcePolicyRule): (info: RequestInfo) => boolean {
  const [verb, group, resource, namespace] = [verbs, apiGroups, resources, namespaces].map((values) => oneOf(values ?? [])) as [OneOf, OneOf, OneOf, OneOf];
  return (info) => verb(info.verb) && group(info.group) &&
    resource(info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`) &&
    (info.namespace === '' ? clusterScope === true : namespace(info.namespace));
}

type OneOf = ReturnType<typeof oneOf>;

function compileNonResourceRule({ verbs, nonResourceURLs }: NonResourcePolicyRule): (info: RequestInfo) => boolean {
  const verb = oneOf(verbs ?? []);
  const urls = nonResourceURLs ?? [];
  return ({ verb: asked, path }) => verb(asked) &&
    urls.some((url) => url === path || (url.endsWith(ALL) && path.startsWith(url.slice(0, -1))));
}
