import { ApiError, badRequest, type StatusCause } from '../meta/api-error.ts';
import { type FieldError, FieldPath, forbidden, invalid, notSupported, required, tooLong } from '../meta/field-error.ts';
import { isTrue } from './request-info.ts';

/** metav1.ListOptions as the query says them. */
export interface ListQuery {
  readonly labelSelector: string;
  readonly fieldSelector: string;
  readonly resourceVersion: string;
  readonly resourceVersionMatch: '' | 'Exact' | 'NotOlderThan';
  readonly limit: number;
  readonly continue: string;
  readonly allowWatchBookmarks: boolean;
  readonly sendInitialEvents: boolean | undefined;
  readonly timeoutSeconds: number | undefined;
}

const NOTHING: ListQuery = {
  labelSelector: '', fieldSelector: '', resourceVersion: '', resourceVersionMatch: '', limit: 0, continue: '',
  allowWatchBookmarks: false, sendInitialEvents: undefined, timeoutSeconds: undefined,
};

export function parseListQuery(query: URLSearchParams, watch: boolean): ListQuery {
  if (query.size === 0) return watch ? withInitialEvents(NOTHING) : NOTHING;
  const match = query.get('resourceVersionMatch') ?? '';
  const timeout = integer(query, 'timeoutSeconds');
  const options: ListQuery = {
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: match as ListQuery['resourceVersionMatch'],
    limit: integer(query, 'limit') ?? 0,
    continue: query.get('continue') ?? '',
    allowWatchBookmarks: isTrue(query.get('allowWatchBookmarks')),
    sendInitialEvents: query.has('sendInitialEvents') ? isTrue(query.get('sendInitialEvents')) : undefined,
    timeoutSeconds: timeout,
  };
  const meant = watch ? withInitialEvents(options) : options;
  const errors = [...(watch ? checkWatch(meant) : checkList(meant))];
  if (errors.length > 0) throw invalidOptions('ListOptions', 'meta.k8s.io', errors);
  return meant;
}

