/**
 * The topology manager (https://kubernetes.io/docs/tasks/administer-cluster/topology-manager/): which memory nodes a container's
 * processors, devices and memory may come from together. Pure.
 */
export type TopologyPolicy = 'none' | 'best-effort' | 'restricted' | 'single-numa-node';

/** Memory nodes that can serve a request; preferred where no fewer could. */
export interface Hint {
  readonly nodes: readonly number[];
  readonly preferred: boolean;
}

/** What of one resource lies at each memory node, and what there is at most. */
export interface Supply {
  readonly needed: number;
  /** Free now, by node; what is next to no node in particular counts at all. */
  readonly free: ReadonlyMap<number, number>;
  /** Were nothing taken. */
  readonly all: ReadonlyMap<number, number>;
}

const sum = (amounts: ReadonlyMap<number, number>, nodes: readonly number[]): number => nodes.reduce((total, node) => total + (amounts.get(node) ?? 0), 0);

/** Every set of nodes, small ones first. */
export function subsets(nodes: readonly number[]): readonly (readonly number[])[] {
  const all = nodes.reduce<readonly (readonly number[])[]>((sets, node) => [...sets, ...sets.map((set) => [...set, node])], [[]]);
  return all.filter((set) => set.length > 0).toSorted((a, b) => a.length - b.length);
}

/** undefined: the container needs none of it. */
export function hintsFor(nodes: readonly number[], { needed, free, all }: Supply): readonly Hint[] | undefined {
  if (needed === 0) return undefined;
  const sets = subsets(nodes);
  const least = sets.find((set) => sum(all, set) >= needed)?.length ?? Infinity;
  return sets.filter((set) => sum(free, set) >= needed).map((set) => ({ nodes: set, preferred: set.length === least }));
}

export interface Merged {
  /** undefined: anywhere. */
  readonly nodes: readonly number[] | undefined;
  readonly admit: boolean;
}

const ANYWHERE: Merged = { nodes: undefined, admit: true };

export interface MergeOptions {
  readonly policy: TopologyPolicy;
  /** Of as many nodes, those that are closest to each other; the first ones where absent. */
  readonly spreadOf?: (nodes: readonly number[]) => number;
}

/** @param providers the hints of each resource the container asks for */
export function mergeHints({ policy, spreadOf = () => 0 }: MergeOptions, nodes: readonly number[], providers: readonly (readonly Hint[])[]): Merged {
  if (policy === 'none' || providers.length === 0) return ANYWHERE;
  const usable = policy === 'single-numa-node' ? providers.map((hints) => hints.filter((hint) => hint.nodes.length === 1 && hint.preferred)) : providers;
  const best = combinations(usable).map((hints) => merge(nodes, hints)).filter((hint) => hint.nodes.length > 0).toSorted(narrowestPreferred(spreadOf))[0];
  const admit = policy === 'best-effort' || best?.preferred === true;
  return { nodes: best?.nodes, admit };
}

const narrowestPreferred = (spreadOf: (nodes: readonly number[]) => number) => (a: Hint, b: Hint): number =>
  Number(b.preferred) - Number(a.preferred) || a.nodes.length - b.nodes.length || spreadOf(a.nodes) - spreadOf(b.nodes) || (a.nodes[0] ?? 0) - (b.nodes[0] ?? 0);

function combinations(providers: readonly (readonly Hint[])[]): readonly (readonly Hint[])[] {
  return providers.reduce<readonly (readonly Hint[])[]>((sets, hints) => sets.flatMap((set) => hints.map((hint) => [...set, hint])), [[]]);
}

/** Where all of them agree. Preferred only where each is, and all want the same. */
function merge(nodes: readonly number[], hints: readonly Hint[]): Hint {
  const common = nodes.filter((node) => hints.every((hint) => hint.nodes.includes(node)));
  const alike = hints.every((hint) => hint.nodes.length === hints[0]!.nodes.length && hint.nodes.every((node) => hints[0]!.nodes.includes(node)));
  return { nodes: common, preferred: alike && hints.every(({ preferred }) => preferred) };
}
