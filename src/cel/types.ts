/** The types expressions are checked against. Immutable data; `maxSize` tells the cost estimate how large a value may be. */
export type SimpleKind = 'bool' | 'int' | 'uint' | 'double' | 'string' | 'bytes' | 'null' | 'timestamp' | 'duration' | 'dyn' | 'error';

interface Sized {
  /** Most characters, bytes, items or entries; unknown where absent. */
  readonly maxSize?: number;
  /** Within it are lists, or it is one, whose order does not count in equality. */
  readonly unordered?: true;
}

export interface SimpleType extends Sized {
  readonly kind: SimpleKind;
}
export interface ListType extends Sized {
  readonly kind: 'list';
  readonly items: CelType;
  /** A set's items are told by themselves, a map's by these fields. */
  readonly keyed?: 'itself' | readonly string[];
}
export interface MapType extends Sized {
  readonly kind: 'map';
  readonly keys: CelType;
  readonly values: CelType;
}
export interface FieldType {
  /** The JSON property, where escaping makes it differ from the name in expressions. */
  readonly property: string;
  readonly type: CelType;
}
/** A message: fields by their names in expressions. */
export interface ObjectType extends Sized {
  readonly kind: 'object';
  readonly name: string;
  field(name: string): FieldType | undefined;
  /** Fields are taken on trust, one by one: a type whose schema nobody has. */
  readonly open?: boolean;
}
/** What only its own functions look into: `net.IP`, `kubernetes.Quantity`, `optional_type`. */
export interface OpaqueType extends Sized {
  readonly kind: 'opaque';
  readonly name: string;
  readonly params: readonly CelType[];
}
/** The type of a type. */
export interface TypeType extends Sized {
  readonly kind: 'type';
  readonly of: CelType;
}
/** `T` in a function's declaration. */
export interface ParamType extends Sized {
  readonly kind: 'param';
  readonly name: string;
}
/** A type still to be found out while an expression is checked. */
export interface VariableType extends Sized {
  readonly kind: 'variable';
  readonly id: number;
}

export type CelType = SimpleType | ListType | MapType | ObjectType | OpaqueType | TypeType | ParamType | VariableType;

const simple = (kind: SimpleKind): SimpleType => Object.freeze({ kind });

export const BOOL = simple('bool');
export const INT = simple('int');
export const UINT = simple('uint');
export const DOUBLE = simple('double');
export const STRING = simple('string');
export const BYTES = simple('bytes');
export const NULL = simple('null');
export const TIMESTAMP = simple('timestamp');
export const DURATION = simple('duration');
export const DYN = simple('dyn');
/** Of what is wrong already: nothing more is said about it. */
export const ERROR = simple('error');

export const listOf = (items: CelType): ListType => ({ kind: 'list', items });
export const mapOf = (keys: CelType, values: CelType): MapType => ({ kind: 'map', keys, values });
export const typeOfType = (of: CelType): TypeType => ({ kind: 'type', of });
export const opaque = (name: string, ...params: readonly CelType[]): OpaqueType => ({ kind: 'opaque', name, params });
export const optionalType = (of: CelType): OpaqueType => opaque('optional_type', of);
export const isOptional = (type: CelType): type is OpaqueType => type.kind === 'opaque' && type.name === 'optional_type';

export function objectOf(name: string, fields: Readonly<Record<string, FieldType>>): ObjectType {
  return { kind: 'object', name, field: (field) => (Object.hasOwn(fields, field) ? fields[field] : undefined) };
}

/** An object with whatever fields it is asked for. */
export const openObject = (name: string): ObjectType => ({ kind: 'object', name, open: true, field: (property) => ({ property, type: DYN }) });

/** The same type with a bound on its values' size. */
export const bounded = <T extends CelType>(type: T, maxSize: number): T => ({ ...type, maxSize });

/** What errors call it (cel-go's FormatCelType). */
export function formatType(type: CelType): string {
  switch (type.kind) {
    case 'list':
      return `list(${formatType(type.items)})`;
    case 'map':
      return `map(${formatType(type.keys)}, ${formatType(type.values)})`;
    case 'object':
      return type.name;
    case 'opaque':
      return type.params.length === 0 ? type.name : `${type.name}(${type.params.map(formatType).join(', ')})`;
    case 'type':
      return `type(${formatType(type.of)})`;
    case 'param':
      return type.name;
    case 'variable':
      return `_var${type.id}`;
    case 'error':
      return '!error!';
    default:
      return type.kind;
  }
}

/** Go's String of a type, which differs in one name. */
export const nameOfType = (type: CelType): string => (type.kind === 'null' ? 'null_type' : formatType(type));

export function sameType(a: CelType, b: CelType): boolean {
  if (a === b) return true;
  switch (a.kind) {
    case 'list':
      return b.kind === 'list' && sameType(a.items, b.items);
    case 'map':
      return b.kind === 'map' && sameType(a.keys, b.keys) && sameType(a.values, b.values);
    case 'object':
      return b.kind === 'object' && a.name === b.name;
    case 'opaque':
      return b.kind === 'opaque' && a.name === b.name && a.params.length === b.params.length && a.params.every((param, at) => sameType(param, b.params[at]!));
    case 'type':
      return b.kind === 'type' && sameType(a.of, b.of);
    case 'param':
      return b.kind === 'param' && a.name === b.name;
    case 'variable':
      return b.kind === 'variable' && a.id === b.id;
    default:
      return a.kind === b.kind;
  }
}

export const isDyn = (type: CelType): boolean => type.kind === 'dyn' || type.kind === 'error';

/** The type with every part replaced by what `change` makes of it; parts it returns undefined for are looked into. */
export function mapType(type: CelType, change: (part: CelType) => CelType | undefined): CelType {
  const changed = change(type);
  if (changed) return changed;
  switch (type.kind) {
    case 'list':
      return { ...type, items: mapType(type.items, change) };
    case 'map':
      return { ...type, keys: mapType(type.keys, change), values: mapType(type.values, change) };
    case 'opaque':
      return type.params.length === 0 ? type : { ...type, params: type.params.map((param) => mapType(param, change)) };
    case 'type':
      return { ...type, of: mapType(type.of, change) };
    default:
      return type;
  }
}
