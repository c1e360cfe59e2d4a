import type { KubeObject } from '../meta/object.ts';
import type { FieldError, FieldPath } from '../meta/field-error.ts';
import type { Resource } from '../meta/resource.ts';
import type { Field, TypeOf } from './field.ts';
import type { JsonSchema } from './json/json-schema.ts';
import type { ObjectNode, SchemaNode } from './node.ts';
import { objectMeta } from './object-meta.ts';

/** One printer column of `kubectl get`: the cell's value, `undefined` printing as `<none>`. A method's type, so that a Kind<Pod> is a Kind. */
export type Column<T> = { cell(object: T, now: number): string | number | boolean | undefined }['cell'];
/** What a field selector compares. */
export type Selectable<T> = { value(object: T): string }['value'];

export interface ColumnSpec<T> {
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format?: string;
  readonly description?: string;
  /** Shown by `-o wide` alone (priority 1), at this place among the others. */
  readonly wide?: boolean;
  /** In place of 0, or 1 where wide. */
  readonly priority?: number;
  readonly cell: Column<T>;
}

/** The autoscaling/v1 Scale view of a kind: JSON paths as a CustomResourceDefinition writes them. */
export interface ScalePaths {
  readonly spec: string;
  readonly status: string;
  readonly selector?: string;
}

/** How a write may deviate from the common rules. All are pure and return new objects. */
export interface KindHooks<T> {
  /** Defaults that depend on other fields; runs after the schema's own. */
  defaults?(object: T): T;
  /** Everything the schema cannot say. Upstream's paths and messages. */
  validate?(object: T, at: FieldPath): Iterable<FieldError>;
  /** What only creation forbids: runs besides `validate`. */
  validateCreate?(object: T, at: FieldPath): Iterable<FieldError>;
  /** What may change: runs besides `validate`, on spec updates alone. */
  validateUpdate?(object: T, old: T, at: FieldPath): Iterable<FieldError>;
  validateStatusUpdate?(object: T, old: T, at: FieldPath): Iterable<FieldError>;
  /** Before creation: clears what callers may not set. `status` is dropped already where the kind has that subresource. */
  prepareForCreate?(object: T): T;
  /** Before an update: what upstream's strategy resets or carries over. `generation` is done already. */
  prepareForUpdate?(object: T, old: T): T;
  /** Before an update of the status: what of it upstream's strategy clears or fills in. @param now in RFC 3339 */
  prepareForStatusUpdate?(object: T, old: T, now: string): T;
  /** Warnings for `Warning:` headers. */
  warnings?(object: T, old: T | undefined): readonly string[];
}

export interface KindDefinition<T, S extends Field | undefined, St extends Field | undefined> extends KindHooks<T> {
  /** '' for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  /** Lower-cased kind unless said. */
  readonly singular?: string;
  readonly short?: readonly string[];
  readonly categories?: readonly string[];
  readonly scope: 'Namespaced' | 'Cluster';
  /** OpenAPI definition's prefix without `io.k8s.`: `api.apps.v1`. */
  readonly package: string;
  readonly description?: string;
  /** tag 2, as everywhere upstream; kinds without spec use `fields`. */
  readonly spec?: S;
  /** tag 3; its presence makes the status subresource. */
  readonly status?: St;
  /** Top-level fields other than metadata, spec and status (ConfigMap's data). */
  readonly fields?: Readonly<Record<string, Field>>;
  readonly scale?: ScalePaths;
  /** Names of the connected or virtual subresources beside status and scale: log, exec, binding, eviction, token … */
  readonly subresources?: readonly string[];
  /** How `metadata.name` is checked: DNS subdomain unless said. */
  readonly nameRule?: 'subdomain' | 'label' | 'label1035' | 'path-segment';
  /** Tables begin with Name unless it is declared here; nothing else is added. Without columns a table has Name and Age. */
  readonly columns?: Readonly<Record<string, Column<T> | ColumnSpec<T>>>;
  /** In which order tables show objects; as they come unless said. */
  readonly rowOrder?: { compare(a: T, b: T): number }['compare'];
  /** Behind `columns`, with `-o wide`. */
  readonly wideColumns?: Readonly<Record<string, Column<T> | ColumnSpec<T>>>;
  /** Beside metadata.name and metadata.namespace: `spec.nodeName` → its value. */
  readonly fieldSelectors?: Readonly<Record<string, Selectable<T>>>;
  /**
   * Of kinds whose objects come by the thousand from one template, and the defaults of whose spec depend on nothing else: what
   * tells one template's specs from most others; undefined for specs that have no like. See shared-specs.ts.
   */
  readonly sharesSpec?: (spec: Readonly<Record<string, unknown>>) => string | undefined;
  /** Verbs served; all eight unless said. */
  readonly verbs?: readonly Verb[];
}

