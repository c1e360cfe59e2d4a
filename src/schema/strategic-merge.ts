import { ApiError } from '../meta/api-error.ts';
import { isRecord as isObject, setOwn } from '../meta/own.ts';
import { resolved, type ListNode, type SchemaNode } from './node.ts';

type Json = Readonly<Record<string, unknown>>;

const DIRECTIVE = '$patch';
const RETAIN = '$retainKeys';
const ORDER = '$setElementOrder/';
const REMOVE = '$deleteFromPrimitiveList/';

/**
 * Applies a strategic merge patch: objects merge, lists merge by key where the schema says so, null removes. Directives:
 * `$patch: replace | delete | merge`, `$retainKeys`, `$setElementOrder/<list>`, `$deleteFromPrimitiveList/<list>`. Neither argument is
 * changed; what the patch does not touch is shared with the result. (community: sig-api-machinery/strategic-merge-patch.md)
 * @throws ApiError 400 or 422 where the patch is malformed.
 */
export function strategicMerge(node: SchemaNode, original: unknown, patch: unknown): unknown {
  if (!isObject(patch)) throw new ApiError('BadRequest', 'invalid patch: it is no object');
  return mergeObject(node, isObject(original) ? original : {}, patch);
}

function mergeObject(node: SchemaNode | undefined, original: Json, patch: Json): Json {
  const directive = directiveOf(patch);
  if (directive === 'replace') return without(patch, DIRECTIVE);
  if (directive === 'delete') return {};
  const out: Record<string, unknown> = {};
  const kept = retained(original, patch);
  for (const [key, value] of Object.entries(original)) if (!kept || kept.has(key)) setOwn(out, key, value);
  for (const key of touched(patch)) {
    const field = fieldOf(node, key);
    const before = Object.hasOwn(out, key) ? out[key] : undefined;
    const after = mergeField(field, before, {
      value: patch[key], given: Object.hasOwn(patch, key),
      order: listAt(patch, ORDER + key, 'setElementOrder list'), remove: listAt(patch, REMOVE + key, 'primitive list'),
    });
    if (after === undefined) delete out[key];
    else setOwn(out, key, after);
  }
  return out;
}

function directiveOf(patch: Json): string | undefined {
  const directive = patch[DIRECTIVE];
  if (directive === undefined) return undefined;
  if (directive === 'replace' || directive === 'delete' || directive === 'merge') return directive;
  throw unprocessable(`unknown patch type: ${goMap(directive)} in map: ${goMap(patch)}`);
}

const unprocessable = (message: string): ApiError => new ApiError('Invalid', message);
const malformed = (what: string): ApiError => new ApiError('BadRequest', `invalid patch format of ${what}`);

/** The keys that may stay, where the patch names them. */
function retained(original: Json, patch: Json): ReadonlySet<string> | undefined {
  const keys = listAt(patch, RETAIN, 'retainKeys');
  if (!keys) return undefined;
  const named = new Set(keys as readonly string[]);
  const isStray = (key: string) => patch[key] !== null && !key.startsWith('$') && !named.has(key);
  if (Object.keys(patch).some(isStray)) throw malformed('retainKeys');
  return named;
}

/** @param what it is, in messages */
function listAt(patch: Json, key: string, what: string): readonly unknown[] | undefined {
  if (!Object.hasOwn(patch, key)) return undefined;
  if (!Array.isArray(patch[key])) throw malformed(what);
  return patch[key] as readonly unknown[];
}

/** The fields the patch speaks of, by value or by directive. */
function touched(patch: Json): readonly string[] {
  const keys = new Set<string>();
  for (const key of Object.keys(patch)) {
    if (key === DIRECTIVE || key === RETAIN) continue;
    if (key.startsWith(ORDER)) keys.add(key.slice(ORDER.length));
    else if (key.startsWith(REMOVE)) keys.add(key.slice(REMOVE.length));
    else keys.add(key);
  }
  return [...keys];
}

function fieldOf(node: SchemaNode | undefined, key: string): SchemaNode | undefined {
  if (node?.type === 'map') return resolved(node.values);
  return node?.type === 'object' && Object.hasOwn(node.fields, key) ? resolved(node.fields[key]!) : undefined;
}

/** What the patch says of one field. */
interface Change {
  readonly value: unknown;
  /** Whether the field itself is in the patch, not only directives for it. */
  readonly given: boolean;
  readonly order: readonly unknown[] | undefined;
  readonly remove: readonly unknown[] | undefined;
}

