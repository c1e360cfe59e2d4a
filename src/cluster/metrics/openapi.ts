/** metrics.k8s.io/v1beta1 as OpenAPI tells of it: for `kubectl explain`, and for clients that look before they ask. */
type Json = Readonly<Record<string, unknown>>;

const GROUP = 'metrics.k8s.io';
const VERSION = 'v1beta1';
const ROOT = `/apis/${GROUP}/${VERSION}`;
const PREFIX = 'io.k8s.metrics.pkg.apis.metrics.v1beta1';

const text = (description: string): Json => ({ type: 'string', description });
const quantities: Json = { type: 'object', description: 'What was used of each resource: cpu and memory.', additionalProperties: { type: 'string' } };
const measured: Json = {
  apiVersion: text('The version of the API.'), kind: text('The kind of the object.'), metadata: { type: 'object', description: 'The name and the labels of what was measured.' },
  timestamp: { ...text('The end of the time it was measured over.'), format: 'date-time' }, window: text('How long that time was.'),
};
const kindOf = (kind: string): Json => ({ group: GROUP, version: VERSION, kind });

function schemas(refs: string): Readonly<Record<string, Json>> {
  const ref = (name: string): Json => ({ $ref: `${refs}${PREFIX}.${name}` });
  const object = (kind: string, description: string, properties: Json): Json =>
    ({ type: 'object', description, properties: { ...measured, ...properties }, 'x-kubernetes-group-version-kind': [kindOf(kind)] });
  const list = (kind: string): Json => ({
    type: 'object', description: `A list of ${kind}.`, 'x-kubernetes-group-version-kind': [kindOf(`${kind}List`)],
    properties: { apiVersion: measured['apiVersion'], kind: measured['kind'], metadata: { type: 'object', description: 'Of the list.' }, items: { type: 'array', description: 'What was measured.', items: ref(kind) } },
  });
  return {
    [`${PREFIX}.ContainerMetrics`]: { type: 'object', description: 'What one container used.', properties: { name: text('The name of the container.'), usage: quantities } },
    [`${PREFIX}.NodeMetrics`]: object('NodeMetrics', 'What a node used.', { usage: quantities }),
    [`${PREFIX}.NodeMetricsList`]: list('NodeMetrics'),
    [`${PREFIX}.PodMetrics`]: object('PodMetrics', 'What the containers of a pod used.', { containers: { type: 'array', description: 'Its containers.', items: ref('ContainerMetrics') } }),
    [`${PREFIX}.PodMetricsList`]: list('PodMetrics'),
  };
}

const PATHS: readonly (readonly [path: string, kind: string])[] = [
  ['/nodes', 'NodeMetrics'], ['/nodes/{name}', 'NodeMetrics'], ['/pods', 'PodMetrics'], ['/namespaces/{namespace}/pods', 'PodMetrics'], ['/namespaces/{namespace}/pods/{name}', 'PodMetrics'],
];

function paths(answer: (kind: string) => Json, parameter: (name: string) => Json): Json {
  return Object.fromEntries(PATHS.map(([path, kind]) => {
    const isOne = path.endsWith('{name}');
    const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => parameter(name));
    const get = {
      description: isOne ? `read ${kind}` : `list ${kind}`, responses: { 200: { description: 'OK', ...answer(isOne ? kind : `${kind}List`) } },
      'x-kubernetes-action': isOne ? 'get' : 'list', 'x-kubernetes-group-version-kind': kindOf(kind),
    };
    return [`${ROOT}${path}`, { get, ...(parameters.length > 0 ? { parameters } : {}) }];
  }));
}

const info: Json = { title: 'metrics', version: VERSION };

/** By the path they are served at. */
export const OPEN_API: Readonly<Record<string, Json>> = {
  '/openapi/v2': {
    swagger: '2.0', info, definitions: schemas('#/definitions/'),
    paths: paths((kind) => ({ schema: { $ref: `#/definitions/${PREFIX}.${kind}` } }), (name) => ({ name, in: 'path', required: true, type: 'string' })),
  },
  '/openapi/v3': { paths: { [ROOT.slice(1)]: { serverRelativeURL: `/openapi/v3${ROOT}?hash=1` } } },
  [`/openapi/v3${ROOT}`]: {
    openapi: '3.0.0', info, components: { schemas: schemas('#/components/schemas/') },
    paths: paths((kind) => ({ content: { 'application/json': { schema: { $ref: `#/components/schemas/${PREFIX}.${kind}` } } } }), (name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
  },
};
