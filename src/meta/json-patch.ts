import { ApiError, badRequest } from './api-error.ts';
import { deepEqual } from '../base/deep-equal.ts';
import { isRecord, setOwn } from './own.ts';

/** More operations than this are refused, as upstream does. */
export const MAX_OPERATIONS = 10_000;

/** Bytes that `copy` may add in all: a patch that doubles the document each time would otherwise outgrow any memory. */
const MAX_COPIED = 3 * 1024 * 1024;

type Operation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: Pointer; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: Pointer }
  | { readonly op: 'move' | 'copy'; readonly path: Pointer; readonly from: Pointer };

/** A JSON pointer (RFC 6901), its tokens unescaped. */
type Pointer = readonly string[];

/** Why an operation does not apply; upstream tells the caller only that something did not. */
class Inapplicable extends Error {}

/**
 * Applies a JSON patch (RFC 6902) to a document, which is not changed.
 * @throws ApiError BadRequest for what is no patch, Invalid for a patch that does not apply
 */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  const operations = operationsOf(patch);
  try {
    let result = document;
    let copied = 0;
    for (const operation of operations) {
      if (operation.op === 'copy') copied += weight(lookup(result, operation.from), MAX_COPIED - copied);
      if (copied > MAX_COPIED) throw new Inapplicable(`Unable to complete the copy, the accumulated size increase of copy exceeds the limit ${MAX_COPIED}`);
      result = step(result, operation);
    }
    return result;
  } catch (cause) {
    if (!(cause instanceof Inapplicable)) throw cause;
    throw new ApiError('Invalid', 'the server rejected our request due to an error in our request', { cause, details: {} });
  }
}

function operationsOf(patch: unknown): readonly Operation[] {
  if (!Array.isArray(patch)) throw badRequest(`json: cannot unmarshal ${isRecord(patch) ? 'object' : typeof patch} into Go value of type jsonpatch.Patch`);
  const entries: readonly unknown[] = patch;
  if (entries.length > MAX_OPERATIONS) {
    throw new ApiError('RequestEntityTooLarge', `Request entity is too large: The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${entries.length}`);
  }
  return entries.map(operationOf);
}

function operationOf(entry: unknown): Operation {
  if (!isRecord(entry)) throw badRequest('json: cannot unmarshal into Go value of type jsonpatch.Operation');
  const { op } = entry;
  const path = pointerOf(entry.path);
  switch (op) {
    case 'add':
    case 'replace':
    case 'test':
      if (op !== 'test' && !Object.hasOwn(entry, 'value')) throw badRequest(`${op} operation needs a value`);
      return { op, path, value: entry.value ?? null };
    case 'remove':
      return { op, path };
    case 'move':
    case 'copy':
      return { op, path, from: pointerOf(entry.from) };
    default:
      throw badRequest(`Unexpected kind: ${typeof op === 'string' ? op : 'unknown'}`);
  }
}

function pointerOf(text: unknown): Pointer {
  if (text === '') return [];
  if (typeof text !== 'string' || !text.startsWith('/')) throw badRequest(`operation with invalid path ${JSON.stringify(text ?? '')}`);
  return text.slice(1).split('/').map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function step(document: unknown, operation: Operation): unknown {
  const { path } = operation;
  switch (operation.op) {
    case 'add':
      return added(document, path, operation.value);
    case 'remove':
      return changed(document, path, removeFrom);
    case 'replace':
      if (path.length === 0) return operation.value;
      return changed(document, path, (parent, token) => replaceIn(parent, token, operation.value));
    case 'test':
      if (!deepEqual(lookup(document, path, true) ?? null, operation.value)) throw new Inapplicable(`testing value ${textOf(path)} failed`);
      return document;
    case 'copy':
      return added(document, path, lookup(document, operation.from));
    case 'move': {
      const { from } = operation;
      if (from.length < path.length && from.every((token, position) => token === path[position])) throw new Inapplicable('cannot move a value into itself');
      return added(changed(document, from, removeFrom), path, lookup(document, from));
    }
  }
}

/** About as many bytes as the value takes in JSON; stops counting beyond `limit`. */
function weight(value: unknown, limit: number): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 4;
  let sum = 2;
  for (const [key, part] of Object.entries(value)) {
    if (sum > limit) break;
    sum += key.length + 4 + weight(part, limit - sum);
  }
  return sum;
}

const added = (document: unknown, path: Pointer, value: unknown): unknown =>
  path.length === 0 ? value : changed(document, path, (parent, token) => addTo(parent, token, value));

type Parent = Record<string, unknown> | unknown[];

/** A copy along `path`, with `change` made to the copied parent of its last token. */
function changed(document: unknown, path: Pointer, change: (parent: Parent, token: string) => void): unknown {
  if (path.length === 0) throw new Inapplicable('the whole document cannot be removed');
  const [token, ...rest] = path as readonly [string, ...string[]];
  const copy = copyOf(document, path);
  if (rest.length === 0) change(copy, token);
  else if (Array.isArray(copy)) {
    const position = positionIn(copy, token);
    copy[position] = changed(copy[position], rest, change);
  } else setOwn(copy, token, changed(childOf(copy, token), rest, change));
  return copy;
}

function copyOf(value: unknown, path: Pointer): Parent {
  if (Array.isArray(value)) return (value as readonly unknown[]).slice();
  if (isRecord(value)) return { ...value };
  throw new Inapplicable(`doc is missing path: ${textOf(path)}`);
}

function addTo(parent: Parent, token: string, value: unknown): void {
  if (!Array.isArray(parent)) return setOwn(parent, token, value);
  const position = token === '-' ? parent.length : indexOf(token, parent.length + 1);
  parent.splice(position, 0, value);
}

function removeFrom(parent: Parent, token: string): void {
  if (Array.isArray(parent)) return void parent.splice(positionIn(parent, token), 1);
  childOf(parent, token);
  delete parent[token];
}

function replaceIn(parent: Parent, token: string, value: unknown): void {
  if (Array.isArray(parent)) return void (parent[positionIn(parent, token)] = value);
  childOf(parent, token);
  setOwn(parent, token, value);
}

/** @param lenient what is missing is undefined */
function lookup(document: unknown, path: Pointer, lenient = false): unknown {
  let value = document;
  for (const token of path) {
    if (Array.isArray(value)) value = (value as readonly unknown[])[positionIn(value, token)];
    else if (isRecord(value)) {
      if (lenient && !Object.hasOwn(value, token)) return undefined;
      value = childOf(value, token);
    } else throw new Inapplicable(`doc is missing path: ${textOf(path)}`);
  }
  return value;
}

function childOf(parent: Readonly<Record<string, unknown>>, token: string): unknown {
  if (!Object.hasOwn(parent, token)) throw new Inapplicable(`doc is missing key: ${token}`);
  return parent[token];
}

const positionIn = (list: readonly unknown[], token: string): number => indexOf(token, list.length);

/** Upstream counts negative positions from the end. */
function indexOf(token: string, length: number): number {
  if (!/^(0|-?[1-9]\d*)$/.test(token)) throw new Inapplicable(`value is not a proper array index: ${JSON.stringify(token)}`);
  const position = Number(token) < 0 ? Number(token) + length : Number(token);
  if (position < 0 || position >= length) throw new Inapplicable(`Unable to access invalid index: ${token}`);
  return position;
}

const textOf = (path: Pointer): string => path.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
