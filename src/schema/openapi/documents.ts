import type { Kind } from '../kind.ts';
import type { SchemaNode } from '../node.ts';
import { Definitions, type Dialect, type Json } from './definitions.ts';
import type { Operation, OperationOptions, SharedShape, Shape } from './operations.ts';
import { sharedParameters } from './parameters.ts';
import { rootsOf, type Root } from './roots.ts';
import { writePath } from './write-operation.ts';

/** What is described; schema/ knows no kinds. */
export interface Described {
  /** Everything served, and what is only ever a body: Scale, Eviction. */
  readonly kinds: readonly Kind[];
  readonly shapes: Readonly<Record<SharedShape | 'ListMeta', SchemaNode>>;
  readonly version: string;
  readonly optionsOf: (kind: Kind) => OperationOptions;
}

/** Part of a document: an entry of one of its maps. Making one is little work, so that a server can do other things between two. */
export interface Piece {
  readonly section: 'paths' | 'definitions' | 'parameters';
  readonly name: string;
  /** Made when it is read. */
  readonly value: Json;
  /** What it is made from, where that is known: whoever has the value from the same thing need not read it again. */
  readonly from?: object;
}

/** What a document says beside its pieces. */
export function headOf(dialect: Dialect, version: string): Json {
  return { ...(dialect === 'v2' ? { swagger: '2.0' } : { openapi: '3.0.0' }), info: { title: 'Kubernetes', version } };
}

export const SECURITY: Json = { BearerToken: { description: 'Bearer Token authentication', in: 'header', name: 'authorization', type: 'apiKey' } };

/** The Swagger 2.0 document of everything served: `/openapi/v2`. */
export function* openApiV2(described: Described): Generator<Piece> {
  yield* writeRoots(rootsOf(described.kinds), described, 'v2');
  for (const [name, value] of Object.entries(sharedParameters())) yield { section: 'parameters', name, value: value as Json };
}

/** One OpenAPI 3.0 document: `/openapi/v3/apis/apps/v1`. */
export function openApiV3(root: Root, described: Described): Generator<Piece> {
  return writeRoots([root], described, 'v3');
}

function* writeRoots(roots: readonly Root[], described: Described, dialect: Dialect): Generator<Piece> {
  const definitions = new Definitions(dialect);
  const schemaOf = schemasIn(definitions, described);
  for (const root of roots) yield* writePaths(root, { described, schemaOf, dialect });
  for (const [name, make, from] of definitions.write()) {
    yield { section: 'definitions', name, ...(from ? { from } : {}), get value() { return make(); } };
  }
}

interface Writing {
  readonly described: Described;
  readonly schemaOf: (shape: Shape) => Json;
  readonly dialect: Dialect;
}

/** The paths of a group version, as long as its kinds are the same: all that is said there follows from them. */
interface KnownRoot {
  readonly kinds: readonly Kind[];
  readonly paths: readonly { readonly name: string; readonly from: object }[];
  /** What the paths refer to. */
  readonly shapes: readonly Shape[];
}
/** By their first kinds. */
const knownRoots = new WeakMap<Kind, KnownRoot>();

function* writePaths(root: Root, { described, schemaOf, dialect }: Writing): Generator<Piece> {
  let grouped: ReadonlyMap<string, readonly Operation[]> | undefined;
  const operations = () => (grouped ??= byPath(root.operations(described.optionsOf)));
  const known = knownRoot(root, operations);
  for (const shape of known?.shapes ?? []) schemaOf(shape);
  const paths: readonly { readonly name: string; readonly from?: object }[] = known?.paths ?? [...operations().keys()].map((name) => ({ name }));
  for (const one of paths) yield { section: 'paths', ...one, get value() { return writePath(operations().get(one.name)!, schemaOf, dialect); } };
}

function knownRoot({ kinds }: Root, operations: () => ReadonlyMap<string, readonly Operation[]>): KnownRoot | undefined {
  const [first] = kinds;
  if (!first) return undefined;
  let known = knownRoots.get(first);
  if (!known || known.kinds.length !== kinds.length || known.kinds.some((kind, at) => kind !== kinds[at])) {
    const all = [...operations().values()].flat();
    const shapes = new Map(all.flatMap(({ body, answer }) => [body, answer]).filter((shape) => shape !== undefined).map((shape) => [JSON.stringify(shape), shape]));
    known = { kinds, paths: [...operations().keys()].map((name) => ({ name, from: {} })), shapes: [...shapes.values()] };
    knownRoots.set(first, known);
  }
  return known;
}

function byPath(operations: readonly Operation[]): ReadonlyMap<string, readonly Operation[]> {
  const paths = new Map<string, Operation[]>();
  for (const operation of operations) {
    const there = paths.get(operation.path);
    if (there) there.push(operation);
    else paths.set(operation.path, [operation]);
  }
  return paths;
}

/** Kinds that every group version has as its own. */
const EVERYWHERE: ReadonlySet<SharedShape> = new Set<SharedShape>(['DeleteOptions', 'WatchEvent']);
/** Shapes that are no kinds. */
const NO_KIND: ReadonlySet<SharedShape> = new Set<SharedShape>(['Patch', 'VersionInfo']);

function schemasIn(definitions: Definitions, { kinds, shapes }: Described): (shape: Shape) => Json {
  const byName = new Map(kinds.map((kind) => [`${kind.group}/${kind.version}/${kind.kind}`, kind]));
  const versions = [...new Map(kinds.map(({ group, version }) => [`${group}/${version}`, { group, version }])).values()].toSorted(byGroup);
  const identities = (kind: SharedShape): readonly Json[] =>
    NO_KIND.has(kind) ? [] : (EVERYWHERE.has(kind) ? versions : [{ group: '', version: 'v1' }]).map((one) => ({ ...one, kind }));
  const known = new Map<SharedShape, Json>();
  return (shape) => {
    if (shape === 'string') return { type: 'string' };
    if (typeof shape === 'string') {
      let schema = known.get(shape);
      if (!schema) known.set(shape, (schema = definitions.node(shapes[shape], identities(shape))));
      return schema;
    }
    const { group, version, kind } = shape;
    const found = byName.get(`${group}/${version}/${kind}`);
    if (found) return definitions.kind(found);
    const items = byName.get(`${group}/${version}/${kind.replace(/List$/, '')}`);
    if (!items) throw new Error(`an operation speaks of ${group}/${version} ${kind}, which nobody declares`);
    return definitions.list(items, shapes.ListMeta);
  };
}

type GroupVersion = Pick<Kind, 'group' | 'version'>;
const byGroup = (a: GroupVersion, b: GroupVersion): number => (`${a.group}/${a.version}` < `${b.group}/${b.version}` ? -1 : 1);
