import type { Millis } from '../../base/clock.ts';
import { deepEqual } from '../../base/deep-equal.ts';
import { Remembered } from '../../base/remembered.ts';
import type { AnyObject } from '../../meta/object.ts';
import { isRecord } from '../../meta/own.ts';
import { apiVersionOf } from '../../meta/resource.ts';
import type { Kind } from '../kind.ts';
import { readApplied } from './applied.ts';
import { blankOf, compare, fieldsOf, type Difference } from './compare.ts';
import { difference, EMPTY, intersection, isEmptySet, recursiveDifference, union, type FieldSet } from './field-set.ts';
import { applyConflict, entriesOf, entryOf, identityOf, managedAt, managersOf, shared, withFields, withoutMeta, type Clash, type Managed, type Manager, type Managers } from './managers.ts';
import { mergeApplied } from './merge.ts';
import { changesIn, pruned, type Convert } from './versions.ts';

/** One write by a manager of fields. */
export interface Write {
  readonly kind: Kind;
  readonly manager: string;
  readonly now: Millis;
  /** '' or absent for the object itself. */
  readonly subresource?: string | undefined;
  /** Where a kind has several versions, whose managers each own fields by their version's names. */
  readonly convert?: Convert | undefined;
}

export interface Application extends Write {
  /** The object as it stands; undefined where applying creates it. */
  readonly live: AnyObject | undefined;
  /** The configuration as the caller sent it. */
  readonly applied: Readonly<Record<string, unknown>>;
  readonly force: boolean;
  /** The version by which conflicts name all managers' fields: a view's own, where what is applied is a view of the object. */
  readonly seenAs?: string | undefined;
}

/**
 * Server-side apply: the live object with the configuration laid over it, without what this manager applied before and nobody
 * owns any more, and with its managedFields. To be decoded, defaulted and validated like any object a caller sends. The live
 * object itself where nothing changes.
 * @throws ApiError Conflict where others own what the configuration would change
 */
export function applyPatch(application: Application): AnyObject {
  const { kind, live, force } = application;
  const config = readApplied(kind, application.applied);
  const self = managerOf(application, 'Apply');
  const before = managersBefore(application);
  const last = before.get(identityOf(self));
  const all = fieldsOf(kind.schema, config);
  const fields = recursiveDifference(all, ignoredBy(application));
  const managers = new Map(before).set(identityOf(self), managedAt(self, fields, application.now));
  const merged = mergeApplied(kind.schema, live ?? {}, without(config, ignoredBy(application)));
  const owned = [...managers.values()].reduce((sum, one) => union(sum, one.fields), fields);
  const next = last ? pruned(merged as AnyObject, { ...application, last, owned: union(owned, PRESENT), config }) : (merged as AnyObject);
  const own = compare(kind.schema, live ?? {}, next);
  const changes = changesIn({ ...application, next, own, counted: (difference) => difference });
  const clashes = force ? [] : withoutOwn(application, clashesOf(managers, changes, identityOf(self)));
  if (clashes.length > 0) throw applyConflict(clashes, application.seenAs);
  const after = takenFrom(managers, changes, identityOf(self));
  const stripped = withoutMeta(fields);
  // A manager's time is when it last changed the object, not when it last agreed with it.
  const isSame = live !== undefined && deepEqual(next, live);
  after.set(identityOf(self), isSame ? { ...self, fields: stripped, time: last?.time } : managedAt(self, stripped, application.now));
  if (isSame && last && deepEqual(last.fields, stripped)) return live;
  return withManagers(noteForClient(application, next), after);
}

/** Every object keeps these, whoever applied them last. */
const PRESENT: FieldSet = { 'f:apiVersion': EMPTY, 'f:kind': EMPTY, 'f:metadata': { 'f:name': EMPTY } };

export interface Update extends Write {
  /** undefined where the object is being created. */
  readonly live: AnyObject | undefined;
  /** What is about to be stored, decoded and defaulted. */
  readonly next: AnyObject;
}

/**
 * Any write but an apply: the object with its managedFields, where the writer now owns what it changed and nobody what it removed.
 * An object whose managedFields were emptied on purpose stays without.
 */