/** A watch from nowhere or from "0" begins with what there is: since the WatchList feature that is said with the same words as in new requests. */
function withInitialEvents(options: ListQuery): ListQuery {
  const { resourceVersion, resourceVersionMatch, sendInitialEvents } = options;
  if (sendInitialEvents !== undefined || resourceVersionMatch !== '' || (resourceVersion !== '' && resourceVersion !== '0')) return options;
  return { ...options, sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' };
}

const MATCH = FieldPath.of('resourceVersionMatch');

function* checkWatch(options: ListQuery): Iterable<FieldError> {
  const { resourceVersionMatch: match, sendInitialEvents, continue: token } = options;
  if (sendInitialEvents !== undefined && match !== 'NotOlderThan') {
    yield forbidden(MATCH, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  }
  if (match === '') return;
  if (sendInitialEvents === undefined) yield forbidden(MATCH, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
  if (match !== 'NotOlderThan') yield notSupported(MATCH, match, ['NotOlderThan']);
  if (token !== '') yield forbidden(MATCH, 'resourceVersionMatch is forbidden when continue is provided');
}

function* checkList({ resourceVersionMatch: match, sendInitialEvents, resourceVersion, continue: token }: ListQuery): Iterable<FieldError> {
  if (match !== '') {
    if (resourceVersion === '') yield forbidden(MATCH, 'resourceVersionMatch is forbidden unless resourceVersion is provided');
    if (token !== '') yield forbidden(MATCH, 'resourceVersionMatch is forbidden when continue is provided');
    if (match !== 'Exact' && match !== 'NotOlderThan') yield notSupported(MATCH, match, ['Exact', 'NotOlderThan', '']);
    if (match === 'Exact' && resourceVersion === '0') yield forbidden(MATCH, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
  }
  if (sendInitialEvents !== undefined) yield forbidden(FieldPath.of('sendInitialEvents'), 'sendInitialEvents is forbidden for list');
}

/** A whole number as Go's strconv reads it into an int64. @throws ApiError BadRequest */
export function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = BigInt(text.replace(/^\+/, ''));
  if (value !== BigInt.asIntN(64, value)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
  return Number(value);
}

/** @throws ApiError unless `text` is a whole number. Revisions beyond 2^53 cannot happen. */
export function parseResourceVersion(text: string): number {
  if (!/^\d+$/.test(text)) throw invalidVersion(text, 'invalid syntax');
  if (BigInt(text) >= 2n ** 64n) throw invalidVersion(text, 'value out of range');
  return Number(text);
}

function invalidVersion(text: string, why: string): ApiError {
  const quoted = JSON.stringify(text);
  return badRequest(`invalid resource version: resourceVersion: Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: ${why}`);
}

export function invalidOptions(kind: string, group: string, errors: readonly FieldError[]): ApiError {
  const lines = errors.map(({ field, message }) => `${field}: ${message}`);
  const causes: readonly StatusCause[] = errors.map(({ reason, message, field }) => ({ reason, message, field }));
  const text = lines.length === 1 ? lines[0]! : `[${lines.join(', ')}]`;
  return new ApiError('Invalid', `${kind}.${group} "" is invalid: ${text}`, { details: { group, kind, causes } });
}

/** What the query of a write may say. */
export interface WriteQuery {
  readonly dryRun: boolean;
  readonly fieldManager: string;
  readonly fieldValidation: 'Ignore' | 'Warn' | 'Strict';
  readonly force: boolean;
}

const DEFAULT_WRITE: WriteQuery = { dryRun: false, fieldManager: '', fieldValidation: 'Warn', force: false };

/** The options of a write, as messages name them. */
export type WriteOptions = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'ApplyOptions';

/** @param options of a PATCH: `ApplyOptions` for server-side apply, `PatchOptions` for the other types */
export function parseWriteQuery(query: URLSearchParams, options: WriteOptions): WriteQuery {
  if (query.size === 0 && options !== 'ApplyOptions') return DEFAULT_WRITE;
  const dryRun = query.getAll('dryRun');
  const validation = query.get('fieldValidation') ?? '';
  const fieldManager = query.get('fieldManager') ?? '';
  const errors: FieldError[] = [];
  if (options === 'ApplyOptions' && fieldManager === '') errors.push(required(FieldPath.of('fieldManager'), 'is required for apply patch'));
  if (options === 'PatchOptions' && query.has('force')) errors.push(forbidden(FieldPath.of('force'), 'may not be specified for non-apply patch'));
  errors.push(...fieldManagerErrors(fieldManager, FieldPath.of('fieldManager')));
  if (dryRun.some((value) => value !== 'All')) errors.push(notSupported(FieldPath.of('dryRun'), dryRun, ['All']));
  if (!['', 'Ignore', 'Warn', 'Strict'].includes(validation)) {
    errors.push(notSupported(FieldPath.of('fieldValidation'), validation, ['', 'Ignore', 'Strict', 'Warn']));
  }
  if (errors.length > 0) throw invalidOptions(options === 'ApplyOptions' ? 'PatchOptions' : options, 'meta.k8s.io', errors);
  return {
    dryRun: dryRun.length > 0,
    fieldManager,
    fieldValidation: validation === '' ? 'Warn' : (validation as WriteQuery['fieldValidation']),
    force: isTrue(query.get('force')),
  };
}

const MAX_MANAGER_BYTES = 128;

const encoder = new TextEncoder();

/** What is wrong with a manager's name, in queries as in managedFields. */
export function* fieldManagerErrors(name: string, at: FieldPath): Iterable<FieldError> {
  if (name.length <= MAX_MANAGER_BYTES && /^[\x20-\x7e]*$/.test(name)) return;
  if (encoder.encode(name).length > MAX_MANAGER_BYTES) yield tooLong(at, MAX_MANAGER_BYTES);
  let position = 0;
  for (const char of name) {
    if (char !== ' ' && /[\p{C}\p{Z}]/u.test(char)) yield invalid(at, name, `invalid character ${codePoint(char)} (at position ${position})`);
    position += encoder.encode(char).length;
  }
}

/** `U+0007`, as Go prints what it cannot show. */
const codePoint = (char: string): string => `U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
