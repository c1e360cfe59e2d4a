/**
 * What calls cost: cel-go's numbers and those of Kubernetes' libraries, by which rules are accepted or refused and evaluation is
 * stopped. A unit is about 50 ns of Go on a slow core.
 */
import { either, exactly, MOST, plus, type Range, scaled, times } from './range.ts';
import type { CelType } from './types.ts';
import { Double, isInt, isList, isMap, lift, mapGet, mapKeys, sizeForCost, Uint, Walk } from './values.ts';

/** Of going through a text, by character. */
export const TRAVERSAL = 0.1;
/** Of a pattern, by character. */
const PATTERN = 0.25;
/** Two checks with the authorizer, and no more, fit into an expression's budget. */
const AUTHORIZATION = 350_000;

/** Functions whose cost is 1, whatever they are given. */
const NOMINAL = new Set([
  'serviceAccount', 'path', 'group', 'resource', 'subresource', 'namespace', 'name', 'allowed', 'reason', 'error', 'errored', 'fieldSelector', 'labelSelector',
  'masked', 'prefixLength', 'family', 'isUnspecified', 'isLoopback', 'isLinkLocalMulticast', 'isLinkLocalUnicast', 'isGlobalUnicast',
  'sign', 'asInteger', 'isInteger', 'asApproximateFloat', 'isGreaterThan', 'isLessThan', 'compareTo', 'add', 'sub', 'major', 'minor', 'patch',
  'getScheme', 'getHost', 'getHostname', 'getPort', 'getEscapedPath', 'getQuery',
]);

const traversal = (value: unknown, factor = 1): number => Math.ceil(sizeForCost(value) * factor * TRAVERSAL);
/** Of matching a text. */
export const patternCost = (text: unknown, expression: unknown): number => Math.ceil((1 + sizeForCost(text)) * TRAVERSAL) * Math.ceil(sizeForCost(expression) * PATTERN);

/** Of walking a whole value. */
function walkCost(value: unknown, walk = new Walk()): number {
  walk.step();
  if (typeof value === 'string') return Math.floor(value.length * TRAVERSAL);
  if (value instanceof Uint8Array) return Math.floor(value.length * TRAVERSAL);
  if (isList(value)) return value.reduce((sum: number, item) => sum + walkCost(item, walk), 0);
  if (isMap(value)) return mapKeys(value).reduce((sum: number, key) => sum + walkCost(key, walk) + walkCost(mapGet(value, key), walk), 0);
  return 1;
}

/** By function, what its call costs given the arguments (the target the first). */
const RUNTIME: Readonly<Record<string, (args: readonly unknown[], result: unknown) => number>> = {
  check: () => AUTHORIZATION,
  isSorted: ([list]) => walkCost(list),
  sum: ([list]) => walkCost(list),
  min: ([list]) => walkCost(list),
  max: ([list]) => walkCost(list),
  indexOf: ([list]) => walkCost(list),
  lastIndexOf: ([list]) => walkCost(list),
  url: ([text]) => traversal(text),
  isURL: ([text]) => traversal(text),
  lowerAscii: ([text]) => traversal(text),
  upperAscii: ([text]) => traversal(text),
  substring: ([text]) => traversal(text),
  trim: ([text]) => traversal(text),
  'strings.quote': ([text]) => traversal(text),
  reverse: ([text]) => traversal(text),
  format: ([text]) => traversal(text),
  replace: ([text]) => traversal(text, 2),
  split: ([text]) => traversal(text, 2),
  join: (_args, result) => traversal(result, 2),
  cidr: ([text]) => traversal(text),
  isIP: ([text]) => traversal(text),
  isCIDR: ([text]) => traversal(text),
  ip: ([text]) => traversal(text),
  'ip.isCanonical': ([text]) => traversal(text, 2),
  containsIP: ([cidr, other]) => traversal(cidr, 2) + (typeof other === 'string' ? traversal(other) : 0),
  containsCIDR: ([cidr, other]) => traversal(cidr, 2) + traversal(cidr) + 1 + (typeof other === 'string' ? traversal(other) : 0),
  quantity: ([text]) => traversal(text),
  isQuantity: ([text]) => traversal(text),
  semver: ([text]) => traversal(text),
  isSemver: ([text]) => traversal(text),
  validate: ([, text]) => traversal(text) + 1,
  'sets.contains': ([a, b]) => sizeForCost(a) * sizeForCost(b) + 1,
  'sets.intersects': ([a, b]) => sizeForCost(a) * sizeForCost(b) + 1,
  'sets.equivalent': ([a, b]) => sizeForCost(a) * sizeForCost(b) * 2 + 1,
  startsWith: ([, part]) => traversal(part),
  endsWith: ([, part]) => traversal(part),
  contains: ([text, part]) => traversal(text) * traversal(part),
  '@in': ([, list]) => (isList(list) ? list.length : 1),
  '_+_': ([a, b]) => (typeof a === 'string' || a instanceof Uint8Array ? Math.ceil((sizeForCost(a) + sizeForCost(b)) * TRAVERSAL) : 1),
};
for (const name of ['_==_', '_!=_', '_<_', '_<=_', '_>_', '_>=_']) {
  Object.assign(RUNTIME, { [name]: ([a, b]: readonly unknown[]) => Math.ceil(Math.min(sizeForCost(a), sizeForCost(b)) * TRAVERSAL) });
}