export function trackUpdate(update: Update): AnyObject {
  const { kind, live, next, subresource = '' } = update;
  // Through a subresource nobody sets managers.
  const given = subresource === '' ? next.metadata.managedFields : undefined;
  const isReset = given?.length === 1 && Object.keys(given[0]!).length === 0;
  const provided = given && given.length > 0 && !isReset ? managersOf(given) : undefined;
  const before: Managers = isReset ? new Map() : (provided ?? managersOf(live?.metadata.managedFields ?? []) ?? new Map());
  // Upstream: who has no entries and is not new is not tracked, until someone applies.
  if (live && before.size === 0) return withManagers(next, before);
  if (!live && before.size === 0) return trackNew(update);
  const changes = withoutIgnored(compare(kind.schema, live ?? blankOf(kind.schema), next), update);
  if (isEmptySet(changes.changed) && isEmptySet(changes.removed)) return withManagers(next, before);
  const self = managerOf(update, 'Update');
  const identity = identityOf(self);
  const told = changesIn({ ...update, own: changes, counted: (difference) => withoutIgnored(difference, update) });
  if (isEmptySet(changes.changed)) return withManagers(next, takenFrom(before, told, ''));
  const after = takenFrom(before, told, identity);
  const mine = before.get(identity)?.fields ?? EMPTY;
  after.set(identity, managedAt(self, union(difference(mine, changes.removed), changes.changed), update.now));
  return withManagers(next, after);
}

/** A creation that nobody else has a part in: the writer owns all of it. */
function trackNew(update: Update): AnyObject {
  const fields = newFields(update);
  if (isEmptySet(fields)) return withManagers(update.next, new Map());
  const { metadata } = update.next;
  return { ...update.next, metadata: { ...metadata, managedFields: [entryOf(managedAt(managerOf(update, 'Update'), fields, update.now))] } };
}

/** The fields of creations, by the text of all but the name: pods of one template differ in nothing else. */
const ofTemplates = new WeakMap<Kind, Remembered<FieldSet>>();

function newFields(update: Update): FieldSet {
  const { kind, next, subresource = '' } = update;
  const find = (): FieldSet => shared(withoutIgnored(compare(kind.schema, blankOf(kind.schema), next), update).changed);
  // What has no status is made from no template, and may hold megabytes of data; nor is anything that long.
  if (!kind.hasStatus || subresource !== '' || isLong(next)) return find();
  const spec = next['spec'] as object | undefined;
  const last = spec && ofSpecs.get(spec);
  if (last && isTwin(last.next, next)) return last.fields;
  const fields = ofText(kind, next, find);
  if (spec && kind.sharesSpec) ofSpecs.set(spec, { next, fields });
  return fields;
}

/** Whether there are so many fields and items, and such long texts, that what was found out is not remembered (base/remembered.ts). */
function isLong(object: AnyObject): boolean {
  let left = LONG;
  const visit = (value: unknown): void => {
    if (typeof value === 'string') left -= value.length;
    if (typeof value !== 'object' || value === null) return;
    for (const key in value) {
      if (--left < 0) return;
      visit((value as Readonly<Record<string, unknown>>)[key]);
    }
  };
  visit(object);
  return left < 0;
}

const LONG = 8192;

/** By specs that are shared: the last creation with it. */
const ofSpecs = new WeakMap<object, { readonly next: AnyObject; readonly fields: FieldSet }>();

/** Whether two objects with one spec differ in their names at most. */
function isTwin(a: AnyObject, b: AnyObject): boolean {
  for (const key in a) if (key !== 'metadata' && !deepEqual(a[key], b[key])) return false;
  for (const key in b) if (!(key in a)) return false;
  return isNamesake(a.metadata, b.metadata);
}

function isNamesake(a: Metadata, b: Metadata): boolean {
  if (!a.name !== !b.name) return false;
  for (const key in a) if (key !== 'name' && !deepEqual(a[key as keyof Metadata], b[key as keyof Metadata])) return false;
  for (const key in b) if (!(key in a)) return false;
  return true;
}

type Metadata = AnyObject['metadata'];

function ofText(kind: Kind, next: AnyObject, find: () => FieldSet): FieldSet {
  let known = ofTemplates.get(kind);
  if (!known) ofTemplates.set(kind, (known = new Remembered()));
  const text = JSON.stringify({ ...next, metadata: { ...next.metadata, name: next.metadata.name && 'x' } });
  let fields = known.get(text);
  if (!fields) known.set(text, (fields = find()));
  return fields;
}

