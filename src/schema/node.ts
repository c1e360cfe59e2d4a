import type { JsonSchema } from './json/json-schema.ts';

/** The run-time form of a schema: plain data that decoders, patches, OpenAPI and protobuf are compiled from. */
export type SchemaNode = ObjectNode | MapNode | ListNode | ScalarNode | LazyNode;

/** What any node may say. */
interface Common {
  /** Absent at decode is an error (`Required value`). */
  readonly required?: boolean;
  /** Filled in when absent; `null` counts as absent. Immutable data, or made per object. */
  readonly default?: unknown;
  /** JSON null is a value of its own and kept. */
  readonly nullable?: boolean;
  /** May not change once set: `field is immutable`. */
  readonly immutable?: boolean;
  /** A sentence of our own, for `kubectl explain`. */
  readonly description?: string;
  /**
   * Upstream holds a pointer, so '', 0 and false are values of their own. Without it a decoder drops them where the field is not required, as
   * it drops empty lists and maps everywhere: Go's `omitempty` never serves them, and defaults fill them as if absent.
   */
  readonly pointer?: boolean;
  /** Required by the document alone. */
  readonly mayBeEmpty?: boolean;
  /** Nobody need give it, and upstream serves it all the same: its zero where nothing was said (no `omitempty`). */
  readonly always?: boolean;
  /** The same, of what Go holds as nil: null, also where an empty list was given. */
  readonly orNull?: boolean;
  /** The protobuf field number within the object that holds this node. */
  readonly tag?: number;
  /**
   * The JSON schema that the node was compiled from, for what a CustomResourceDefinition declares: its values are any JSON, whose types and bounds are
   * a matter of validation. Decoding only takes out what is undeclared and the nulls that may not be.
   */
  readonly json?: JsonSchema;
  /** Protobuf numbers of the messages, outermost first, in which the field lies where upstream embeds a struct that JSON inlines. */
  readonly within?: readonly number[];
}

export interface ObjectNode extends Common {
  readonly type: 'object';
  readonly fields: Readonly<Record<string, SchemaNode>>;
  /** OpenAPI definition without `io.k8s.`: `api.core.v1.PodSpec`. The protobuf message is the same below `k8s.io.`. */
  readonly name?: string;
  /** Server-side apply treats the whole object as one value. */
  readonly atomic?: boolean;
  /** x-kubernetes-map-type of this use alone, where the named object itself is atomic. */
  readonly granular?: boolean;
  /** x-kubernetes-unions: of these members at most one is set. */
  readonly union?: { readonly discriminator?: string; readonly members: readonly string[] };
  /** Strategic merge: fields the patch leaves out of this object are cleared (`retainKeys`). */
  readonly patchStrategy?: 'retainKeys' | 'replace';
  /** Fields nobody declared are kept (CustomResources, RawExtension). */
  readonly preserveUnknown?: boolean;
  /** Upstream's union type prints itself whatever the Go zero value: kept for encoders. */
  readonly alwaysPresent?: boolean;
}

export interface MapNode extends Common {
  readonly type: 'map';
  readonly values: SchemaNode;
  readonly atomic?: boolean;
  /** x-kubernetes-map-type says so; else it goes without saying. */
  readonly granular?: boolean;
}

export interface ListNode extends Common {
  readonly type: 'list';
  readonly items: SchemaNode;
  /** x-kubernetes-list-type. */
  readonly listType: 'atomic' | 'set' | 'map';
  /** x-kubernetes-list-map-keys, when listType is map. */
  readonly keys: readonly string[];
  /** Strategic merge: undefined replaces. `key` is x-kubernetes-patch-merge-key; '' for primitives. */
  readonly merge?: { readonly key: string; readonly retainKeys?: boolean };
  /** Items of a set, or of a list with keys, may not repeat. Upstream asks it of custom resources; of its own lists kind by kind. */
  readonly unique?: boolean;
  readonly minItems?: number;
  readonly maxItems?: number;
}

export interface ScalarNode extends Common {
  readonly type:
    | 'string'
    | 'int32'
    | 'int64'
    | 'double'
    | 'boolean'
    /** Base64 text in JSON. */
    | 'bytes'
    /** resource.Quantity, kept in canonical form. */
    | 'quantity'
    | 'intOrString'
    /** RFC 3339, whole seconds, UTC. */
    | 'time'
    /** RFC 3339 with microseconds. */
    | 'microTime'
    /** metav1.Duration: `1h2m3s`. */
    | 'duration'
    /** Any JSON: FieldsV1, RawExtension, JSON. */
    | 'any';
  readonly min?: number;
  readonly max?: number;
  readonly enum?: readonly string[];
  /** For `any`: what has fields merges field by field in server-side apply. */
  readonly deduced?: boolean;
  /** For `any`: the message that protobuf and OpenAPI name (`apimachinery.pkg.runtime.RawExtension`). */
  readonly name?: string;
}

/** A node that refers to itself (JSONSchemaProps). */
export interface LazyNode extends Common {
  readonly type: 'lazy';
  readonly resolve: () => SchemaNode;
}

/** What a node stands for: itself, or where it is a reference what that leads to. */
export function resolved(node: SchemaNode): Exclude<SchemaNode, LazyNode> {
  let found = node;
  while (found.type === 'lazy') found = found.resolve();
  return found;
}
