import { isRecord } from '../../meta/own.ts';

/**
 * Sets of fields in the form metadata.managedFields keeps them (FieldsV1): `{"f:spec": {"f:replicas": {}}}`. A key is one step of
 * a path: `f:` a field, `k:` an item by its keys, `v:` an item by its value, `i:` one by its position. A step is itself a member where
 * it holds `.` or nothing at all. All functions are pure and share what they do not change.
 */
export interface FieldSet {
  readonly [step: string]: FieldSet;
}

export const EMPTY: FieldSet = Object.freeze({});

const SELF = '.';

/** Nesting beyond this is no set of any object's fields. */
const MAX_DEPTH = 200;
const sound = new WeakSet<object>();

/** Whether data from outside is a set: records all the way down, under steps that can be read. */
export function isFieldSet(value: unknown, depth = 0): value is FieldSet {
  if (!isRecord(value) || depth > MAX_DEPTH) return false;
  if (sound.has(value)) return true;
  for (const step of Object.keys(value)) {
    if (!(step === SELF ? isRecord(value[step]) : isStep(step) && isFieldSet(value[step], depth + 1))) return false;
  }
  sound.add(value);
  return true;
}

function isStep(step: string): boolean {
  if (step.startsWith('f:')) return true;
  if (step.startsWith('i:')) return /^i:\d+$/.test(step);
  if (!step.startsWith('k:') && !step.startsWith('v:')) return false;
  try {
    const value: unknown = JSON.parse(step.slice(2));
    return step.startsWith('v:') || isRecord(value);
  } catch {
    return false;
  }
}

export const isEmptySet = (set: FieldSet): boolean => {
  for (const _ in set) return false;
  return true;
};

/** Whether the step that led to `node` is a member. Says nothing of a set's root. */
export const isMember = (node: FieldSet): boolean => isEmptySet(node) || Object.hasOwn(node, SELF);

/** A step that is a member, beside what lies below it. */
export const withSelf = (below: FieldSet): FieldSet => (isEmptySet(below) || Object.hasOwn(below, SELF) ? below : { [SELF]: EMPTY, ...below });

/** What lies below a step. */
function belowOf(node: FieldSet): FieldSet {
  if (!Object.hasOwn(node, SELF)) return node;
  const { [SELF]: _, ...below } = node;
  return below;
}

/** undefined where nothing is left of the step. */
const rebuilt = (member: boolean, below: FieldSet): FieldSet | undefined =>
  member ? withSelf(below) : isEmptySet(below) ? undefined : below;

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmptySet(b)) return a;
  if (isEmptySet(a)) return b;
  let all: Record<string, FieldSet> | undefined;
  for (const step of Object.keys(b)) {
    const [mine, other] = [a[step], b[step]!];
    if (step === SELF && mine !== undefined) continue;
    const both = mine === undefined ? other : joined(mine, other);
    if (both === mine) continue;
    all ??= { ...a };
    all[step] = both;
  }
  return all ?? a;
}

function joined(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  const mineBelow = belowOf(a);
  const below = union(mineBelow, belowOf(b));
  if (below === mineBelow && (isMember(a) || !isMember(b))) return a;
  return rebuilt(isMember(a) || isMember(b), below) ?? EMPTY;
}

/** Members of `a` that are not members of `b`. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  let left: Record<string, FieldSet> | undefined;
  for (const step of Object.keys(b)) {
    const [mine, other] = [a[step], b[step]!];
    if (step === SELF || mine === undefined) continue;
    const mineBelow = belowOf(mine);
    const below = difference(mineBelow, belowOf(other));
    const loses = isMember(mine) && isMember(other);
    if (!loses && below === mineBelow) continue;
    const rest = rebuilt(isMember(mine) && !loses, below);
    left ??= { ...a };
    if (rest === undefined) delete left[step];
    else left[step] = rest;
  }
  return left ?? a;
}

/** `a` without the members of `b` and all that lies below them. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  let left: Record<string, FieldSet> | undefined;
  for (const step of Object.keys(b)) {
    const [mine, other] = [a[step], b[step]!];
    if (step === SELF || mine === undefined) continue;
    const mineBelow = belowOf(mine);
    const below = isMember(other) ? EMPTY : recursiveDifference(mineBelow, other);
    if (!isMember(other) && below === mineBelow) continue;
    const rest = isMember(other) ? undefined : rebuilt(isMember(mine), below);
    left ??= { ...a };
    if (rest === undefined) delete left[step];
    else left[step] = rest;
  }
  return left ?? a;
}

/** Members of both. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const both: Record<string, FieldSet> = {};
  for (const step of Object.keys(a)) {
    const [mine, other] = [a[step]!, b[step]];
    if (step === SELF || other === undefined) continue;
    const node = rebuilt(isMember(mine) && isMember(other), intersection(belowOf(mine), belowOf(other)));
    if (node) both[step] = node;
  }
  return both;
}

/** Every member's steps, in upstream's order: those of one level before those below any of them. */
export function* members(set: FieldSet, above: readonly string[] = []): Iterable<readonly string[]> {
  const steps = Object.keys(set).filter((step) => step !== SELF).sort(byStep);
  for (const step of steps) if (isMember(set[step]!)) yield [...above, step];
  for (const step of steps) yield* members(belowOf(set[step]!), [...above, step]);
}

/** Fields come before keys, keys before values, values before positions. */
const KINDS = 'fkvi';

function byStep(a: string, b: string): number {
  const kind = KINDS.indexOf(a[0]!) - KINDS.indexOf(b[0]!);
  if (kind !== 0) return kind;
  if (a[0] === 'i') return Number(a.slice(2)) - Number(b.slice(2));
  if (a[0] === 'k') return byKeys(a, b);
  return a < b ? -1 : Number(a > b);
}

function byKeys(a: string, b: string): number {
  const [left, right] = [a, b].map((step) => Object.entries(JSON.parse(step.slice(2)) as Readonly<Record<string, string | number>>)) as [[string, string | number][], [string, string | number][]];
  for (const [at, [name, value]] of left.entries()) {
    const [otherName, other] = right[at] ?? ['', ''];
    if (name !== otherName) return name < otherName ? -1 : 1;
    if (value !== other) return value < other ? -1 : 1;
  }
  return left.length - right.length;
}

/** As conflicts name a field: `.spec.containers[name="a"].image`, `.metadata.finalizers[="x"]`. */
export const pathText = (steps: readonly string[]): string => steps.map(stepText).join('');

function stepText(step: string): string {
  const text = step.slice(2);
  if (step.startsWith('f:')) return `.${text}`;
  if (step.startsWith('i:')) return `[${text}]`;
  if (step.startsWith('v:')) return `[=${text}]`;
  const keys = Object.entries(JSON.parse(text) as Readonly<Record<string, unknown>>);
  return `[${keys.map(([key, value]) => `${key}=${JSON.stringify(value)}`).join(',')}]`;
}
