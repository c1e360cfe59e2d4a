import { type FieldError, FieldPath, invalid, required } from '../../meta/field-error.ts';
import { dnsSubdomainProblems } from '../../meta/names.ts';
import { isRecord } from '../../meta/own.ts';
import { type JsonSchema, schemaIn } from '../../schema/json/json-schema.ts';
import { labelErrors } from '../registry/metadata.ts';

/** What every object must have, an embedded one must too (x-kubernetes-embedded-resource). */
export function embeddedErrors(schema: JsonSchema, object: unknown): readonly FieldError[] {
  return hasEmbedded(schema) ? [...walk(schema, object, FieldPath.of())] : [];
}

const known = new WeakMap<JsonSchema, boolean>();

function hasEmbedded(schema: JsonSchema): boolean {
  let has = known.get(schema);
  if (has === undefined) {
    const below = [...Object.values(schema.properties ?? {}), schemaIn(schema.items), schemaIn(schema.additionalProperties)];
    has = schema['x-kubernetes-embedded-resource'] === true || below.some((one) => one !== undefined && hasEmbedded(one));
    known.set(schema, has);
  }
  return has;
}

function* walk(schema: JsonSchema, value: unknown, at: FieldPath): Iterable<FieldError> {
  if (!hasEmbedded(schema)) return;
  if (schema['x-kubernetes-embedded-resource'] && isRecord(value)) yield* objectErrors(value, at);
  const items = schemaIn(schema.items);
  if (items && Array.isArray(value)) {
    for (const [position, item] of (value as readonly unknown[]).entries()) yield* walk(items, item, at.index(position));
  }
  if (!isRecord(value)) return;
  const values = schemaIn(schema.additionalProperties);
  for (const [key, part] of Object.entries(value)) {
    const property = schema.properties && Object.hasOwn(schema.properties, key) ? schema.properties[key] : undefined;
    if (property) yield* walk(property, part, at.child(key));
    else if (values) yield* walk(values, part, at.key(key));
  }
}

const KIND = /^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$/;

function* objectErrors({ apiVersion, kind, metadata }: Readonly<Record<string, unknown>>, at: FieldPath): Iterable<FieldError> {
  if (typeof apiVersion !== 'string' || apiVersion === '') yield required(at.child('apiVersion'), 'must not be empty');
  else if (apiVersion.split('/').length > 2) yield invalid(at.child('apiVersion'), apiVersion, `unexpected GroupVersion string: ${apiVersion}`);
  if (typeof kind !== 'string' || kind === '') yield required(at.child('kind'), 'must not be empty');
  else if (!KIND.test(kind)) yield invalid(at.child('kind'), kind, 'may have mixed case, but should otherwise match: a DNS-1035 label');
  if (!isRecord(metadata)) return;
  const here = at.child('metadata');
  const { name, labels } = metadata;
  if (typeof name === 'string' && name !== '') for (const why of dnsSubdomainProblems(name)) yield invalid(here.child('name'), name, why);
  if (isRecord(labels)) yield* labelErrors(labels as Readonly<Record<string, string>>, here.child('labels'));
}
