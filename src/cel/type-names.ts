import { type CelType, openObject, opaque } from './types.ts';
import { CelMap, CelObject, isInt, isList, Message, TypeValue } from './values.ts';

/** Types as expressions name them: `type(x) == int`. */
const NAMED: Readonly<Record<string, CelType>> = {
  bool: { kind: 'bool' }, int: { kind: 'int' }, uint: { kind: 'uint' }, double: { kind: 'double' }, string: { kind: 'string' }, bytes: { kind: 'bytes' },
  null_type: { kind: 'null' }, list: { kind: 'list', items: { kind: 'dyn' } }, map: { kind: 'map', keys: { kind: 'dyn' }, values: { kind: 'dyn' } },
  type: { kind: 'type', of: { kind: 'dyn' } }, dyn: { kind: 'dyn' },
  'google.protobuf.Timestamp': { kind: 'timestamp' }, 'google.protobuf.Duration': { kind: 'duration' },
  optional_type: opaque('optional_type', { kind: 'dyn' }),
  'net.IP': opaque('net.IP'), 'net.CIDR': opaque('net.CIDR'), 'kubernetes.URL': opaque('kubernetes.URL'), 'kubernetes.Quantity': opaque('kubernetes.Quantity'),
  'kubernetes.Semver': opaque('kubernetes.Semver'), 'kubernetes.NamedFormat': opaque('kubernetes.NamedFormat'),
  'kubernetes.authorization.Authorizer': opaque('kubernetes.authorization.Authorizer'), JSONPatch: openObject('JSONPatch'),
};

export const typeNamed = (name: string): CelType | undefined => (Object.hasOwn(NAMED, name) ? NAMED[name] : undefined);

const RUNTIME_NAMES: Readonly<Record<string, string>> = { timestamp: 'google.protobuf.Timestamp', duration: 'google.protobuf.Duration' };

export function typeValueOf(value: unknown): TypeValue {
  return new TypeValue(nameOf(value));
}

function nameOf(value: unknown): string {
  if (isInt(value)) return 'int';
  if (value === null) return 'null_type';
  if (isList(value)) return 'list';
  if (value instanceof Uint8Array) return 'bytes';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  if (value instanceof Message) return value.name;
  if (!(value instanceof CelObject) || value instanceof CelMap) return 'map';
  const { type } = value;
  if (type.kind === 'opaque' || type.kind === 'object') return type.name;
  return RUNTIME_NAMES[type.kind] ?? type.kind;
}
