import type { ListNode, MapNode, ObjectNode, ScalarNode, SchemaNode } from './node.ts';

declare const valueType: unique symbol;
declare const presence: unique symbol;

/** Whether an object always has the field after decoding and defaulting. */
type Presence = 'optional' | 'present';

/**
 * One field of a kind being declared: a node, and the TypeScript type of its values. Immutable; each modifier gives a
 * new field. `T` is inferred, never written twice.
 */
export class Field<out T = unknown, out P extends Presence = Presence> {
  declare readonly [valueType]: T;
  declare readonly [presence]: P;
  readonly node: SchemaNode;

  constructor(node: SchemaNode) {
    this.node = node;
  }

  /** The protobuf field number. */
  tag(number: number): Field<T, P> {
    return this.#with({ tag: number });
  }

  /** '', 0 and false are values of their own here (a pointer upstream); elsewhere they count as absent. */
  pointer(): Field<T, P> {
    return this.#with({ pointer: true });
  }

  /** Protobuf keeps the field in an embedded message (or one within another) that JSON inlines: ConfigMapEnvSource.name. */
  within(...numbers: number[]): Field<T, P> {
    return this.#with({ within: numbers });
  }

  /** Served also when nobody said anything: the zero value then, which no document publishes as a default. */
  always(): Field<T, 'present'> {
    return this.#with({ always: true });
  }

  /** Served as null where there is none: upstream holds a slice, map or pointer without `omitempty`, and stores an empty one as none. */
  orNull(): Field<T | null, 'present'> {
    return this.#with({ orNull: true });
  }

  required(): Field<T, 'present'> {
    return this.#with({ required: true });
  }

  /** Published as required, but an empty value, or none, is no mistake by itself: the kind's own rules judge it. */
  mayBeEmpty(): Field<T, 'present'> {
    return this.#with({ required: true, mayBeEmpty: true });
  }

  /** Filled in when absent. `{}`: an object that its own fields' defaults fill. */
  default(value: T | Readonly<Record<string, never>>): Field<T, 'present'> {
    return this.#with({ default: value });
  }

  nullable(): Field<T | null, P> {
    return this.#with({ nullable: true });
  }

  immutable(): Field<T, P> {
    return this.#with({ immutable: true });
  }

  /** A sentence of our own for `kubectl explain`. */
  describe(description: string): Field<T, P> {
    return this.#with({ description });
  }

  /** A closed set of values, others being `Unsupported value`; the type stays string (`oneOf` narrows it). In upstream's order. */
  among(...values: readonly string[]): Field<T, P> {
    return this.#with({ enum: values });
  }

  /** Inclusive bounds of numbers. */
  min(min: number): Field<T, P> {
    return this.#with({ min });
  }

  max(max: number): Field<T, P> {
    return this.#with({ max });
  }

  /** Server-side apply owns the value as one (maps and objects; lists are atomic unless said otherwise). */
  atomic(): Field<T, P> {
    return this.#with(this.node.type === 'list' ? { listType: 'atomic' } : { atomic: true });
  }

  /** Server-side apply owns the fields one by one, though the type is atomic where it is declared. */
  granular(): Field<T, P> {
    return this.#with({ atomic: false, granular: true });
  }

  /** At most one of `members` is set, `discriminator` saying which: published, and checked by the kind. */
  union(members: readonly string[], discriminator?: string): Field<T, P> {
    return this.#with({ union: { members, ...(discriminator === undefined ? {} : { discriminator }) } });
  }

  /** A list of unique scalars. */
  set(): Field<T, P> {
    return this.#with({ listType: 'set' });
  }

  /** A list addressed by its items' keys. */
  mapKeys(...keys: string[]): Field<T, P> {
    return this.#with({ listType: 'map', keys });
  }

  /** Strategic merge patch merges items by `key` ('' for scalars) where it would else replace the list. */
  mergeKey(key: string, how: { retainKeys?: boolean } = {}): Field<T, P> {
    return this.#with({ merge: { key, ...how } });
  }

