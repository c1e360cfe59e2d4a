import type { PolicyRule } from '../authz/rules.ts';

/**
 * Rules as lines: `verbs | groups | resources | names`, each a comma-separated list (the core group is an empty word),
 * or `verbs | /paths`.
 */
export function parseRules(lines: readonly string[]): readonly PolicyRule[] {
  return lines.map((line) => {
    const [verbs = [], second = [], resources = [], names = []] = line.split('|').map((part) => part.trim().split(',').map((word) => word.trim()));
    if (second[0]!.startsWith('/')) return { verbs, nonResourceURLs: second };
    return { verbs, apiGroups: second, resources, ...(names.length > 0 ? { resourceNames: names } : {}) };
  });
}
