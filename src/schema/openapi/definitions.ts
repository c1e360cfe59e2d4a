import { type Kind, listKindOf } from '../kind.ts';
import { objectMeta } from '../object-meta.ts';
import { resolved, type ListNode, type ObjectNode, type ScalarNode, type SchemaNode } from '../node.ts';
import { type CommonFields, customDefinition } from './custom.ts';

/** Which of the two documents a schema is written for: v2 is Swagger 2.0, v3 is OpenAPI 3.0. */
export type Dialect = 'v2' | 'v3';
export type Json = Readonly<Record<string, unknown>>;

const PREFIX = 'io.k8s.';
const IDENTITY = 'x-kubernetes-group-version-kind';
const META = 'apimachinery.pkg.apis.meta.v1';

/** The named definitions that schemas refer to, each written once, when its turn comes. */
export class Definitions {
  readonly #dialect: Dialect;
  readonly #wanted = new Map<string, { readonly make: () => Json; readonly from: object | undefined }>();
  #commonFields: CommonFields | undefined;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /**
   * Everything referred to so far, and what that refers to in its turn; one by one, in no order of use to readers. What is made from a custom kind
   * alone is so named, and refers to nothing that is not wanted anyway: it need not be made to know what else is.
   */
  *write(): Generator<readonly [name: string, make: () => Json, from: object | undefined]> {
    // A map's iterator also visits what is added meanwhile.
    for (const [name, { make, from }] of this.#wanted) yield [name, make, from];
  }

  /** A reference to a kind. */
  kind(kind: Kind): Json {
    const identity = { group: kind.group, version: kind.version, kind: kind.kind };
    const { custom } = kind;
    if (custom) {
      const common = this.#common();
      return this.#named(custom.definition, () => ({ ...customDefinition(custom.schema, this.#dialect, common), [IDENTITY]: [identity], ...selectableBy(kind) }), kind);
    }
    return this.#ref(kind.schema.name!, () => ({ ...this.#object(kind.schema), ...described(kind.description), [IDENTITY]: [identity] }));
  }

  /** A reference to a kind's list. `metadata`: ListMeta. */
  list(kind: Kind, metadata: SchemaNode): Json {
    const list = listKindOf(kind);
    const items = this.kind(kind);
    const about = this.schema({ ...metadata, description: 'What is true of the list as a whole.' });
    return this.#named(kind.custom ? `${kind.package}.${list}` : `${PREFIX}${kind.package}.${list}`, () => ({
      description: `A list of ${kind.kind} objects and the revision it was read at.`,
      type: 'object',
      required: ['items'],
      properties: {
        apiVersion: { type: 'string', description: API_VERSION },
        items: { type: 'array', description: `The ${kind.plural} that were found.`, items },
        kind: { type: 'string', description: KIND },
        metadata: about,
      },
      [IDENTITY]: [{ group: kind.group, version: kind.version, kind: list }],
    }), kind.custom && kind);
  }

  /** A reference to a named schema that is no kind: DeleteOptions, Status. `identities`: the kinds it goes by. */
  node(node: SchemaNode, identities: readonly Json[]): Json {
    const found = resolved(node);
    if (found.type !== 'object' || identities.length === 0) return this.schema(node);
    return this.#ref(found.name!, () => ({ ...this.#object(found), ...described(found.description), [IDENTITY]: identities }));
  }

  /** apiVersion, kind and metadata, as every object has them. */
  #common(): CommonFields {
    return (this.#commonFields ??= {
      apiVersion: { type: 'string', description: API_VERSION },
      kind: { type: 'string', description: KIND },
      metadata: this.schema({ ...objectMeta().node, description: METADATA }),
    });
  }

  #ref(name: string, make: () => Json): Json {
    return this.#named(PREFIX + name, make);
  }

  #named(full: string, make: () => Json, from?: object): Json {
    if (!this.#wanted.has(full)) this.#wanted.set(full, { make, from });
    return { $ref: `${this.#dialect === 'v2' ? '#/definitions/' : '#/components/schemas/'}${full}` };
  }

  /** A field's schema: inline for scalars, lists and maps, a reference for named objects. */
  schema(node: SchemaNode): Json {
    if (node.type === 'lazy') return this.schema({ ...node.resolve(), ...annotations(node) });
    const own = { ...described(node.description), ...this.#default(node) };
    switch (node.type) {
      case 'object': {
        if (node.name === undefined) return { ...this.#object(node), ...own };
        return this.#wrapped(this.#ref(node.name, () => this.#object(node)), { ...own, ...extensions(node) });
      }
      case 'map':
        return { type: 'object', additionalProperties: this.schema(node.values), ...own, ...extensions(node) };
      case 'list':
        return { type: 'array', items: this.schema(node.items), ...own, ...listExtensions(node) };
      default:
        return this.#scalar(node, own);
    }
  }

  /** Without a description: a node's own is that of the field it stands in, of which there may be many. */
  #object(node: SchemaNode & { type: 'object' }): Json {
    const names = Object.keys(node.fields).toSorted();
    const needed = names.filter((name) => node.fields[name]!.required);
    const properties = Object.fromEntries(names.map((name) => [name, this.#property(name, node.fields[name]!)]));
    return {
      type: 'object',
      ...(needed.length > 0 ? { required: needed } : {}),
      ...(names.length > 0 ? { properties } : {}),
      ...(node.preserveUnknown ? { 'x-kubernetes-preserve-unknown-fields': true } : {}),
      ...(node.atomic || node.granular ? { 'x-kubernetes-map-type': 'atomic' } : {}),
      ...(node.union ? { 'x-kubernetes-unions': [unionOf(node.union)] } : {}),
    };
  }

  #property(name: string, node: SchemaNode): Json {
    if (node.description === undefined && name === 'apiVersion') return { ...this.schema(node), description: API_VERSION };
    if (node.description === undefined && name === 'kind') return { ...this.schema(node), description: KIND };
    if (node.description === undefined && name === 'metadata') return this.schema({ ...node, description: METADATA });
    return this.schema(node);
  }

  /** v3 lets nothing stand beside `$ref`. */
  #wrapped(ref: Json, more: Json): Json {
    if (Object.keys(more).length === 0) return ref;
    return this.#dialect === 'v2' ? { ...more, ...ref } : { ...more, allOf: [ref] };
  }

  #default(node: SchemaNode): Json {
    return this.#dialect === 'v3' && node.default !== undefined ? { default: node.default } : {};
  }

  #scalar(node: ScalarNode, own: Json): Json {
    const named = node.type === 'any' ? node.name : NAMED_SCALARS[node.type];
    if (named !== undefined) {
      return this.#wrapped(this.#ref(named, () => (this.#dialect === 'v3' ? V3_NAMED[named] : undefined) ?? V2_NAMED[named] ?? {}), own);
    }
    const bounds = { ...(node.min === undefined ? {} : { minimum: node.min }), ...(node.max === undefined ? {} : { maximum: node.max }) };
    return { ...INLINE_SCALARS[node.type], ...(node.enum && this.#dialect === 'v3' ? { enum: node.enum } : {}), ...bounds, ...own };
  }
}

const API_VERSION = 'The group and version whose schema this object follows.';
const METADATA = 'Name, namespace, labels, and what else every object has.';
const KIND = 'The name of the schema this object follows, in camel case.';

const described = (description: string | undefined): Json => (description === undefined ? {} : { description });
const annotations = ({ description, required }: SchemaNode) => ({ ...(description === undefined ? {} : { description }), ...(required ? { required } : {}) });

/** Fields of a custom resource that field selectors may name. */
const selectableBy = ({ fieldSelectors = {} }: Kind): Json => {
  const fields = Object.keys(fieldSelectors).map((fieldPath) => ({ fieldPath }));
  return fields.length > 0 ? { 'x-kubernetes-selectable-fields': fields } : {};
};

const unionOf = ({ discriminator, members }: NonNullable<ObjectNode['union']>): Json => ({
  ...(discriminator === undefined ? {} : { discriminator }),
  'fields-to-discriminateBy': Object.fromEntries(members.map((member) => [member, member[0]!.toUpperCase() + member.slice(1)])),
});

function extensions(node: SchemaNode): Json {
  if (node.type !== 'object' && node.type !== 'map') return {};
  if (node.granular) return { 'x-kubernetes-map-type': 'granular' };
  if (node.type === 'object') return node.patchStrategy ? { 'x-kubernetes-patch-strategy': node.patchStrategy } : {};
  return node.atomic ? { 'x-kubernetes-map-type': 'atomic' } : {};
}

function listExtensions(node: ListNode): Json {
  const strategy = node.merge && (node.merge.retainKeys ? 'merge,retainKeys' : 'merge');
  return {
    ...(node.listType === 'map' ? { 'x-kubernetes-list-map-keys': node.keys } : {}),
    'x-kubernetes-list-type': node.listType,
    ...(node.merge && node.merge.key !== '' ? { 'x-kubernetes-patch-merge-key': node.merge.key } : {}),
    ...(strategy ? { 'x-kubernetes-patch-strategy': strategy } : {}),
  };
}

/** Scalars that are written where they stand. */
export const INLINE_SCALARS: Partial<Record<ScalarNode['type'], Json>> = {
  string: { type: 'string' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  double: { type: 'number', format: 'double' },
  boolean: { type: 'boolean' },
  bytes: { type: 'string', format: 'byte' },
  duration: { type: 'string' },
  any: { type: 'object' },
};

const QUANTITY = 'apimachinery.pkg.api.resource.Quantity';
const INT_OR_STRING = 'apimachinery.pkg.util.intstr.IntOrString';
const JSON_VALUES = ['JSON', 'JSONSchemaPropsOrArray', 'JSONSchemaPropsOrBool', 'JSONSchemaPropsOrStringArray'];

const NAMED_SCALARS: Partial<Record<ScalarNode['type'], string>> = {
  quantity: QUANTITY,
  intOrString: INT_OR_STRING,
  time: `${META}.Time`,
  microTime: `${META}.MicroTime`,
};

const TIME: Json = { type: 'string', format: 'date-time', description: 'A point in time as RFC 3339 writes it.' };
const V2_NAMED: Readonly<Record<string, Json>> = {
  [QUANTITY]: { type: 'string', description: 'A number with an optional suffix: 500m, 2, 64Mi, 1e3.' },
  [INT_OR_STRING]: { type: 'string', format: 'int-or-string', description: 'A whole number, or text such as a name or a percentage.' },
  [`${META}.Time`]: TIME,
  [`${META}.MicroTime`]: TIME,
  [`${META}.FieldsV1`]: { type: 'object', description: 'A set of fields as server-side apply writes it.' },
  [`${META}.Patch`]: { type: 'object', description: 'A patch of the media type the request names.' },
  'apimachinery.pkg.runtime.RawExtension': { type: 'object', description: 'An object of any kind.' },
  ...Object.fromEntries(JSON_VALUES.map((name) => [`apiextensions-apiserver.pkg.apis.apiextensions.v1.${name}`, { description: 'Any JSON value.' }])),
};
const V3_NAMED: Readonly<Record<string, Json>> = {
  [QUANTITY]: { description: V2_NAMED[QUANTITY]!.description, oneOf: [{ type: 'string' }, { type: 'number' }] },
  [INT_OR_STRING]: { description: V2_NAMED[INT_OR_STRING]!.description, format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
};
