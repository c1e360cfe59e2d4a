import { ApiError, badRequest, type StatusCause } from '../meta/api-error.ts';
import { type FieldError, FieldPath, forbidden, invalid, notSupported } from '../meta/field-error.ts';
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
  if (query.size === 0) return NOTHING;
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
  const errors = [...(watch ? checkWatch(options) : checkList(options))];
  if (errors.length > 0) throw invalidOptions('ListOptions', 'meta.k8s.io', errors);
  return options;
}

const MATCH = FieldPath.of('resourceVersionMatch');

function* checkWatch(options: ListQuery): Iterable<FieldError> {
  const { resourceVersionMatch: match, sendInitialEvents } = options;
  if (sendInitialEvents !== undefined) {
    if (match === '') yield forbidden(MATCH, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
    else if (match !== 'NotOlderThan') yield notSupported(MATCH, match, ['NotOlderThan']);
    return;
  }
  if (match !== '') yield forbidden(MATCH, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
}

function* checkList({ resourceVersionMatch: match, sendInitialEvents, resourceVersion, continue: token }: ListQuery): Iterable<FieldError> {
  if (sendInitialEvents !== undefined) yield forbidden(FieldPath.of('sendInitialEvents'), 'sendInitialEvents is forbidden for list');
  if (match === '') return;
  if (resourceVersion === '') yield forbidden(MATCH, 'resourceVersionMatch is forbidden unless resourceVersion is provided');
  if (token !== '') yield forbidden(MATCH, 'resourceVersionMatch is forbidden when continue is provided');
  if (match !== 'Exact' && match !== 'NotOlderThan') yield notSupported(MATCH, match, ['Exact', 'NotOlderThan', '']);
  if (match === 'Exact' && resourceVersion === '0') yield forbidden(MATCH, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"');
}

function integer(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^-?\d{1,18}$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

/** @throws ApiError unless `text` is a whole number. */
export function parseResourceVersion(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw invalidOptions('ListOptions', 'meta.k8s.io', [invalid(FieldPath.of('resourceVersion'), text, `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`)]);
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

/** @param kind CreateOptions, UpdateOptions or PatchOptions, as messages name it. */
export function parseWriteQuery(query: URLSearchParams, kind: string): WriteQuery {
  if (query.size === 0) return DEFAULT_WRITE;
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  const validation = query.get('fieldValidation') ?? '';
  const fieldManager = query.get('fieldManager') ?? '';
  const errors: FieldError[] = [];
  if (dryRun.some((value) => value !== 'All')) errors.push(notSupported(FieldPath.of('dryRun'), dryRun, ['All']));
  if (!['', 'Ignore', 'Warn', 'Strict'].includes(validation)) {
    errors.push(notSupported(FieldPath.of('fieldValidation'), validation, ['Ignore', 'Strict', 'Warn']));
  }
  if (fieldManager.length > 128) errors.push(invalid(FieldPath.of('fieldManager'), fieldManager, 'must not be more than 128 bytes'));
  if (errors.length > 0) throw invalidOptions(kind, 'meta.k8s.io', errors);
  return {
    dryRun: dryRun.length > 0,
    fieldManager,
    fieldValidation: validation === '' ? 'Warn' : (validation as WriteQuery['fieldValidation']),
    force: isTrue(query.get('force')),
  };
}
