/** OpenAPI v3 of API servers that only speak of themselves in v2 (Swagger 2.0): kubectl explains kinds by v3. */
import { isRecord } from '../../meta/own.ts';
import type { RemotePiece } from './documents.ts';

type Loose = Readonly<Record<string, unknown>>;

const METHODS = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch']);
const ANY = ['*/*'];

/** The document of one group version, as text. */
export function convertedV3(pieces: readonly RemotePiece[], root: string): string {
  const schemas = pieces.flatMap(({ section, name, value }) => (section === 'definitions' ? [[name, referred(value)] as const] : []));
  const paths = pieces.flatMap(({ section, name, value }) => (section === 'paths' && (name === root || name.startsWith(`${root}/`)) ? [[name, pathOf(value)] as const] : []));
  return JSON.stringify({ openapi: '3.0.0', info: { title: 'Kubernetes', version: 'unversioned' }, paths: Object.fromEntries(paths), components: { schemas: Object.fromEntries(schemas) } });
}

/** The same with every reference to a definition led to where v3 keeps them. */
function referred(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(referred);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, key === '$ref' && typeof one === 'string' ? one.replace(/^#\/definitions\//, '#/components/schemas/') : referred(one)]));
}

const pathOf = (path: Loose): Loose => Object.fromEntries(Object.entries(path).flatMap(([key, value]) => {
  if (METHODS.has(key) && isRecord(value)) return [[key, operationOf(value)]];
  return key === 'parameters' ? [[key, recordsOf(value).map(parameterOf)]] : [[key, referred(value)]];
}));

function operationOf({ consumes, produces, parameters, responses, schemes: _schemes, ...rest }: Loose): Loose {
  const all = recordsOf(parameters);
  const body = all.find((one) => one['in'] === 'body');
  const others = all.filter((one) => one !== body);
  const answers = isRecord(responses) ? Object.entries(responses).map(([code, answer]) => [code, isRecord(answer) ? responseOf(answer, typesOf(produces)) : {}]) : [];
  return {
    ...(referred(rest) as Loose),
    ...(others.length > 0 ? { parameters: others.map(parameterOf) } : {}),
    ...(body ? { requestBody: { ...(body['required'] === true ? { required: true } : {}), content: contentOf(body['schema'], typesOf(consumes)) } } : {}),
    responses: Object.fromEntries(answers),
  };
}

const responseOf = ({ description = '', schema }: Loose, types: readonly string[]): Loose => ({ description, ...(schema === undefined ? {} : { content: contentOf(schema, types) }) });
const contentOf = (schema: unknown, types: readonly string[]): Loose => Object.fromEntries(types.map((type) => [type, { schema: referred(schema) }]));
const typesOf = (value: unknown): readonly string[] => (Array.isArray(value) && value.length > 0 ? value.map(String) : ANY);
const recordsOf = (list: unknown): readonly Loose[] => (Array.isArray(list) ? list.filter(isRecord) : []);

/** What v2 says of a parameter's type beside it, v3 says in a schema. */
function parameterOf({ name, in: place, required, description, ...schema }: Loose): Loose {
  return { name, in: place, ...(required === true ? { required } : {}), ...(description === undefined ? {} : { description }), schema: referred(schema) };
}