/** undefined: the field goes. */
function mergeField(node: SchemaNode | undefined, before: unknown, change: Change): unknown {
  if (change.given && change.value === null) return undefined;
  if (node?.type === 'list' && node.merge) return mergeList(node, before, change);
  if (!change.given) return before;
  if (isObject(change.value)) {
    if (node?.type === 'object' && node.patchStrategy === 'replace') return without(change.value, DIRECTIVE);
    if (directiveOf(change.value) === 'delete') return undefined;
    return mergeObject(node, isObject(before) ? before : {}, change.value);
  }
  return change.value;
}

function mergeList(node: ListNode, before: unknown, { value, given, order, remove }: Change): unknown {
  const present = Array.isArray(before) ? (before as readonly unknown[]) : [];
  const items = given ? value : [];
  if (!Array.isArray(items)) return items; // a wrong type is the decoder's to refuse
  const ofScalars = node.merge!.key === '';
  const merged = ofScalars ? mergeScalars(present, items, remove ?? []) : mergeItems(node, present, items);
  const identity = ofScalars ? (item: unknown) => String(JSON.stringify(item)) : (item: unknown) => String(JSON.stringify(isObject(item) ? item[node.merge!.key] : item));
  const stay = items.filter((item) => !isObject(item) || item[DIRECTIVE] === undefined);
  if (order) checkOrder(stay, order, identity);
  return arrange({ merged, present, order: order ?? stay }, identity);
}

/** The items of a patch must come in the order that it says they have. */
function checkOrder(items: readonly unknown[], order: readonly unknown[], identity: (item: unknown) => string): void {
  if (items.length === 0 || order.length === 0) return;
  let next = 0;
  for (const item of order) if (next < items.length && identity(items[next]) === identity(item)) next++;
  if (next < items.length) throw unprocessable(`The order in patch list:\n${goMap(items)}\n doesn't match ${ORDER.slice(0, -1)} list:\n${goMap(order)}\n`);
}

function mergeScalars(present: readonly unknown[], added: readonly unknown[], removed: readonly unknown[]): readonly unknown[] {
  const gone = new Set(removed);
  return [...new Set([...present.filter((item) => !gone.has(item)), ...added])];
}

function keyOf(node: ListNode, item: unknown): unknown {
  const key = node.merge!.key;
  if (isObject(item) && item[key] !== undefined && item[key] !== null) return item[key];
  throw unprocessable(`map: ${goMap(item)} does not contain declared merge key: ${key}`);
}

/** Roughly as Go prints a map. */
export function goMap(value: unknown): string {
  if (Array.isArray(value)) return `[${(value as readonly unknown[]).map(goMap).join(' ')}]`;
  if (!isObject(value)) return String(value);
  return `map[${Object.keys(value).toSorted().map((key) => `${key}:${goMap(value[key])}`).join(' ')}]`;
}

function mergeItems(node: ListNode, present: readonly unknown[], patch: readonly unknown[]): readonly unknown[] {
  const replaces = patch.some((item) => isObject(item) && directiveOf(item) === 'replace');
  let items = replaces ? [] : [...present];
  for (const change of patch) {
    if (!isObject(change)) throw unprocessable('invalid patch format: a list of objects holds something else');
    const directive = directiveOf(change);
    if (directive === 'replace') continue;
    const key = keyOf(node, change);
    const at = items.findIndex((item) => isObject(item) && item[node.merge!.key] === key);
    if (directive === 'delete') items = items.filter((item) => !(isObject(item) && item[node.merge!.key] === key));
    else if (at >= 0) items[at] = mergeObject(resolved(node.items), items[at] as Json, change);
    else items.push(mergeObject(resolved(node.items), {}, change));
  }
  return items;
}

interface Arrangement {
  readonly merged: readonly unknown[];
  readonly present: readonly unknown[];
  /** The items whose order the patch's author knows, or else those of the patch: what is new among them comes first. */
  readonly order: readonly unknown[];
}

/** The author's items in the author's order; the others keep their place before the neighbour they stood in front of. */
function arrange({ merged, present, order }: Arrangement, identity: (item: unknown) => string): readonly unknown[] {
  const wanted = new Map(order.map((item, position) => [identity(item), position]));
  const stood = new Map(present.map((item, position) => [identity(item), position]));
  const known = merged.filter((item) => wanted.has(identity(item))).toSorted((a, b) => wanted.get(identity(a))! - wanted.get(identity(b))!);
  const others = merged.filter((item) => !wanted.has(identity(item)));
  const out: unknown[] = [];
  for (const item of known) {
    const place = stood.get(identity(item));
    while (place !== undefined && others.length > 0 && (stood.get(identity(others[0])) ?? Infinity) < place) out.push(others.shift());
    out.push(item);
  }
  return [...out, ...others];
}

function without(object: Json, key: string): Json {
  const { [key]: _, ...rest } = object;
  return rest;
}
