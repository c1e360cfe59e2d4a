import type { JSONSchemaProps } from './json-schema-props.ts';
import { asSchema, surveyOf, type Trait } from './schema-walk.ts';

interface Versioned {
  readonly spec: { readonly versions: readonly { readonly schema?: { readonly openAPIV3Schema?: JSONSchemaProps } }[] };
}

const OF_TEXT = new Set([
  'bsonobjectid', 'uri', 'email', 'hostname', 'ipv4', 'ipv6', 'cidr', 'mac', 'uuid', 'uuid3', 'uuid4', 'uuid5', 'isbn', 'isbn10', 'isbn13', 'creditcard', 'ssn',
  'hexcolor', 'rgbcolor', 'byte', 'password', 'date', 'duration', 'datetime', 'k8sshortname', 'k8slongname',
]);
const OF_NUMBERS: Readonly<Record<string, readonly string[]>> = { integer: ['int32', 'int64'], number: ['float', 'double'] };

/** Formats that nothing checks, and sets of what is no scalar; on updates only those that are new. */
export function definitionWarnings(definition: Versioned, old: Versioned | undefined): readonly string[] {
  const before = old ? [...formatWarnings(old), ...setWarnings(old)] : [];
  return [...formatWarnings(definition), ...setWarnings(definition)].filter((text) => !before.includes(text));
}

const schemasHaving = (trait: Trait, { spec }: Versioned): readonly JSONSchemaProps[] =>
  spec.versions.flatMap(({ schema }) => (schema?.openAPIV3Schema ? surveyOf(schema.openAPIV3Schema).having(trait) : []));

function isKnown({ type = '', format = '' }: JSONSchemaProps): boolean {
  if (format === '') return true;
  return type === '' || type === 'string' ? OF_TEXT.has(format.replaceAll('-', '')) : (OF_NUMBERS[type] ?? []).includes(format);
}

const formatWarnings = (definition: Versioned): readonly string[] =>
  schemasHaving('formats', definition).filter((schema) => !isKnown(schema)).map(({ format }) => `unrecognized format ${JSON.stringify(format)}`);

function setWarnings(definition: Versioned): readonly string[] {
  const types = schemasHaving('sets', definition).map(({ items }) => asSchema(items)?.type ?? '');
  return [...new Set(types)].filter((type) => type === 'object' || type === 'array').toSorted()
    .map((type) => `x-kubernetes-list-type: set for items of type "${type}" is not supported by server-side apply or CEL validation rules`);
}
