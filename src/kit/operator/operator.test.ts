import { expect, test } from 'vitest';
import { ConfigMap } from '../../kinds/core/config-map.ts';
import { CustomResourceDefinition } from '../../kinds/apiextensions/custom-resource-definition.ts';
import { errorsOf } from '../../kinds/testing/errors-of.ts';
import { startCluster } from '../testing/index.ts';
import { defineController, defineKind, definitionOf, definitionYaml, finalized, schema, startOperator, withCondition } from './index.ts';

const at = { namespace: 'default' };
const { boolean, int32, list, map, object, oneOf, quantity, string, time } = schema;

const Widget = defineKind({
  group: 'example.com', version: 'v1', kind: 'Widget', plural: 'widgets', scope: 'Namespaced', package: 'example.v1', short: ['wd'], description: 'Something small.',
  scale: { spec: '.spec.size', status: '.status.size' },
  spec: object('example.v1.WidgetSpec', {
    size: int32().min(1).max(9).default(1).describe('How large.'),
    mode: oneOf('Fast', 'Safe').required(),
    memory: quantity(),
    labels: map(string()),
    ports: list(object('example.v1.Port', { name: string().required(), open: boolean() })).mapKeys('name'),
    extra: object('example.v1.Extra', {}).preserveUnknown(),
  }),
  status: object('example.v1.WidgetStatus', { size: int32(), since: time().nullable() }),
});

test('a kind declared once is also the definition that a server takes', () => {
  const definition = definitionOf(Widget, { columns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }], rules: [{ rule: 'self.spec.size > 0', message: 'too small' }] });
  expect(errorsOf(CustomResourceDefinition, definition)).toEqual([]);
  const [version] = definition.spec!.versions!;
  expect(version!.schema!.openAPIV3Schema).toEqual({
    type: 'object', description: 'Something small.', 'x-kubernetes-validations': [{ rule: 'self.spec.size > 0', message: 'too small' }],
    properties: {
      spec: {
        type: 'object', required: ['mode'], description: 'What is wanted.',
        properties: {
          size: { type: 'integer', format: 'int32', minimum: 1, maximum: 9, default: 1, description: 'How large.' },
          mode: { type: 'string', enum: ['Fast', 'Safe'] },
          memory: { anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true },
          labels: { type: 'object', additionalProperties: { type: 'string' } },
          ports: {
            type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'],
            items: { type: 'object', required: ['name'], properties: { name: { type: 'string' }, open: { type: 'boolean' } } },
          },
          extra: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
      status: { type: 'object', description: 'What is, as last observed.', properties: { size: { type: 'integer', format: 'int32' }, since: { type: 'string', format: 'date-time', nullable: true } } },
    },
  });
  expect(version).toMatchObject({ subresources: { status: {}, scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' } }, additionalPrinterColumns: [{ name: 'Size' }, { name: 'Age' }] });
  expect(definitionYaml(Widget)).toMatch(/^apiVersion: apiextensions\.k8s\.io\/v1\nkind: CustomResourceDefinition\nmetadata:\n {2}name: widgets\.example\.com\n/);
});

test('a condition that says the same is the same, and its time moves with its status alone', () => {
  const ready = { type: 'Ready', status: 'True', reason: 'Up' } as const;
  const first = withCondition([], ready, 0);
  expect(first).toEqual([{ ...ready, message: '', lastTransitionTime: '1970-01-01T00:00:00Z' }]);
  expect(withCondition(first, ready, 60_000)).toBe(first);
  expect(withCondition(first, { ...ready, message: 'well' }, 60_000)[0]).toMatchObject({ message: 'well', lastTransitionTime: '1970-01-01T00:00:00Z' });
  expect(withCondition(first, { ...ready, status: 'False' }, 60_000)[0]).toMatchObject({ lastTransitionTime: '1970-01-01T00:01:00Z' });
});

test('an object is held before its first pass and let go when its end was seen to', async () => {
  await using cluster = await startCluster({ nodes: 0, controllers: false });
  const { client, informers } = cluster;
  const said: string[] = [];
  let failures = 1;
  const controller = defineController({
    name: 'holder', for: ConfigMap, when: ({ metadata }) => metadata.namespace === 'default',
    reconcile: finalized({
      for: ConfigMap, finalizer: 'example.com/held',
      reconcile: async ({ metadata }) => void said.push(`reconcile ${metadata.finalizers?.join()}`),
      async finalize() {
        if (failures-- > 0) throw new Error('the bucket is not empty yet');
        said.push('finalize');
      },
    }),
  });
  await using _operator = await startOperator({ client, informers, controllers: [controller] });
  await client.create(ConfigMap, { metadata: { name: 'a', ...at, finalizers: ['example.com/other'] } });
  await cluster.until(ConfigMap, { name: 'a', ...at }, ({ metadata }) => metadata.finalizers?.length === 2);
  await client.delete(ConfigMap, 'a', at);
  const left = await cluster.until(ConfigMap, { name: 'a', ...at }, ({ metadata }) => metadata.finalizers?.length === 1);
  expect(left.metadata.finalizers).toEqual(['example.com/other']);
  expect(new Set(said.slice(0, -1))).toEqual(new Set(['reconcile example.com/other,example.com/held']));
  expect(said.at(-1)).toBe('finalize');
}, 60_000);

test('of two copies one leads, and the other when the first has gone', async () => {
  await using cluster = await startCluster({ nodes: 0, controllers: false });
  const { client, informers } = cluster;
  const copy = (identity: string) => startOperator({
    client, informers, leaderElection: { ...at, name: 'op', identity }, health: { port: 0, host: '127.0.0.1' },
    controllers: [defineController({
      name: 'writer', for: ConfigMap, when: ({ metadata }) => metadata.name === 'a',
      async reconcile(object, context) {
        if (object.data?.['by'] !== identity) await context.client.update(ConfigMap, { ...object, data: { by: identity } });
      },
    })],
  });
  const readiness = async (port: number | undefined, path = '/readyz') => (await fetch(`http://127.0.0.1:${port}${path}`)).status;
  await client.create(ConfigMap, { metadata: { name: 'a', ...at } });
  const first = await copy('first');
  await cluster.until(ConfigMap, { name: 'a', ...at }, ({ data }) => data?.['by'] === 'first');
  await using second = await copy('second');
  expect([await readiness(first.healthPort), await readiness(second.healthPort), await readiness(second.healthPort, '/healthz'), await readiness(second.healthPort, '/x')]).toEqual([200, 200, 200, 404]);
  const metrics = async (port: number | undefined) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  expect(await metrics(first.healthPort)).toMatch(/^controller_runtime_reconcile_total\{controller="writer",result="success"\} [1-9]/m);
  expect(await metrics(first.healthPort)).toContain('leader_election_master_status{name="op"} 1\n');
  expect(await metrics(second.healthPort)).toContain('leader_election_master_status{name="op"} 0\n');
  await first[Symbol.asyncDispose]();
  await cluster.until(ConfigMap, { name: 'a', ...at }, ({ data }) => data?.['by'] === 'second');
}, 60_000);