/** How a function's calls are charged; undefined where each costs 1. */
export function runtimeCost(name: string): ((args: readonly unknown[], result: unknown) => number) | undefined {
  return NOMINAL.has(name) || !Object.hasOwn(RUNTIME, name) ? undefined : RUNTIME[name];
}

/** What is known of an argument before it is evaluated. */
export interface Argument {
  readonly type: CelType;
  readonly size: Range;
  /** Of the items, where it is a list. */
  readonly itemSize: Range;
  /** Of a literal its value. */
  readonly literal?: unknown;
}
export interface CallEstimate {
  readonly cost: Range;
  /** Of the result. */
  readonly size?: Range;
}

type Estimator = (args: readonly Argument[]) => CallEstimate | undefined;

const ONE = exactly(1);
const sized = (range: Range, factor = 1): CallEstimate => ({ cost: scaled(range, factor * TRAVERSAL) });
const first: Estimator = ([text]) => sized(text!.size);
const changed: Estimator = ([text]) => ({ ...sized(text!.size), size: text!.size });
const isText = ({ kind }: CelType): boolean => kind === 'string' || kind === 'bytes';

const overList: Estimator = ([list]) => {
  if (list!.type.kind !== 'list') return sized(list!.size);
  const each = isText(list!.type.items) ? plus(ONE, scaled(list!.itemSize, TRAVERSAL)) : ONE;
  return { cost: times(list!.size, each) };
};

const matching: Estimator = ([text, expression]) => ({ cost: times(scaled(plus(text!.size, ONE), TRAVERSAL), scaled(expression!.size, PATTERN)) });
const finding: Estimator = (args) => ({ ...matching(args)!, size: { min: 0, max: args[0]!.size.max } });

const comparing: Estimator = ([a, b]) => {
  const most = Math.min(a!.size.max, b!.size.max);
  return { cost: scaled({ min: most > 0 ? 1 : 0, max: most }, TRAVERSAL) };
};

const ADDRESS: Range = { min: 4, max: 16 };

