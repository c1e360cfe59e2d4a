import type { Kind } from '../kind.ts';
import type { SchemaNode } from '../node.ts';
import { Definitions, type Dialect, type Json } from './definitions.ts';
import { operationsOf, writeOperation, type References } from './operations.ts';

/** What documents refer to beside the kinds themselves; schema/ knows no kinds. */
export interface SharedSchemas {
  readonly deleteOptions: SchemaNode;
  readonly status: SchemaNode;
  readonly scale: Kind;
}

/** The Swagger 2.0 document of everything served: `/openapi/v2`. */
export function openApiV2(kinds: readonly Kind[], shared: SharedSchemas, version: string): Json {
  const definitions = new Definitions('v2');
  const paths = writePaths(kinds, shared, definitions, 'v2');
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version },
    paths,
    definitions: definitions.all(),
    securityDefinitions: { BearerToken: { type: 'apiKey', name: 'authorization', in: 'header', description: 'Bearer Token authentication' } },
    security: [{ BearerToken: [] }],
  };
}

/** The OpenAPI 3.0 document of one group version: `/openapi/v3/apis/apps/v1`. */
export function openApiV3(kinds: readonly Kind[], shared: SharedSchemas, version: string): Json {
  const definitions = new Definitions('v3');
  const paths = writePaths(kinds, shared, definitions, 'v3');
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version },
    paths,
    components: {
      schemas: definitions.all(),
      securitySchemes: { BearerToken: { type: 'apiKey', name: 'authorization', in: 'header', description: 'Bearer Token authentication' } },
    },
  };
}

/** Kinds that are bodies of requests have no paths of their own, but are defined. */
function writePaths(kinds: readonly Kind[], shared: SharedSchemas, definitions: Definitions, dialect: Dialect): Json {
  const paths: Record<string, Record<string, unknown>> = {};
  const once = lazily(() => ({
    status: definitions.addNode(shared.status),
    scale: definitions.addKind(shared.scale),
    patch: definitions.addPlain('apimachinery.pkg.apis.meta.v1.Patch', { type: 'object', description: 'A patch of the media type the request names.' }),
    deleteOptions: definitions.addNode(shared.deleteOptions),
  }));
  for (const kind of kinds) {
    const object = definitions.addKind(kind);
    for (const operation of operationsOf(kind)) {
      const references: References = { ...once(), object, list: definitions.ref(`${kind.package}.${kind.kind}List`) };
      const item = (paths[operation.path] ??= { parameters: pathParameters(operation.path, kind, dialect) });
      item[operation.method] = writeOperation(operation, kind, references, dialect);
    }
  }
  return Object.fromEntries(Object.entries(paths).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

function pathParameters(path: string, kind: Kind, dialect: Dialect): readonly Json[] {
  const described = { name: `name of the ${kind.kind}`, namespace: 'the namespace it lives in' };
  const named = (['name', 'namespace'] as const).filter((name) => path.includes(`{${name}}`));
  const typed = dialect === 'v2' ? { type: 'string', uniqueItems: true } : { schema: { type: 'string', uniqueItems: true } };
  return [
    ...named.map((name) => ({ name, in: 'path', required: true, description: described[name], ...typed })),
    { name: 'pretty', in: 'query', description: 'Whether the answer is indented.', ...typed },
  ];
}
