import type { AccessRequest } from './authorizer.ts';

/** rbac.authorization.k8s.io/v1 PolicyRule. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

const has = (list: readonly string[] | undefined, value: string): boolean => list !== undefined && (list.includes('*') || list.includes(value));

export function ruleAllows(rule: PolicyRule, access: AccessRequest): boolean {
  if (!has(rule.verbs, access.verb)) return false;
  if (!access.isResource) return (rule.nonResourceURLs ?? []).some((url) => urlMatches(url, access.path));
  return has(rule.apiGroups, access.group) && resourceMatches(rule.resources ?? [], access.resource, access.subresource) &&
    (!rule.resourceNames || rule.resourceNames.length === 0 || rule.resourceNames.includes(access.name));
}

// `pods`, `pods/log`, the log of any resource, or all.
function resourceMatches(resources: readonly string[], resource: string, subresource: string): boolean {
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  for (const one of resources) if (one === '*' || one === full || (subresource !== '' && one === `*/${subresource}`)) return true;
  return false;
}

function urlMatches(pattern: string, path: string): boolean {
  return pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1)));
}

/** Splits rules into atoms and returns those that `owned` does not cover: what a caller would gain by granting them. */
export function uncovered(wanted: readonly PolicyRule[], owned: readonly PolicyRule[]): readonly PolicyRule[] {
  return wanted.flatMap(atoms).filter((atom) => !owned.some((rule) => covers(rule, atom)));
}

function atoms(rule: PolicyRule): readonly PolicyRule[] {
  const found: PolicyRule[] = [];
  for (const verb of rule.verbs) {
    for (const url of rule.nonResourceURLs ?? []) found.push({ verbs: [verb], nonResourceURLs: [url] });
    for (const group of rule.apiGroups ?? []) {
      for (const resource of rule.resources ?? []) {
        const atom = { verbs: [verb], apiGroups: [group], resources: [resource] };
        if (!rule.resourceNames || rule.resourceNames.length === 0) found.push(atom);
        for (const name of rule.resourceNames ?? []) found.push({ ...atom, resourceNames: [name] });
      }
    }
  }
  return found;
}

function covers(rule: PolicyRule, atom: PolicyRule): boolean {
  if (!has(rule.verbs, atom.verbs[0]!)) return false;
  if (atom.nonResourceURLs) {
    const url = atom.nonResourceURLs[0]!;
    return (rule.nonResourceURLs ?? []).some((pattern) => urlMatches(pattern, url));
  }
  const [resource = '', subresource = ''] = atom.resources![0]!.split('/');
  if (!has(rule.apiGroups, atom.apiGroups![0]!) || !resourceMatches(rule.resources ?? [], resource, subresource)) return false;
  if (!rule.resourceNames || rule.resourceNames.length === 0) return true;
  return atom.resourceNames !== undefined && rule.resourceNames.includes(atom.resourceNames[0]!);
}

/** As upstream prints a rule in messages. */
export function printRule(rule: PolicyRule): string {
  const parts = [
    ['APIGroups', rule.apiGroups], ['Resources', rule.resources], ['ResourceNames', rule.resourceNames],
    ['NonResourceURLs', rule.nonResourceURLs], ['Verbs', rule.verbs],
  ] as const;
  const shown = parts.filter(([, values]) => values && values.length > 0);
  return `{${shown.map(([name, values]) => `${name}:[${values!.map((value) => JSON.stringify(value)).join(' ')}]`).join(', ')}}`;
}