const ESTIMATES: Readonly<Record<string, Estimator>> = {
  check: () => ({ cost: exactly(AUTHORIZATION) }),
  isSorted: overList, sum: overList, min: overList, max: overList, indexOf: overList, lastIndexOf: overList,
  url: first, isURL: first, cidr: first, isIP: first, isCIDR: first, quantity: first, isQuantity: first, semver: first, isSemver: first, format: first,
  lowerAscii: changed, upperAscii: changed, substring: changed, trim: changed, reverse: changed,
  'strings.quote': ([text]) => ({ ...sized(text!.size), size: { min: text!.size.min + 2, max: Math.min(text!.size.max * 2 + 2, MOST) } }),
  ip: ([text]) => (text!.type.kind === 'opaque' ? { cost: ONE } : sized(text!.size)),
  'ip.isCanonical': ([text]) => sized(text!.size, 2),
  replace: ([text, from, to]) => ({ ...sized(text!.size, 2), size: replacedSize(text!.size, from!.size, to!.size) }),
  split: ([text, , most]) => ({ ...sized(text!.size, 2), size: { min: 0, max: isInt(most?.literal) && Number(most.literal) >= 0 ? Number(most.literal) : text!.size.max } }),
  join: ([list, separator]) => {
    const separators = separator ? times(separator.size, { min: Math.max(list!.size.min - 1, 0), max: Math.max(list!.size.max - 1, 0) }) : exactly(0);
    const size = plus(times(list!.size, list!.itemSize), separators);
    return { ...sized(size), size };
  },
  find: finding, findAll: finding, matches: matching,
  containsIP: ([, other]) => ({ cost: plus(scaled(plus(ADDRESS, ADDRESS), TRAVERSAL), isText(other!.type) ? scaled(other!.size, TRAVERSAL) : exactly(0)) }),
  containsCIDR: ([, other]) => ({
    cost: plus(scaled(plus(ADDRESS, ADDRESS), TRAVERSAL), scaled(ADDRESS, TRAVERSAL), ONE, isText(other!.type) ? scaled(other!.size, TRAVERSAL) : exactly(0)),
  }),
  validate: ([, text]) => ({ cost: plus(scaled(text!.size, TRAVERSAL), ONE) }),
  'sets.contains': ([a, b]) => ({ cost: plus(times(a!.size, b!.size), ONE) }),
  'sets.intersects': ([a, b]) => ({ cost: plus(times(a!.size, b!.size), ONE) }),
  'sets.equivalent': ([a, b]) => ({ cost: plus(times(times(a!.size, b!.size), exactly(2)), ONE) }),
  startsWith: ([, part]) => sized(part!.size),
  endsWith: ([, part]) => sized(part!.size),
  contains: ([text, part]) => ({ cost: times(scaled(text!.size, TRAVERSAL), scaled(part!.size, TRAVERSAL)) }),
  '@in': ([, list]) => (list!.type.kind === 'list' || list!.type.kind === 'dyn' ? { cost: list!.size } : undefined),
  '_==_': comparing, '_!=_': comparing,
  '_<_': textOnly(comparing), '_<=_': textOnly(comparing), '_>_': textOnly(comparing), '_>=_': textOnly(comparing),
  '_+_': ([a, b]) => {
    const size = plus(a!.size, b!.size);
    if (a!.type.kind === 'list') return { cost: ONE, size };
    return isText(a!.type) ? { ...sized(size), size } : a!.type.kind === 'dyn' ? { cost: either(ONE, scaled(size, TRAVERSAL)), size } : undefined;
  },
  bytes: ([text]) => (text!.type.kind === 'string' ? { ...sized(text!.size), size: { min: text!.size.min, max: Math.min(text!.size.max * 4, MOST) } } : undefined),
  string: ([bytes]) => (bytes!.type.kind === 'bytes' ? { ...sized(bytes!.size), size: { min: Math.floor(bytes!.size.min / 4), max: bytes!.size.max } } : undefined),
};

function textOnly(estimator: Estimator): Estimator {
  return (args) => (args.some(({ type }) => isText(type) || type.kind === 'dyn') ? estimator(args) : undefined);
}

/** A function's call, costs of its arguments not included. */
export function estimateCall(name: string, args: readonly Argument[]): CallEstimate {
  if (NOMINAL.has(name) || !Object.hasOwn(ESTIMATES, name)) return { cost: ONE };
  return ESTIMATES[name]!(args) ?? { cost: ONE };
}

function replacedSize(text: Range, from: Range, to: Range): Range {
  const longest = from.min === 0 ? product(text.max + 1, to.max) + text.max : to.max <= from.min ? text.max : product(Math.ceil(text.max / from.min), to.max);
  const shortest = from.max === 0 ? product(text.min + 1, to.min) + text.min : from.max <= to.min ? text.min : product(Math.ceil(text.min / from.max), to.min);
  return { min: Math.min(shortest, MOST), max: Math.min(longest, MOST) };
}
const product = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : a * b);

/** Of a literal how large it is. */
export function literalSize(value: unknown): Range {
  return value instanceof Double || value instanceof Uint || isInt(lift(value)) ? ONE : exactly(sizeForCost(value));
}
