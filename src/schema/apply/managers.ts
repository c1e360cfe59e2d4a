import { ApiError } from '../../meta/api-error.ts';
import type { ManagedFieldsEntry } from '../../meta/object.ts';
import { formatTime } from '../../meta/time.ts';
import { EMPTY, isEmptySet, isFieldSet, members, pathText, recursiveDifference, union, type FieldSet } from './field-set.ts';

/** Who manages fields: a name, and what tells its entries apart. Appliers are one whatever version they apply. */
export interface Manager {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
}

/** A manager's fields and when it last took any. */
export interface Managed extends Manager {
  readonly fields: FieldSet;
  readonly time: string | undefined;
  /** The entry that says all this, where it was read from one. */
  readonly entry?: ManagedFieldsEntry;
}

/** By identity, in no order. */
export type Managers = ReadonlyMap<string, Managed>;

export const identityOf = ({ name, operation, apiVersion, subresource }: Manager): string =>
  JSON.stringify([name, operation, operation === 'Apply' ? '' : apiVersion, subresource]);

/** What metadata.managedFields says; undefined where it makes no sense. */
export function managersOf(entries: readonly ManagedFieldsEntry[]): Managers | undefined {
  const managers = new Map<string, Managed>();
  for (const entry of entries) {
    const { manager = '', operation, apiVersion = '', subresource = '', time, fieldsType, fieldsV1 } = entry;
    const fields: unknown = fieldsV1 ?? EMPTY;
    if ((operation !== 'Apply' && operation !== 'Update') || fieldsType !== 'FieldsV1' || apiVersion === '' || !isFieldSet(fields)) return undefined;
    const one: Managed = { name: manager, operation, apiVersion, subresource, time, fields, entry };
    const twin = managers.get(identityOf(one));
    managers.set(identityOf(one), twin ? withFields(one, union(twin.fields, one.fields)) : one);
  }
  return managers;
}

/** Update managers kept by name; the oldest beyond them become one. */
const MAX_UPDATERS = 10;
const ANCIENT = 'ancient-changes';

/** The entries to serve: appliers first, then by time, managers without fields left out. undefined where there are none. */
export function entriesOf(managers: Managers): readonly ManagedFieldsEntry[] | undefined {
  const all = capped([...managers.values()].filter(({ fields }) => !isEmptySet(fields)));
  if (all.length === 0) return undefined;
  return all.sort(byOperationAndTime).map((one) => one.entry ?? entryOf(one));
}

export const entryOf = ({ name, operation, apiVersion, subresource, time, fields }: Managed): ManagedFieldsEntry => ({
  manager: name,
  operation,
  apiVersion,
  ...(time === undefined ? {} : { time }),
  fieldsType: 'FieldsV1',
  fieldsV1: shared(fields),
  ...(subresource === '' ? {} : { subresource }),
});

/** Thousands of pods of one template have the same sets: they are one object in memory. */
const known = new Map<string, FieldSet>();
const isShared = new WeakSet<FieldSet>();
const MAX_KNOWN = 2048;

export function shared(fields: FieldSet): FieldSet {
  if (isShared.has(fields)) return fields;
  const text = JSON.stringify(fields);
  const twin = known.get(text);
  if (twin) return twin;
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(text, fields);
  isShared.add(fields);
  return fields;
}

/** The same manager, now owning these. */
export function withFields(manager: Managed, fields: FieldSet): Managed {
  if (fields === manager.fields) return manager;
  const { name, operation, apiVersion, subresource, time } = manager;
  return { name, operation, apiVersion, subresource, time, fields };
}

function byOperationAndTime(a: Managed, b: Managed): number {
  const order = (one: Managed) => [one.operation, one.time ?? '', one.name, one.apiVersion, one.subresource];
  const [left, right] = [order(a), order(b)];
  const at = left.findIndex((text, position) => text !== right[position]);
  return at < 0 ? 0 : left[at]! < right[at]! ? -1 : 1;
}

