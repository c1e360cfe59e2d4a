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
  const entries = entriesOf(patch);
  try {
    let result = document;
    let copied = 0;
    for (const entry of entries) {
      const operation = operationOf(entry);
      if (operation.op === 'copy') copied += weight(lookup(result, ofPart(operation.from), true), MAX_COPIED - copied);
      if (copied > MAX_COPIED) throw new Inapplicable(`Unable to complete the copy, the accumulated size increase of copy exceeds the limit ${MAX_COPIED}`);
      result = step(result, operation);
    }
    return result;
  } catch (cause) {
    if (!(cause instanceof Inapplicable)) throw cause;
    throw new ApiError('Invalid', 'the server rejected our request due to an error in our request', { cause, details: {} });
  }
}

const FIELDS = new Set(['op', 'path', 'from', 'value']);

/** `unknown field "[0].x"` for what operations do not have: they are ignored. */
export function strayFields(patch: unknown): readonly string[] {
  if (!Array.isArray(patch)) return [];
  return (patch as readonly unknown[]).flatMap((entry, position) =>
    isRecord(entry) ? Object.keys(entry).filter((key) => !FIELDS.has(key)).map((key) => `unknown field "[${position}].${key}"`) : []);
}

type Entry = Readonly<Record<string, unknown>>;

function entriesOf(patch: unknown): readonly Entry[] {
  if (!Array.isArray(patch)) throw badRequest(`json: cannot unmarshal ${isRecord(patch) ? 'object' : typeof patch} into Go value of type jsonpatch.Patch`);
  const entries: readonly unknown[] = patch;
  if (entries.length > MAX_OPERATIONS) {
    throw new ApiError('RequestEntityTooLarge', `Request entity too large: The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${entries.length}`);
  }
  return entries.map((entry) => {
    if (isRecord(entry)) return entry;
    throw badRequest(`json: cannot unmarshal ${Array.isArray(entry) ? 'array' : typeof entry} into Go value of type jsonpatch.Operation`);
  });
}

/** As upstream, an operation that makes no sense is found out only when it is its turn. */
function operationOf(entry: Entry): Operation {
  const { op } = entry;
  const path = pointerOf(entry.path);
  switch (op) {
    case 'add':
    case 'replace':
    case 'test':
      return { op, path, value: entry.value ?? null };
    case 'remove':
      return { op, path };
    case 'move':
    case 'copy':
      return { op, path, from: pointerOf(entry.from) };
    default:
      throw new Inapplicable(`Unexpected kind: ${typeof op === 'string' ? op : 'unknown'}`);
  }
}

/** What stands before the first slash does not count. */
function pointerOf(text: unknown): Pointer {
  if (typeof text !== 'string') throw new Inapplicable('operation missing path field');
  return text.split('/').slice(1).map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function step(document: unknown, operation: Operation): unknown {
  const { path } = operation;
  switch (operation.op) {
    case 'add':
      return added(document, path, operation.value);
    case 'remove':
      return changed(document, path, removeFrom);
    case 'replace':
      if (path.length === 0 && typeof operation.value === 'object' && operation.value !== null) return operation.value;
      return changed(document, path, (parent, token) => replaceIn(parent, token, operation.value));
    case 'test':
      if (!deepEqual(lookup(document, path, true) ?? null, operation.value)) throw new Inapplicable(`testing value ${textOf(path)} failed`);
      return document;
    case 'copy':
      return added(document, path, lookup(document, ofPart(operation.from), true) ?? null);
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
  changed(document, path, (parent, token) => addTo(parent, token, value));

function ofPart(path: Pointer): Pointer {
  if (path.length === 0) throw new Inapplicable('doc is missing from path: ');
  return path;
}

type Parent = Record<string, unknown> | unknown[];

/** A copy along `path`, with `change` made to the copied parent of its last token. */
function changed(document: unknown, path: Pointer, change: (parent: Parent, token: string) => void): unknown {
  if (path.length === 0) throw new Inapplicable('doc is missing path: ""');
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

/** As upstream, a field that is not there is added. */
function replaceIn(parent: Parent, token: string, value: unknown): void {
  if (Array.isArray(parent)) return void (parent[positionIn(parent, token)] = value);
  setOwn(parent, token, value);
}

/** @param lenient the last step may be missing: undefined */
function lookup(document: unknown, path: Pointer, lenient = false): unknown {
  let value = document;
  for (const [depth, token] of path.entries()) {
    if (Array.isArray(value)) value = (value as readonly unknown[])[positionIn(value, token)];
    else if (isRecord(value)) {
      if (lenient && depth === path.length - 1 && !Object.hasOwn(value, token)) return undefined;
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
  if (!/^[+-]?\d+$/.test(token)) throw new Inapplicable(`value is not a proper array index: ${JSON.stringify(token)}`);
  const position = Number(token) < 0 ? Number(token) + length : Number(token);
  if (position < 0 || position >= length) throw new Inapplicable(`Unable to access invalid index: ${token}`);
  return position;
}

const textOf = (path: Pointer): string => path.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
