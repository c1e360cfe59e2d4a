/** Which nodes a pod asks for: nodeSelector and node affinity, also of volumes and DaemonSets. */

/** What of a node the terms look at. */
export interface NodeLike {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
}

export interface NodeRequirementLike {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

export interface NodeTermLike {
  readonly matchExpressions?: readonly NodeRequirementLike[];
  readonly matchFields?: readonly NodeRequirementLike[];
}

export interface NodeSelectorLike {
  readonly nodeSelectorTerms: readonly NodeTermLike[];
}

interface NodeAffinityLike {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: NodeSelectorLike;
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly { readonly weight: number; readonly preference: NodeTermLike }[];
}

/** What of a pod's spec decides. */
export interface NodeAffinitySpec {
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly affinity?: { readonly nodeAffinity?: NodeAffinityLike };
}

const INTEGER = /^[+-]?\d+$/;

function meets({ operator, values = [] }: NodeRequirementLike, actual: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return actual !== undefined && values.includes(actual);
    case 'NotIn':
      return actual === undefined || !values.includes(actual);
    case 'Exists':
      return actual !== undefined;
    case 'DoesNotExist':
      return actual === undefined;
    case 'Gt':
    case 'Lt': {
      if (actual === undefined || values.length !== 1 || !INTEGER.test(actual) || !INTEGER.test(values[0]!)) return false;
      return operator === 'Gt' ? BigInt(actual) > BigInt(values[0]!) : BigInt(actual) < BigInt(values[0]!);
    }
    default:
      return false;
  }
}

/** Whether all of a term's requirements hold. A term without any matches nothing. */
export function matchesNodeTerm(term: NodeTermLike, { metadata }: NodeLike): boolean {
  const { matchExpressions = [], matchFields = [] } = term;
  if (matchExpressions.length === 0 && matchFields.length === 0) return false;
  return matchExpressions.every((one) => meets(one, metadata.labels?.[one.key])) &&
    matchFields.every((one) => meets(one, one.key === 'metadata.name' ? metadata.name : undefined));
}

/** Whether one of the terms matches; none at all matches nothing. */
export function matchesNodeSelector(selector: NodeSelectorLike, node: NodeLike): boolean {
  return selector.nodeSelectorTerms.some((term) => matchesNodeTerm(term, node));
}

/** Whether the spec restricts nodes at all: if not, `matchesNodeAffinity` is true of every node. */
export function restrictsNodes(spec: NodeAffinitySpec): boolean {
  return spec.nodeSelector !== undefined || spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution !== undefined;
}

/** Whether nodeSelector and the required node affinity both allow the node. */
export function matchesNodeAffinity(spec: NodeAffinitySpec, node: NodeLike): boolean {
  for (const [key, value] of Object.entries(spec.nodeSelector ?? {})) {
    if (node.metadata.labels?.[key] !== value) return false;
  }
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required === undefined || matchesNodeSelector(required, node);
}

/** The sum of the weights of the preferred terms the node meets. Weights of 0 and empty preferences add nothing. */
export function nodePreference(spec: NodeAffinitySpec, node: NodeLike): number {
  const preferred = spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  let sum = 0;
  for (const { weight, preference } of preferred) {
    if (weight !== 0 && matchesNodeTerm(preference, node)) sum += weight;
  }
  return sum;
}
