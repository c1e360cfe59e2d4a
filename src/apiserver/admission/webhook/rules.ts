import type { Attributes } from '../admission.ts';

/** RuleWithOperations. */
export interface Rule {
  readonly operations?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly apiVersions?: readonly string[];
  readonly resources?: readonly string[];
  readonly scope?: string;
}

/** What a rule looks at. */
export interface Asked extends Pick<Attributes, 'operation' | 'subresource' | 'namespace'> {
  readonly resource: { readonly group: string; readonly version: string; readonly resource: string };
}

const allows = (values: readonly string[] | undefined, value: string): boolean => (values ?? []).some((one) => one === '*' || one === value);

export function matchesRule({ operations, apiGroups, apiVersions, resources = [], scope = '*' }: Rule, { operation, resource, subresource, namespace }: Asked): boolean {
  return allows(operations, operation) && allows(apiGroups, resource.group) && allows(apiVersions, resource.version)
    && inScope(scope, resource.group === '' && resource.resource === 'namespaces', namespace)
    && resources.some((one) => isResource(one, resource.resource, subresource));
}

/** A namespace is not in itself, though requests about it name it. */
function inScope(scope: string, isNamespace: boolean, namespace: string): boolean {
  if (scope === '*') return true;
  return (scope === 'Namespaced') === (!isNamespace && namespace !== '');
}

function isResource(text: string, resource: string, subresource: string): boolean {
  const slash = text.indexOf('/');
  const [name, below] = slash < 0 ? [text, ''] : [text.slice(0, slash), text.slice(slash + 1)];
  return (name === '*' || name === resource) && (below === '*' || below === subresource);
}

const CONFIGURATIONS = new Set([
  'mutatingwebhookconfigurations', 'validatingwebhookconfigurations', 'validatingadmissionpolicies', 'validatingadmissionpolicybindings',
  'mutatingadmissionpolicies', 'mutatingadmissionpolicybindings',
]);

/** A broken webhook or policy must not stand in the way of its own removal. */
export const isExempt = ({ kind }: Pick<Attributes, 'kind'>): boolean => kind.group === 'admissionregistration.k8s.io' && CONFIGURATIONS.has(kind.plural);
