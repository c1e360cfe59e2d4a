/** The downward API: a pod's own fields and resources, as text. */
import { milliQuantityOf, parseQuantity, quantityOf } from '../../meta/quantity.ts';
import type { Quantity } from '../../meta/quantity.ts';
import type { Container } from '../../kinds/core/container.ts';
import type { Pod } from '../../kinds/core/pod.ts';

/** What only the node knows. */
export interface NodeFacts {
  readonly hostIps: readonly string[];
  /** `cpu`, `memory`, `ephemeral-storage`: what a container without a limit may use. */
  readonly allocatable: Readonly<Record<string, string>>;
}

/** @throws Error with upstream's text for a path that is none. */
export function fieldValue(pod: Pod, path: string, at: { readonly node: NodeFacts; readonly podIps: readonly string[] }): string {
  const { metadata, spec } = pod;
  const [, map, key] = /^metadata\.(annotations|labels)\['(.*)'\]$/.exec(path) ?? [];
  if (map === 'annotations') return metadata.annotations?.[key!] ?? '';
  if (map === 'labels') return metadata.labels?.[key!] ?? '';
  switch (path) {
    case 'metadata.annotations': return formatMap(metadata.annotations);
    case 'metadata.labels': return formatMap(metadata.labels);
    case 'metadata.name': return metadata.name;
    case 'metadata.namespace': return metadata.namespace ?? '';
    case 'metadata.uid': return metadata.uid;
    case 'spec.nodeName': return spec.nodeName ?? '';
    case 'spec.serviceAccountName': return spec.serviceAccountName ?? '';
    case 'status.hostIP': return at.node.hostIps[0] ?? '';
    case 'status.hostIPs': return at.node.hostIps.join(',');
    case 'status.podIP': return at.podIps[0] ?? '';
    case 'status.podIPs': return at.podIps.join(',');
    default: throw new Error(`unsupported fieldPath: ${path}`);
  }
}

/** Lines of `key="value"`, by key. */
const formatMap = (map: Readonly<Record<string, string>> = {}): string =>
  Object.keys(map).toSorted().map((key) => `${key}=${JSON.stringify(map[key])}`).join('\n');

/**
 * `limits.cpu` and the like in units of the divisor, rounded up. A missing limit is what the node can give; a missing
 * request is the limit, or else 0.
 */
export function resourceValue(container: Pick<Container, 'resources'>, ref: { readonly resource: string; readonly divisor?: string }, node: NodeFacts): string {
  const [kind, ...rest] = ref.resource.split('.');
  const name = rest.join('.');
  const { limits = {}, requests = {} } = container.resources ?? {};
  if (kind !== 'limits' && kind !== 'requests') throw new Error(`Unsupported container resource : ${ref.resource}`);
  const text = kind === 'limits' ? (limits[name] ?? node.allocatable[name] ?? '0') : (requests[name] ?? limits[name] ?? '0');
  const given = ref.divisor ? parseQuantity(ref.divisor) : quantityOf(0);
  const divisor: Quantity = given.nanos === 0n ? quantityOf(1) : given;
  // CPU counts in thousandths, so that a divisor of 1m is exact and of 1 rounds up.
  const value = parseQuantity(text);
  const unit = name === 'cpu' && divisor.nanos < milliQuantityOf(1).nanos ? milliQuantityOf(1).nanos : divisor.nanos;
  return String((value.nanos + unit - 1n) / unit);
}
