import { resolved, type SchemaNode } from './node.ts';

/** What upstream's messages call a type: `v1.Container`, `[]string`, `int32`. Named strings print as `string`. */
export function goType(node: SchemaNode): string {
  switch (node.type) {
    case 'object':
      return node.name === undefined ? 'map[string]interface {}' : node.name.split('.').slice(-2).join('.');
    case 'list':
      return `[]${goType(node.items)}`;
    case 'map':
      return node.values.type === 'quantity' ? 'v1.ResourceList' : `map[string]${goType(node.values)}`;
    case 'lazy':
      return goType(node.resolve());
    default:
      return SCALARS[node.type];
  }
}

const SCALARS = {
  string: 'string',
  int32: 'int32',
  int64: 'int64',
  double: 'float64',
  boolean: 'bool',
  bytes: '[]uint8',
  quantity: 'resource.Quantity',
  intOrString: 'intstr.IntOrString',
  time: 'v1.Time',
  microTime: 'v1.MicroTime',
  duration: 'v1.Duration',
  any: 'runtime.RawExtension',
} as const;

/** What Go's JSON decoder calls a value; numbers show themselves where the field takes numbers, but not this one. */
export function jsonKind(value: unknown, into: string): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return /^(int|float)/.test(into) ? `number ${value}` : 'number';
  return typeof value === 'string' ? 'string' : 'object';
}

/** The steps from the root to a value: names of fields, keys of maps, positions in lists. */
export type Steps = readonly (string | number)[];

/** `json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type []v1.Container`. */
export function mismatchMessage(root: SchemaNode, steps: Steps, value: unknown): string {
  let node = resolved(root);
  let struct = '';
  const fields: string[] = [];
  for (const step of steps) {
    if (node.type === 'object') {
      struct = node.name?.split('.').at(-1) ?? '';
      fields.push(String(step));
      node = resolved(node.fields[step]!);
    } else if (node.type === 'list') node = resolved(node.items);
    else if (node.type === 'map') node = resolved(node.values);
  }
  const type = goType(node);
  const where = fields.length === 0 ? 'value' : `struct field ${struct}.${fields.join('.')}`;
  return `json: cannot unmarshal ${jsonKind(value, type)} into Go ${where} of type ${type}`;
}

/** `spec.containers[0].image`, as strict decoding names a field. */
export function pathText(steps: Steps): string {
  let text = '';
  for (const step of steps) text += typeof step === 'number' ? `[${step}]` : text === '' ? step : `.${step}`;
  return text;
}

const MISMATCH = /^json: cannot unmarshal (\w+)(?: (\S+))? into Go (?:struct field \S+|value) of type (.+)$/;
/** Types that decode themselves, from JSON. */
const OWN_WORDS = /^(resource\.Quantity|intstr\.IntOrString|v1\.(Time|MicroTime|Duration)|runtime\.RawExtension)$/;

/** What Go's converter, which makes objects of maps without a text between, says instead: it knows no places. */
export function converterMessage(why: string): string {
  const [, given = '', number = '', type = ''] = MISMATCH.exec(why) ?? [];
  if (type === '' || OWN_WORDS.test(type)) return why;
  const isWhole = given === 'number' && !number.includes('.');
  const kind = given === 'object' ? 'map' : given === 'array' ? 'slice' : given === 'number' ? (isWhole ? 'int64' : 'float64') : given;
  if (type.startsWith('[]')) return `cannot restore slice from ${kind}`;
  if (type.startsWith('map[') || type === 'v1.ResourceList') return `cannot restore map from ${kind}`;
  if (type.includes('.')) return `cannot restore struct from: ${kind}`;
  // Go would make a character of a number.
  return kind === 'int64' && type === 'string' ? 'cannot convert int64 to string' : `unrecognized type: ${type}`;
}