const managerOf = ({ kind, manager, subresource = '' }: Write, operation: Manager['operation']): Manager => ({
  name: manager || 'unknown', operation, apiVersion: apiVersionOf(kind), subresource,
});

/** Who owned what; all of an object that nobody tracked belongs to what was before. */
function managersBefore(application: Application): Managers {
  const { kind, live } = application;
  if (!live) return new Map();
  const managers = managersOf(live.metadata.managedFields ?? []) ?? new Map<string, Managed>();
  if (managers.size > 0) return managers;
  const changes = withoutIgnored(compare(kind.schema, blankOf(kind.schema), live), application);
  const self = { ...managerOf(application, 'Update'), name: 'before-first-apply' };
  return new Map([[identityOf(self), managedAt(self, changes.changed, application.now)]]);
}

/** What a write cannot set, and so does not own: status through the object, spec through status. */
function ignoredBy({ kind, subresource = '' }: Write): FieldSet {
  if (subresource === 'status') return { 'f:spec': EMPTY };
  return kind.hasStatus && subresource === '' ? { 'f:status': EMPTY } : EMPTY;
}

function without(object: AnyObject, ignored: FieldSet): AnyObject {
  const left: Record<string, unknown> = { ...object };
  for (const step of Object.keys(ignored)) delete left[step.slice(2)];
  return left as AnyObject;
}

function withoutIgnored({ changed, removed }: Difference, write: Write): Difference {
  const ignored = ignoredBy(write);
  return { changed: withoutMeta(recursiveDifference(changed, ignored)), removed: withoutMeta(recursiveDifference(removed, ignored)) };
}

function clashesOf(managers: Managers, changes: (manager: Manager) => Difference, self: string): readonly Clash[] {
  return [...managers].flatMap(([identity, manager]) => {
    const fields = identity === self ? EMPTY : intersection(manager.fields, changes(manager).changed);
    return isEmptySet(fields) ? [] : [{ manager, fields }];
  });
}

/** Everyone but `self` loses what was changed or removed. */
function takenFrom(managers: Managers, changes: (manager: Manager) => Difference, self: string): Map<string, Managed> {
  return new Map([...managers].map(([identity, one]) => {
    if (identity === self) return [identity, one];
    const { changed, removed } = changes(one);
    return [identity, withFields(one, difference(difference(one.fields, changed), removed))];
  }));
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * kubectl turning from client-side to server-side apply: it may take over what it applied itself, according to the annotation it
 * left, so far as the object still says so. What is left are clashes with others.
 */
function withoutOwn({ kind, live, manager }: Application, clashes: readonly Clash[]): readonly Clash[] {
  const text = manager === 'kubectl' && clashes.length > 0 ? live?.metadata.annotations?.[LAST_APPLIED] : undefined;
  const former = text === undefined ? undefined : parsed(text);
  if (!isRecord(former) || former['apiVersion'] !== apiVersionOf(kind)) return clashes;
  const { changed, removed } = compare(kind.schema, live, former);
  const kept = difference(difference(fieldsOf(kind.schema, former), changed), removed);
  return clashes.map((clash) => ({ ...clash, fields: difference(clash.fields, kept) })).filter(({ fields }) => !isEmptySet(fields));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Keeps kubectl's annotation true, for a later client-side apply, where an object has it. */
function noteForClient({ manager, applied, live }: Application, object: AnyObject): AnyObject {
  if (manager !== 'kubectl' || !live?.metadata.annotations?.[LAST_APPLIED]) return object;
  const metadata = (applied.metadata ?? {}) as AnyObject['metadata'];
  const { [LAST_APPLIED]: _, ...annotations } = metadata.annotations ?? {};
  const note = JSON.stringify({ ...applied, metadata: { ...metadata, annotations } });
  return { ...object, metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [LAST_APPLIED]: `${note}\n` } } };
}

function withManagers(object: AnyObject, managers: Managers): AnyObject {
  const entries = entriesOf(managers);
  if (entries) return { ...object, metadata: { ...object.metadata, managedFields: entries } };
  if (object.metadata.managedFields === undefined) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
