import { isRecord, setOwn } from '../../meta/own.ts';
import { resolved, type ListNode, type SchemaNode } from '../node.ts';
import { EMPTY, isEmptySet, isMember, type FieldSet } from './field-set.ts';
import { itemStep, partsOf, shapeOf } from './walk.ts';

/** Lays an applied configuration over a live value: records field by field, keyed lists item by item, leaves whole. */
export function mergeApplied(schema: SchemaNode, live: unknown, applied: unknown): unknown {
  const shape = shapeOf(schema, applied);
  if (live === undefined || live === null || shape === 'leaf') return applied;
  if (shape === 'items') return mergeItems(resolved(schema) as ListNode, live, applied);
  if (!isRecord(live) || !isRecord(applied)) return applied;
  let merged: Record<string, unknown> | undefined;
  for (const { step, schema: inner, value } of partsOf(schema, applied)) {
    const name = step.slice(2);
    const before = Object.hasOwn(live, name) ? live[name] : undefined;
    const after = mergeApplied(inner, before, value);
    if (after === before) continue;
    merged ??= { ...live };
    setOwn(merged, name, after);
  }
  return merged ?? live;
}

/** The applied order; live items it does not mention stay before the mentioned one that followed them. */
function mergeItems(node: ListNode, live: unknown, applied: unknown): unknown {
  if (!Array.isArray(live) || !Array.isArray(applied)) return applied;
  const former: readonly unknown[] = live;
  const steps = former.map((item) => itemStep(node, item));
  const byStep = new Map<string, unknown>();
  // What stands there twice is not merged but replaced.
  for (const [position, item] of former.entries()) byStep.set(steps[position]!, byStep.has(steps[position]!) ? undefined : item);
  const wanted = new Map((applied as readonly unknown[]).map((item) => [itemStep(node, item), item]));
  const shared = [...wanted.keys()].filter((step) => byStep.has(step));
  const merged: unknown[] = [];
  let at = 0;
  for (const [step, item] of wanted) {
    for (; at < former.length && steps[at] !== shared[0]; at++) if (!wanted.has(steps[at]!)) merged.push(former[at]);
    merged.push(mergeApplied(node.items, byStep.get(step), item));
    if (step === shared[0]) {
      shared.shift();
      at += steps[at] === step ? 1 : 0;
    }
  }
  for (; at < former.length; at++) if (!wanted.has(steps[at]!)) merged.push(former[at]);
  return same(merged, former) ? live : merged;
}

/** A value, what a manager applied last, and what anybody owns now. */
interface Pruning {
  readonly last: FieldSet;
  readonly owned: FieldSet;
}

/** Takes out what the manager applied last and nobody owns any more. */
export function prune(schema: SchemaNode, value: unknown, { last, owned }: Pruning): unknown {
  if (isEmptySet(last)) return value;
  const structural = shapeOf(schema, value) === 'fields';
  const kept: unknown[] = [];
  const left = new Map<string, unknown>();
  for (const part of partsOf(schema, value)) {
    const lastBelow = Object.hasOwn(last, part.step) ? last[part.step] : undefined;
    const ownedBelow = Object.hasOwn(owned, part.step) ? owned[part.step] : undefined;
    // A struct's field belongs to whoever owns anything below it; an entry or item to whoever owns it or what is in it.
    const isLast = lastBelow !== undefined && (structural || isMember(lastBelow));
    if (isLast && ownedBelow === undefined) continue;
    const after = lastBelow === undefined || shapeOf(part.schema, part.value) === 'leaf'
      ? part.value
      : prune(part.schema, part.value, { last: lastBelow, owned: ownedBelow ?? EMPTY });
    kept.push(after);
    left.set(part.step, after);
  }
  if (Array.isArray(value)) return same(value, kept) ? value : kept;
  return pruneRecord(value as Readonly<Record<string, unknown>>, left);
}

const same = (a: readonly unknown[], b: readonly unknown[]): boolean => a.length === b.length && a.every((item, position) => item === b[position]);

function pruneRecord(value: Readonly<Record<string, unknown>>, left: ReadonlyMap<string, unknown>): unknown {
  let copy: Record<string, unknown> | undefined;
  for (const name of Object.keys(value)) {
    const step = `f:${name}`;
    if (left.has(step) && left.get(step) === value[name]) continue;
    copy ??= { ...value };
    if (left.has(step)) setOwn(copy, name, left.get(step));
    else delete copy[name];
  }
  return copy ?? value;
}