/** Beyond the limit the oldest of each version become one, until few enough are left. */
function capped(all: Managed[]): Managed[] {
  let left = all;
  let count = all.filter(isUpdater).length;
  const first = new Map<string, Managed>();
  for (const one of all.filter(isUpdater).sort(byOperationAndTime)) {
    if (count <= MAX_UPDATERS) return left;
    const older = first.get(one.apiVersion);
    if (older) {
      const both: Managed = { name: ANCIENT, operation: 'Update', apiVersion: one.apiVersion, subresource: '', time: one.time, fields: union(older.fields, one.fields) };
      left = [...left.filter((other) => other !== older && other !== one), both];
      first.set(one.apiVersion, both);
      count--;
    } else first.set(one.apiVersion, one);
  }
  return left;
}

const isUpdater = ({ operation }: Managed): boolean => operation === 'Update';

/** What nobody owns: who an object is, and what the server alone writes. */
const UNOWNED: FieldSet = {
  'f:apiVersion': EMPTY,
  'f:kind': EMPTY,
  'f:metadata': {
    'f:name': EMPTY, 'f:namespace': EMPTY, 'f:creationTimestamp': EMPTY, 'f:selfLink': EMPTY, 'f:uid': EMPTY,
    'f:generation': EMPTY, 'f:managedFields': EMPTY, 'f:resourceVersion': EMPTY,
  },
};

export function withoutMeta(fields: FieldSet): FieldSet {
  const left = recursiveDifference(fields, UNOWNED);
  const metadata = left['f:metadata'];
  if (!metadata || !Object.hasOwn(metadata, '.')) return left;
  const { '.': _, ...below } = metadata;
  const { 'f:metadata': __, ...rest } = left;
  return isEmptySet(below) ? rest : { ...rest, 'f:metadata': below };
}

/** A field that an applier sets and another manager owns. */
export interface Clash {
  readonly manager: Managed;
  readonly fields: FieldSet;
}

/** The 409 that lists every clash, in upstream's words. */
export function applyConflict(clashes: readonly Clash[], seenAs?: string): ApiError {
  const conflicts = clashes
    .flatMap(({ manager, fields }) => [...members(fields)].map((path) => ({ manager: shown(seenAs === undefined ? manager : { ...manager, apiVersion: seenAs }), path: pathText(path) })))
    .sort((a, b) => (a.manager < b.manager ? -1 : a.manager > b.manager ? 1 : 0));
  return new ApiError('Conflict', conflictMessage(conflicts), {
    details: { causes: conflicts.map(({ manager, path }) => ({ reason: 'FieldManagerConflict', message: `conflict with ${manager}`, field: path })) },
  });
}

function conflictMessage(conflicts: readonly { readonly manager: string; readonly path: string }[]): string {
  const [first, ...others] = conflicts;
  if (first && others.length === 0) return `Apply failed with 1 conflict: conflict with ${first.manager}: ${first.path}`;
  const lines: string[] = [];
  for (const [position, { manager, path }] of conflicts.entries()) {
    if (conflicts[position - 1]?.manager !== manager) lines.push(`conflicts with ${manager}:`);
    lines.push(`- ${path}`);
  }
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`;
}

function shown({ name, operation, apiVersion, subresource }: Manager): string {
  const who = subresource === '' ? JSON.stringify(name) : `${JSON.stringify(name)} with subresource ${JSON.stringify(subresource)}`;
  return operation === 'Update' ? `${who} using ${apiVersion}` : who;
}

const MAX_NAME_BYTES = 128;
const encoder = new TextEncoder();

/** The manager's name where the caller gives none: its program's, before the first slash of the user agent. */
export function managerFromUserAgent(userAgent: string): string {
  const program = userAgent.split('/')[0]!;
  if (/^[\x20-\x7e]*$/.test(program)) return program.slice(0, MAX_NAME_BYTES);
  let name = '';
  let bytes = 0;
  for (const char of program) {
    if (/[\p{C}\p{Zl}\p{Zp}]/u.test(char)) continue;
    bytes += encoder.encode(char).length;
    if (bytes > MAX_NAME_BYTES) break;
    name += char;
  }
  return name;
}

/** `manager` as of `now`, its fields as given. */
export const managedAt = (manager: Manager, fields: FieldSet, now: number): Managed => ({ ...manager, fields, time: formatTime(now) });
