/** Ways through an OpenAPI schema as a CustomResourceDefinition writes it. */
import { isRecord } from '../../meta/own.ts';
import type { JSONSchemaProps } from './json-schema-props.ts';

/** `items`, `additionalProperties` and the like, where they are a schema and not a list or a boolean. */
export const asSchema = (value: unknown): JSONSchemaProps | undefined => (isRecord(value) ? (value as JSONSchemaProps) : undefined);

function visitAll(schemas: Readonly<Record<string, unknown>> | readonly unknown[] | undefined, visit: (schema: JSONSchemaProps) => void): void {
  if (schemas) for (const one of Array.isArray(schemas) ? (schemas as readonly unknown[]) : Object.values(schemas)) visitOne(one, visit);
}

function visitOne(value: unknown, visit: (schema: JSONSchemaProps) => void): void {
  const schema = asSchema(value);
  if (!schema) return;
  visit(schema);
  if (Array.isArray(schema.items)) visitAll(schema.items, visit);
  else visitOne(schema.items, visit);
  visitOne(schema.not, visit);
  visitOne(schema.additionalProperties, visit);
  visitOne(schema.additionalItems, visit);
  for (const part of [schema.dependencies, schema.allOf, schema.anyOf, schema.oneOf, schema.properties, schema.patternProperties, schema.definitions]) visitAll(part, visit);
}

const walked = new WeakMap<JSONSchemaProps, readonly JSONSchemaProps[]>();

/** The schema and every one below it; found once, as several rules ask. */
export function schemasWithin(schema: JSONSchemaProps): readonly JSONSchemaProps[] {
  const known = walked.get(schema);
  if (known) return known;
  const found: JSONSchemaProps[] = [];
  visitOne(schema, (one) => found.push(one));
  walked.set(schema, found);
  return found;
}

/** The schemas that have it, or one below them that has: ways through large schemas leave out the rest. */
export function leadingTo(schema: JSONSchemaProps, has: (schema: JSONSchemaProps) => boolean): ReadonlySet<JSONSchemaProps> {
  const found = new Set<JSONSchemaProps>();
  const visit = (one: JSONSchemaProps): boolean => {
    let leads = has(one);
    const { items, additionalProperties, properties } = one;
    if (isRecord(items) && visit(items as JSONSchemaProps)) leads = true;
    if (isRecord(additionalProperties) && visit(additionalProperties as JSONSchemaProps)) leads = true;
    for (const name in properties) if (Object.hasOwn(properties, name) && visit(properties[name]!)) leads = true;
    if (leads) found.add(one);
    return leads;
  };
  visit(schema);
  return found;
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
