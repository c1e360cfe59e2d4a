import type { Dialect, Json } from './definitions.ts';
import type { Operation, Shape } from './operations.ts';
import { pathParameters, queryParameter } from './parameters.ts';

/** A schema for a shape, or a reference to one. */
export type SchemaOf = (shape: Shape) => Json;

/** All that one path answers to. What its operations' parameters have in common stands beside them. */
export function writePath(operations: readonly Operation[], schemaOf: SchemaOf, dialect: Dialect): Json {
  const [{ path, named = '' }] = operations as readonly [Operation];
  const common = (operations[0]!.query ?? []).filter((name) => operations.every(({ query }) => query?.includes(name)));
  const shared = [...pathParameters(path, named, dialect), ...common.map((name) => queryParameter(name, dialect))];
  const written = operations.map((operation) => {
    const query = (operation.query ?? []).filter((name) => !common.includes(name)).map((name) => queryParameter(name, dialect));
    return [operation.method, dialect === 'v2' ? writeV2(operation, query, schemaOf) : writeV3(operation, query, schemaOf)] as const;
  });
  return { ...Object.fromEntries(written), ...(shared.length === 0 ? {} : { parameters: shared }) };
}

const described = ({ description, id, tag, action, identity }: Operation): Json => ({
  description,
  operationId: id,
  tags: [tag],
  ...(action === undefined ? {} : { 'x-kubernetes-action': action }),
  ...(identity === undefined ? {} : { 'x-kubernetes-group-version-kind': identity }),
});

function writeV2(operation: Operation, query: readonly Json[], schemaOf: SchemaOf): Json {
  const { action, body, answer, produces } = operation;
  const consumes = operation.consumes ?? (action === undefined ? undefined : ['*/*']);
  const parameters = [...(body === undefined ? [] : [{ in: 'body', name: 'body', ...(isNeeded(body) ? { required: true } : {}), schema: schemaOf(body) }]), ...query];
  const answers = answer === undefined ? [] : codesOf(operation).map(([code, description]) => [code, { description, schema: schemaOf(answer) }]);
  return {
    ...described(operation),
    ...(consumes ? { consumes } : {}),
    ...(produces ? { produces } : {}),
    schemes: ['https'],
    ...(parameters.length === 0 ? {} : { parameters }),
    responses: { ...Object.fromEntries(answers), ...UNAUTHORIZED },
  };
}

function writeV3(operation: Operation, query: readonly Json[], schemaOf: SchemaOf): Json {
  const { body, answer, consumes = ['*/*'], produces = [] } = operation;
  const contentOf = (types: readonly string[], schema: Json) => Object.fromEntries(types.map((type) => [type, { schema }]));
  const answers = answer === undefined ? [] : codesOf(operation).map(([code, description]) => [code, { description, content: contentOf(produces, schemaOf(answer)) }]);
  return {
    ...described(operation),
    ...(query.length === 0 ? {} : { parameters: query }),
    ...(body === undefined ? {} : { requestBody: { content: contentOf(consumes, schemaOf(body)), ...(isNeeded(body) ? { required: true } : {}) } }),
    responses: { ...Object.fromEntries(answers), ...UNAUTHORIZED },
  };
}

/** Options of a deletion may be left out. */
const isNeeded = (body: Shape): boolean => body !== 'DeleteOptions';
const UNAUTHORIZED: Json = { 401: { description: 'Unauthorized' } };

function codesOf({ action }: Operation): readonly (readonly [number, string])[] {
  if (action === 'post') return [[200, 'OK'], [201, 'Created'], [202, 'Accepted']];
  if (action === 'put' || action === 'patch') return [[200, 'OK'], [201, 'Created']];
  return action === 'delete' ? [[200, 'OK'], [202, 'Accepted']] : [[200, 'OK']];
}
