/** Ways through an OpenAPI schema as a CustomResourceDefinition writes it. */
import { isRecord } from '../../meta/own.ts';
import type { JSONSchemaProps } from './json-schema-props.ts';

/** `items`, `additionalProperties` and the like, where they are a schema and not a list or a boolean. */
export const asSchema = (value: unknown): JSONSchemaProps | undefined => (isRecord(value) ? (value as JSONSchemaProps) : undefined);

function belowOf(schema: JSONSchemaProps): readonly JSONSchemaProps[] {
  const { items, allOf = [], anyOf = [], oneOf = [], not, properties = {}, additionalProperties, patternProperties = {}, additionalItems, definitions = {}, dependencies = {} } = schema;
  const maybe = [...(Array.isArray(items) ? (items as readonly unknown[]) : [items]), not, additionalProperties, additionalItems, ...Object.values(dependencies)].map(asSchema);
  return [
    ...maybe.filter((one) => one !== undefined), ...allOf, ...anyOf, ...oneOf,
    ...Object.values(properties), ...Object.values(patternProperties), ...Object.values(definitions),
  ];
}

/** The schema and every one below it. */
export function* schemasWithin(schema: JSONSchemaProps): Iterable<JSONSchemaProps> {
  yield schema;
  for (const below of belowOf(schema)) yield* schemasWithin(below);
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
