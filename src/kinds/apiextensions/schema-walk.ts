/** Ways through an OpenAPI schema as a CustomResourceDefinition writes it. */
import { isRecord } from '../../meta/own.ts';
import { patternProblem } from '../../schema/json/pattern.ts';
import type { JSONSchemaProps } from './json-schema-props.ts';

/** `items`, `additionalProperties` and the like, where they are a schema and not a list or a boolean. */
export const asSchema = (value: unknown): JSONSchemaProps | undefined => (isRecord(value) ? (value as JSONSchemaProps) : undefined);

/**
 * What few schemas have and checks ask for. `unusual`: more than a type, bounds, words and schemas below, so that it may be wrong in itself;
 * `alien`: of JSON Schema, but not of Kubernetes.
 */
const BITS = { rules: 1, defaults: 2, formats: 4, sets: 8, alien: 16, unusual: 32 } as const;
export type Trait = keyof typeof BITS;
const TRAITS = Object.keys(BITS) as readonly Trait[];

/** A schema and every one below it, looked at once for all that is asked of them: large ones have tens of thousands of parts. */
export class Survey {
  readonly #found: Readonly<Record<Trait, JSONSchemaProps[]>> = { rules: [], defaults: [], formats: [], sets: [], alien: [], unusual: [] };
  readonly #own = new Map<JSONSchemaProps, number>();
  readonly #leading = new Map<JSONSchemaProps, number>();

  constructor(schema: JSONSchemaProps) {
    this.#visit(schema);
  }

  /** The schemas that have it themselves. */
  having(trait: Trait): readonly JSONSchemaProps[] {
    return this.#found[trait];
  }

  /** Whether the schema has it, or one below: ways through large schemas leave out the rest. */
  leads(schema: JSONSchemaProps, trait: Trait): boolean {
    return ((this.#leading.get(schema) ?? 0) & BITS[trait]) !== 0;
  }

  /** Whether it has it itself. */
  has(schema: JSONSchemaProps, trait: Trait): boolean {
    return ((this.#own.get(schema) ?? 0) & BITS[trait]) !== 0;
  }

  #visit(value: unknown): number {
    const schema = asSchema(value);
    if (!schema) return 0;
    const own = traitsOf(schema);
    if (own !== 0) {
      this.#own.set(schema, own);
      for (const trait of TRAITS) if (own & BITS[trait]) this.#found[trait].push(schema);
    }
    let all = own;
    for (const key in schema) {
      switch (key) {
        case 'items':
          all |= Array.isArray(schema.items) ? this.#visitAll(schema.items as readonly unknown[]) : this.#visit(schema.items);
          break;
        case 'not': case 'additionalProperties': case 'additionalItems':
          all |= this.#visit(schema[key]);
          break;
        case 'allOf': case 'anyOf': case 'oneOf': case 'properties': case 'dependencies': case 'patternProperties': case 'definitions':
          all |= this.#visitAll(schema[key]);
      }
    }
    if (all !== 0) this.#leading.set(schema, all);
    return all;
  }

  #visitAll(schemas: Readonly<Record<string, unknown>> | readonly unknown[] | undefined): number {
    let all = 0;
    for (const name in schemas) all |= this.#visit((schemas as Readonly<Record<string, unknown>>)[name]);
    return all;
  }
}

const surveys = new WeakMap<JSONSchemaProps, Survey>();

/** Made once for a schema, as several checks ask. */
export function surveyOf(schema: JSONSchemaProps): Survey {
  let survey = surveys.get(schema);
  if (!survey) surveys.set(schema, (survey = new Survey(schema)));
  return survey;
}

/** Of every field a schema may have: nothing where it is usual. */
const FIELD_TRAITS: Readonly<Record<string, number>> = {
  description: 0, title: 0, required: 0, enum: 0, nullable: 0, example: 0, externalDocs: 0, properties: 0, type: 0, items: 0, additionalProperties: 0, pattern: 0,
  maximum: 0, exclusiveMaximum: 0, minimum: 0, exclusiveMinimum: 0, multipleOf: 0, maxLength: 0, minLength: 0, maxItems: 0, minItems: 0, maxProperties: 0, minProperties: 0,
  format: BITS.formats,
  default: BITS.defaults | BITS.unusual,
  'x-kubernetes-validations': BITS.rules | BITS.unusual,
  id: BITS.alien | BITS.unusual, $schema: BITS.alien | BITS.unusual, $ref: BITS.alien | BITS.unusual, patternProperties: BITS.alien | BITS.unusual,
  dependencies: BITS.alien | BITS.unusual, additionalItems: BITS.alien | BITS.unusual, definitions: BITS.alien | BITS.unusual,
};
const TYPES = new Set(['array', 'boolean', 'integer', 'number', 'object', 'string']);

function traitsOf(schema: JSONSchemaProps): number {
  let traits = 0;
  for (const key in schema) if (schema[key as keyof JSONSchemaProps] !== undefined) traits |= Object.hasOwn(FIELD_TRAITS, key) ? FIELD_TRAITS[key]! : BITS.unusual;
  const { type, items, properties, additionalProperties, pattern } = schema;
  if (!type || !TYPES.has(type) || (type === 'array' && !isRecord(items)) || (pattern && patternProblem(pattern))) traits |= BITS.unusual;
  if (additionalProperties !== undefined && properties !== undefined) traits |= BITS.unusual;
  if (Array.isArray(items) || schema['x-kubernetes-preserve-unknown-fields'] === false) traits |= BITS.alien | BITS.unusual;
  return schema['x-kubernetes-list-type'] === 'set' ? traits | BITS.sets : traits;
}

export type Found = { readonly path: readonly string[]; readonly schema: JSONSchemaProps } | { readonly problem: string };

const TOKEN = /^(?:\.([^.[\]]*)|\['((?:[^'\\]|\\.)*)'\])/;

/** What `.spec.color` or `.spec['a.b']` leads to. */
export function findField(text: string, root: JSONSchemaProps, { brackets = true } = {}): Found {
  const path: string[] = [];
  let schema = root;
  for (let rest = text; rest !== '';) {
    if (rest.startsWith('[') && !brackets) return { problem: 'array notation is not allowed' };
    const match = TOKEN.exec(rest);
    if (!match) return { problem: rest.startsWith('[') ? 'unexpected end of JSON path' : `expected [ or . but got: ${/^[^.[\]]*|./.exec(rest)![0]}` };
    if (match[1] === '') return { problem: 'unexpected end of JSON path' };
    const name = match[1] ?? match[2]!.replaceAll(/\\(.)/g, '$1');
    const next = schema.properties ? (Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined) : asSchema(schema.additionalProperties);
    if (!next) return { problem: 'does not refer to a valid field' };
    path.push(name);
    schema = next;
    rest = rest.slice(match[0].length);
  }
  return { path, schema };
}