  /** No two items of the set, or with the same keys: `Duplicate value`. */
  unique(): Field<T, P> {
    return this.#with({ unique: true });
  }

  /** `mapKeys(key)` and `mergeKey(key)` at once, the usual case. */
  keyedBy(key: string): Field<T, P> {
    return this.mapKeys(key).mergeKey(key);
  }

  /** Strategic merge of an object: fields the patch leaves out are cleared. */
  retainKeys(): Field<T, P> {
    return this.#with({ patchStrategy: 'retainKeys' });
  }

  /** Strategic merge replaces the object instead of merging into it. */
  replaceWhole(): Field<T, P> {
    return this.#with({ patchStrategy: 'replace' });
  }

  preserveUnknown(): Field<T, P> {
    return this.#with({ preserveUnknown: true });
  }

  #with(more: Partial<ObjectNode> | Partial<MapNode> | Partial<ListNode> | Partial<ScalarNode> | { tag: number } | { within: readonly number[] } | { pointer: boolean }): Field<T, never> {
    return new Field({ ...this.node, ...more } as SchemaNode);
  }
}

/** The type of a field's values. */
export type TypeOf<F> = F extends { readonly [valueType]: infer T } ? T : never;

export type Fields = Readonly<Record<string, Field>>;
type Flat<T> = { [K in keyof T]: T[K] };
type PresentKeys<F> = { [K in keyof F]: F[K] extends { readonly [presence]: 'present' } ? K : never }[keyof F];

/** The type of an object with these fields. */
export type ObjectOf<F> = Flat<
  { readonly [K in PresentKeys<F>]: TypeOf<F[K]> } & { readonly [K in Exclude<keyof F, PresentKeys<F>>]?: TypeOf<F[K]> }
>;

const scalar = <T>(type: ScalarNode['type'], more: Partial<ScalarNode> = {}): Field<T, 'optional'> =>
  new Field({ type, ...more } as ScalarNode);

export const string = () => scalar<string>('string');
/** A string with a closed set of values; others are `Unsupported value`. */
export const oneOf = <const V extends readonly string[]>(...values: V) => scalar<V[number]>('string', { enum: values });
export const int32 = () => scalar<number>('int32');
export const int64 = () => scalar<number>('int64');
export const double = () => scalar<number>('double');
export const boolean = () => scalar<boolean>('boolean');
export const bytes = () => scalar<string>('bytes');
export const quantity = () => scalar<string>('quantity');
export const intOrString = () => scalar<number | string>('intOrString');
export const time = () => scalar<string>('time');
export const microTime = () => scalar<string>('microTime');
export const duration = () => scalar<string>('duration');
/** Any JSON value. `name`: the OpenAPI definition without `io.k8s.`, where it has one. */
export const any = (name?: string) => scalar<unknown>('any', name === undefined ? {} : { name });

/** @param name the OpenAPI definition without `io.k8s.`: `api.core.v1.PodSpec`. */
export function object<const F extends Fields>(name: string, fields: F): Field<ObjectOf<F>, 'optional'> {
  const nodes = Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, field.node]));
  return new Field({ type: 'object', name, fields: nodes });
}

export function list<T>(items: Field<T>): Field<readonly T[], 'optional'> {
  return new Field({ type: 'list', items: items.node, listType: 'atomic', keys: [] });
}

export function map<T>(values: Field<T>): Field<Readonly<Record<string, T>>, 'optional'> {
  return new Field({ type: 'map', values: values.node });
}

/** A schema that several places name: made at first use, then the same node each time, so that what is compiled from it is shared. */
export function part<F extends Field>(make: () => F): () => F {
  let made: F | undefined;
  return () => (made ??= make());
}

/** For a schema that contains itself; `T` is then an interface of its own. */
export function lazy<T>(resolve: () => Field<T>): Field<T, 'optional'> {
  return new Field({ type: 'lazy', resolve: () => resolve().node });
}
