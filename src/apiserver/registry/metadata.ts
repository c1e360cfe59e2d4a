import { type FieldError, FieldPath, forbidden, invalid, required, tooLong } from '../../meta/field-error.ts';
import type { AnyObject, ManagedFieldsEntry, OwnerReference } from '../../meta/object.ts';
import {
  dns1035LabelProblems, dnsLabelProblems, dnsSubdomainProblems, labelValueProblems, pathSegmentProblems, qualifiedNameProblems,
} from '../../meta/names.ts';
import type { Kind } from '../../schema/kind.ts';
import { fieldManagerErrors } from '../query.ts';

const META = FieldPath.of('metadata');
const encoder = new TextEncoder();
/** All annotations of an object together. */
const MAX_ANNOTATION_BYTES = 256 * 1024;

const NAME_RULES: Readonly<Record<NonNullable<Kind['nameRule']>, (name: string) => readonly string[]>> = {
  subdomain: dnsSubdomainProblems,
  label: dnsLabelProblems,
  label1035: dns1035LabelProblems,
  'path-segment': pathSegmentProblems,
};

/** What is wrong with an object's metadata; with `old`, also what changed that may not. */
export function* metadataErrors(kind: Kind, { metadata }: AnyObject, old: AnyObject | undefined): Iterable<FieldError> {
  const was = old?.metadata;
  if (was) yield* changeErrors(metadata, was);
  else yield* nameErrors(kind, metadata);
  if (metadata.labels !== was?.labels) yield* labelErrors(metadata.labels ?? {}, META.child('labels'));
  if (metadata.annotations !== was?.annotations) yield* annotationErrors(metadata.annotations ?? {});
  if (metadata.finalizers !== was?.finalizers) yield* finalizerErrors(metadata.finalizers ?? [], { before: was?.deletionTimestamp ? (was.finalizers ?? []) : undefined, lenient: kind.custom !== undefined });
  if (metadata.ownerReferences !== was?.ownerReferences) yield* ownerErrors(metadata.ownerReferences ?? []);
  if (metadata.managedFields !== was?.managedFields) yield* managedFieldsErrors(metadata.managedFields ?? []);
}

const IMMUTABLE = ['name', 'namespace', 'uid', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const;

function* changeErrors(metadata: AnyObject['metadata'], was: AnyObject['metadata']): Iterable<FieldError> {
  for (const field of IMMUTABLE) {
    if (metadata[field] !== was[field] && (metadata[field] || was[field])) yield invalid(META.child(field), metadata[field], 'field is immutable');
  }
}

const MAX_SUBRESOURCE_BYTES = 256;

function* managedFieldsErrors(entries: readonly ManagedFieldsEntry[]): Iterable<FieldError> {
  for (const [index, { operation = '', fieldsType, manager = '', subresource = '' }] of entries.entries()) {
    const at = META.child('managedFields').index(index);
    if (operation !== 'Apply' && operation !== 'Update') yield invalid(at.child('operation'), operation, 'must be `Apply` or `Update`');
    if (fieldsType && fieldsType !== 'FieldsV1') yield invalid(at.child('fieldsType'), fieldsType, 'must be `FieldsV1`');
    yield* fieldManagerErrors(manager, at.child('manager'));
    if (subresource.length > MAX_SUBRESOURCE_BYTES) yield tooLong(at.child('subresource'), MAX_SUBRESOURCE_BYTES);
  }
}

function* nameErrors(kind: Kind, { name, generateName }: AnyObject['metadata']): Iterable<FieldError> {
  const check = NAME_RULES[kind.nameRule ?? 'subdomain'];
  if (generateName) for (const why of check(`${generateName.replace(/[-.]+$/, '')}a`)) yield invalid(META.child('generateName'), generateName, why);
  if (!name) return void (yield required(META.child('name'), 'name or generateName is required'));
  for (const why of check(name)) yield invalid(META.child('name'), name, why);
}

export function* labelErrors(labels: Readonly<Record<string, string>>, at: FieldPath): Iterable<FieldError> {
  for (const [key, value] of Object.entries(labels)) {
    for (const why of qualifiedNameProblems(key)) yield invalid(at, key, why);
    for (const why of labelValueProblems(value)) yield invalid(at, value, why);
  }
}

function* annotationErrors(annotations: Readonly<Record<string, string>>): Iterable<FieldError> {
  const at = META.child('annotations');
  let size = 0;
  for (const [key, value] of Object.entries(annotations)) {
    for (const why of qualifiedNameProblems(key.toLowerCase())) yield invalid(at, key, why);
    size += key.length + value.length;
  }
  // No character takes more than three bytes of UTF-8 for each of its units.
  if (size <= MAX_ANNOTATION_BYTES && size * 3 > MAX_ANNOTATION_BYTES) size = encoder.encode(Object.entries(annotations).flat().join('')).length;
  if (size > MAX_ANNOTATION_BYTES) yield tooLong(at, MAX_ANNOTATION_BYTES);
}

/** Those without a domain. */
const STANDARD_FINALIZERS = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

/** `before`: the finalizers of an object being deleted, which none may join; `lenient`: of any name. */
function* finalizerErrors(finalizers: readonly string[], { before, lenient }: { readonly before: readonly string[] | undefined; readonly lenient: boolean }): Iterable<FieldError> {
  const at = META.child('finalizers');
  for (const finalizer of finalizers) for (const why of qualifiedNameProblems(finalizer)) yield invalid(at, finalizer, why);
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    yield invalid(at, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set');
  }
  const added = before ? finalizers.filter((finalizer) => !before.includes(finalizer)) : [];
  if (added.length > 0) {
    yield forbidden(at, `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((one) => JSON.stringify(one)).join(', ')}}`);
  }
  if (lenient) return;
  for (const [index, finalizer] of finalizers.entries()) {
    if (!finalizer.includes('/') && !STANDARD_FINALIZERS.has(finalizer)) {
      yield invalid(at.index(index), finalizer, 'name is neither a standard finalizer name nor is it fully qualified');
    }
  }
}

/** Custom resources may have finalizers of any name, and are told that these may clash. */
export const finalizerWarnings = ({ metadata }: Pick<AnyObject, 'metadata'>, old: Pick<AnyObject, 'metadata'> | undefined): readonly string[] =>
  (metadata.finalizers ?? []).filter((finalizer) => !old?.metadata.finalizers?.includes(finalizer) && !finalizer.includes('/') && !STANDARD_FINALIZERS.has(finalizer)).toSorted()
    .map((finalizer) => `metadata.finalizers: ${JSON.stringify(finalizer)}: prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers`);

function* ownerErrors(owners: readonly OwnerReference[]): Iterable<FieldError> {
  const at = META.child('ownerReferences');
  // Upstream names the list, not which of its entries.
  for (const owner of owners) {
    const { apiVersion = '', kind, name, uid } = owner;
    if (!/^([^/]*\/)?[^/]+$/.test(apiVersion)) yield invalid(at.child('apiVersion'), apiVersion, 'version must not be empty');
    for (const [field, value] of Object.entries({ kind, name, uid })) if (!value) yield invalid(at.child(field), value ?? '', 'must not be empty');
    if (apiVersion === 'v1' && kind === 'Event') yield invalid(at, owner, '/v1, Kind=Event is disallowed from being an owner');
  }
  const controllers = owners.filter(({ controller }) => controller);
  if (controllers.length > 1) {
    yield invalid(at, owners, `Only one reference can have Controller set to true. Found "true" in references for ${called(controllers[0]!)} and ${called(controllers[1]!)}`);
  }
}

const called = ({ kind, name }: OwnerReference): string => `${kind}/${name}`;
