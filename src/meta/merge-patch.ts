import { deepEqual } from '../base/deep-equal.ts';
import { isRecord, setOwn } from './own.ts';

/** Applies a JSON merge patch (RFC 7386): null removes, objects merge, all else replaces. Changes neither argument. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const merged: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const key of Object.keys(patch)) {
    const change = patch[key];
    if (change === null) delete merged[key];
    else if (change !== undefined) setOwn(merged, key, applyMergePatch(Object.hasOwn(merged, key) ? merged[key] : undefined, change));
  }
  return merged;
}

/** The merge patch that takes `from` to `to`; `{}` where they are equal. */
export function createMergePatch(from: Readonly<Record<string, unknown>>, to: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(from)) if (from[key] !== undefined && (!Object.hasOwn(to, key) || to[key] === undefined)) setOwn(patch, key, null);
  for (const key of Object.keys(to)) {
    const before = Object.hasOwn(from, key) ? from[key] : undefined;
    const after = to[key];
    if (after === undefined || deepEqual(before, after)) continue;
    setOwn(patch, key, isRecord(before) && isRecord(after) ? createMergePatch(before, after) : after);
  }
  return patch;
}
