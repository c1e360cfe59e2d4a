import type { Json, TestApi } from '../../testing/start-api.ts';

export const PATH = '/apis/example.com/v1/namespaces/default/widgets';
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

const SCHEMA = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        size: { type: 'integer', maximum: 10 },
        color: { type: 'string', enum: ['red', 'green'], default: 'red' },
        tags: { type: 'array', items: { type: 'string' } },
        owner: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } },
        ports: {
          type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['port'],
          items: { type: 'object', required: ['port'], properties: { port: { type: 'integer' }, name: { type: 'string' } } },
        },
      },
    },
    status: { type: 'object', properties: { ready: { type: 'integer' } } },
  },
};

/** A definition to begin with, of which tests change what they are about. */
export function definition(plural = 'widgets', kind = 'Widget'): Json {
  return {
    apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: `${plural}.example.com` },
    spec: {
      group: 'example.com', scope: 'Namespaced', names: { plural, kind, shortNames: ['wg'], categories: ['all'] },
      versions: [{
        name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: structuredClone(SCHEMA) },
        subresources: { status: {}, scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.ready' } },
        additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }, { name: 'Color', type: 'string', jsonPath: '.spec.color', priority: 1 }],
        selectableFields: [{ jsonPath: '.spec.color' }],
      }],
    },
  };
}

/** Creates a definition and waits until it is established; as it is then. */
export async function define(api: TestApi, wanted: Json): Promise<Json> {
  const watch = await api.watch(`${DEFINITIONS}?watch=true&fieldSelector=metadata.name%3D${wanted.metadata.name}`);
  const { status, text } = await api.request('POST', DEFINITIONS, wanted);
  if (status !== 201) throw new Error(text);
  for (;;) {
    const [{ object }] = await watch.take(1) as [{ object: Json }];
    if (!object.status.conditions?.some((one: Json) => one.type === 'Established' && one.status === 'True')) continue;
    watch.stop();
    return object;
  }
}
