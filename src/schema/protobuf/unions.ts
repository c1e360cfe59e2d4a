/**
 * JSONSchemaProps' fields that hold a schema or something else. As protobuf each is a message: `array` {schema = 1, schemas = 2},
 * `bool` {allows = 1, schema = 2}, `strings` {schema = 1, property = 2} (apiextensions' generated.proto).
 */
export function unionOf(name: string | undefined): 'array' | 'bool' | 'strings' | undefined {
  if (name?.endsWith('.JSONSchemaPropsOrArray')) return 'array';
  if (name?.endsWith('.JSONSchemaPropsOrBool')) return 'bool';
  if (name?.endsWith('.JSONSchemaPropsOrStringArray')) return 'strings';
  return undefined;
}