/** What is different about a kind that a CustomResourceDefinition declares. */
export interface CustomKind {
  /** Differs wherever decoding or defaulting does: eight hexadecimal digits. */
  readonly fingerprint: string;
  /** As declared, for documents. */
  readonly schema: JsonSchema;
  /** The OpenAPI definition's name: `com.example.v1.Widget`. */
  readonly definition: string;
  /** Told whoever uses a deprecated version. */
  readonly warning?: string;
  /** The definition is being deleted: nothing new is taken in. */
  readonly isTerminating: boolean;
  /** Everything the schema says of an object, in upstream's words; metadata aside. At once, unless its rules are long at work: then others have their turn. */
  validate(object: KubeObject, old: KubeObject | undefined): readonly FieldError[] | Promise<readonly FieldError[]>;
  /** Brings what was stored under another schema or version to this one. */
  upgrade(stored: KubeObject): KubeObject;
  /** Where a webhook converts: objects of one version as another has them. @throws ApiError */
  convert?(objects: readonly KubeObject[], apiVersion: string): Promise<readonly KubeObject[]>;
  /** Where the objects are stored in another version, that version and the ways there and back. */
  readonly stored?: { readonly kind: Kind; toStored(object: KubeObject): KubeObject; fromStored(stored: KubeObject): KubeObject };
}

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch';

/** A served kind: its declaration and the schema of the whole object. */
export interface Kind<T extends KubeObject = KubeObject>
  extends Resource<T>,
    Omit<KindDefinition<T, undefined, undefined>, 'group' | 'version' | 'kind' | 'plural' | 'scope' | 'spec' | 'status' | 'fields'> {
  readonly singular: string;
  /** The whole object: apiVersion, kind, metadata and the rest. */
  readonly schema: ObjectNode;
  readonly hasStatus: boolean;
  /** The kind of lists; kind and `List` unless said. */
  readonly listKind?: string;
  readonly custom?: CustomKind;
}

export const listKindOf = ({ kind, listKind = `${kind}List` }: Pick<Kind, 'kind' | 'listKind'>): string => listKind;

type Part<K extends string, F> = F extends Field ? { readonly [Key in K]: TypeOf<F> } : unknown;
type Others<F> = F extends Readonly<Record<string, Field>> ? import('./field.ts').ObjectOf<F> : unknown;

/** An instance's type from the parts of its declaration. */
export type Instance<S, St, F> = KubeObject & Part<'spec', S> & Part<'status', St> & Others<F>;

/** metadata of any kind. */
export const METADATA: SchemaNode = { ...objectMeta().node, tag: 1, default: {} };

/**
 * Declares a kind. `spec` and `status` are always there after decoding (`{}` at the least, with defaults inside).
 * The result is frozen data; nothing is compiled until first used.
 */
export function defineKind<
  S extends Field | undefined = undefined,
  St extends Field | undefined = undefined,
  const F extends Readonly<Record<string, Field>> | undefined = undefined,
>(definition: KindDefinition<Instance<S, St, F>, S, St> & { readonly fields?: F }): Kind<Instance<S, St, F>> {
  const { spec, status, fields, ...rest } = definition;
  const nodes: Record<string, SchemaNode> = {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: METADATA,
  };
  if (spec) nodes.spec = { tag: 2, default: {}, description: 'What is wanted.', ...spec.node };
  for (const [name, field] of Object.entries(fields ?? {})) nodes[name] = field.node;
  if (status) nodes.status = { tag: 3, default: {}, description: 'What is, as last observed.', ...status.node };
  const schema: ObjectNode = { type: 'object', name: `${definition.package}.${definition.kind}`, fields: nodes };
  return Object.freeze({
    ...rest,
    singular: definition.singular ?? definition.kind.toLowerCase(),
    schema,
    hasStatus: status !== undefined,
  }) as unknown as Kind<Instance<S, St, F>>;
}
