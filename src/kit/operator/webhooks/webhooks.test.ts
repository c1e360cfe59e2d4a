import { expect, test } from 'vitest';
import { ManualClock } from '../../../base/clock.ts';
import { CustomResourceDefinition } from '../../../kinds/apiextensions/custom-resource-definition.ts';
import { MutatingWebhookConfiguration } from '../../../kinds/admissionregistration/mutating-webhook-configuration.ts';
import { ValidatingWebhookConfiguration } from '../../../kinds/admissionregistration/validating-webhook-configuration.ts';
import { Secret } from '../../../kinds/core/secret.ts';
import { startCluster, type Cluster } from '../../testing/index.ts';
import { converting, defaulting, defineKind, definitionOf, FieldPath, invalid, schema, startOperator, validating, type Webhook } from '../index.ts';

const { int32, object, string } = schema;
const at = { namespace: 'default' };
const shape = { group: 'example.com', kind: 'Boat', plural: 'boats', scope: 'Namespaced', package: 'com.example' } as const;
const Boat = defineKind({ ...shape, version: 'v2', spec: object('com.example.v2.BoatSpec', { oars: int32(), sails: int32(), name: string() }) });
const OldBoat = defineKind({ ...shape, version: 'v1', spec: object('com.example.v1.BoatSpec', { rowers: int32(), name: string() }) });

const hooks: readonly Webhook[] = [
  defaulting(Boat, (boat) => ({ ...boat, spec: { ...boat.spec, oars: boat.spec.oars ?? 8 } })),
  validating(Boat, function* ({ metadata, spec }, { operation, old, user, warn, annotate }) {
    if (operation === 'DELETE' && metadata.labels?.['at'] === 'sea') yield 'it is at sea';
    if (operation === 'DELETE') return;
    if (spec.name === 'broken') throw new Error('no idea');
    annotate('by', user.username);
    if (spec.oars === 13) warn('thirteen is an unlucky number');
    if (spec.oars! % 2 === 1) yield invalid(FieldPath.of('spec.oars'), spec.oars, 'must be even');
    if (old && spec.oars! < old.spec.oars!) yield 'oars are not thrown away';
  }, { operations: ['CREATE', 'UPDATE', 'DELETE'] }),
  converting(Boat, {
    v1: {
      toHub: (boat) => { const { spec: { rowers, name } } = boat as unknown as InstanceOfOld; return { ...boat, spec: { oars: rowers, name } }; },
      fromHub: (boat) => { const { spec: { oars, name } } = boat as unknown as InstanceOfNew; return { ...boat, spec: { rowers: oars, name } }; },
    },
  }),
];
type InstanceOfOld = { readonly spec: { readonly rowers?: number; readonly name?: string } };
type InstanceOfNew = { readonly spec: { readonly oars?: number; readonly name?: string } };

async function arrange(cluster: Cluster, clock = new ManualClock(Date.now())) {
  const { client, informers, until } = cluster;
  await client.create(CustomResourceDefinition, definitionOf(Boat, { alsoServed: [OldBoat] }));
  await until(CustomResourceDefinition, { name: 'boats.example.com' }, ({ status }) => status.conditions?.some(({ type, status: is }) => type === 'Established' && is === 'True') ?? false);
  const operator = await startOperator({
    client, informers, clock, controllers: [], health: { port: 0, host: '127.0.0.1' },
    webhooks: { hooks, name: 'boats', ...at, port: 0, host: '127.0.0.1' },
  });
  return { client, clock, operator };
}

test('an operator\'s webhooks are asked from the moment it has started: it makes certificates and configurations itself', async () => {
  await using cluster = await startCluster({ nodes: 0, controllers: false });
  const { client, operator } = await arrange(cluster);
  await using _ = operator;

  const drakkar = await client.create(Boat, { metadata: { name: 'drakkar', ...at, labels: { at: 'sea' } }, spec: { name: 'd' } });
  expect(drakkar.spec.oars).toBe(8);
  await expect(client.create(Boat, { metadata: { name: 'odd', ...at }, spec: { oars: 7 } })).rejects.toMatchObject({
    code: 422, message: 'admission webhook "validate.v2.boats.example.com" denied the request: Boat.example.com "odd" is invalid: spec.oars: Invalid value: 7: must be even',
  });
  await expect(client.update(Boat, { ...drakkar, spec: { oars: 2 } })).rejects.toMatchObject({ code: 403, message: expect.stringContaining('boats.example.com "drakkar" is forbidden: oars are not thrown away') as string });
  await expect(client.create(Boat, { metadata: { name: 'x', ...at }, spec: { name: 'broken' } })).rejects.toMatchObject({ code: 500, message: expect.stringContaining('no idea') as string });
  await expect(client.delete(Boat, 'drakkar', at)).rejects.toThrow('it is at sea');
  const unlucky = await client.request({ method: 'POST', url: '/apis/example.com/v2/namespaces/default/boats', headers: { 'content-type': 'application/json' }, body: { type: 'bytes', bytes: new TextEncoder().encode(JSON.stringify({ apiVersion: 'example.com/v2', kind: 'Boat', metadata: { name: 'u' }, spec: { oars: 13 } })) } }).catch((error: unknown) => error);
  expect(unlucky).toMatchObject({ code: 422 });
  const metrics = await (await fetch(`http://127.0.0.1:${operator.healthPort}/metrics`)).text();
  expect(metrics).toMatch(/^controller_runtime_webhook_requests_total\{code="200",webhook="\/validate-example-com-v2-boat"\} \d+$/m);
}, 60_000);

test('a kind is read and written in both its versions', async () => {
  await using cluster = await startCluster({ nodes: 0, controllers: false });
  const { client, operator } = await arrange(cluster);
  await using _ = operator;

  // As everywhere, a changed definition takes effect a moment after it was written.
  await expect.poll(async () => (await client.create(OldBoat, { metadata: { name: 'dry', ...at }, spec: { rowers: 4 } }, { dryRun: true }).catch(() => undefined))?.spec.rowers, { timeout: 30_000 }).toBe(4);
  await client.create(OldBoat, { metadata: { name: 'knarr', ...at, labels: { a: 'b' } }, spec: { rowers: 4, name: 'k' } });
  expect((await client.get(Boat, 'knarr', at)).spec).toEqual({ oars: 4, name: 'k' });
  const old = await client.get(OldBoat, 'knarr', at);
  expect([old.apiVersion, old.spec, old.metadata.labels]).toEqual(['example.com/v1', { rowers: 4, name: 'k' }, { a: 'b' }]);
  // Written in the old version, asked about in the one the webhook knows.
  await expect(client.create(OldBoat, { metadata: { name: 'odd', ...at }, spec: { rowers: 5 } })).rejects.toThrow('spec.oars: Invalid value: 5: must be even');
}, 60_000);

test('what others overwrite is mended, and new certificates are taken into use', async () => {
  await using cluster = await startCluster({ nodes: 0, controllers: false });
  const { client, clock, operator } = await arrange(cluster);
  await using _ = operator;
  const bundle = async () => (await client.get(ValidatingWebhookConfiguration, 'boats')).webhooks![0]!.clientConfig.caBundle!;
  const first = await bundle();

  await client.patch(MutatingWebhookConfiguration, 'boats', { type: 'json', body: [{ op: 'remove', path: '/webhooks/0/clientConfig/caBundle' }] });
  await client.delete(Secret, 'boats-webhook', at);
  const attempt = () => client.create(Boat, { metadata: { generateName: 'a-', ...at }, spec: {} }).then(() => 'made', (error: unknown) => String(error));
  await expect.poll(attempt, { timeout: 30_000 }).toContain('failed calling webhook "default.v2.boats.example.com"');
  await clock.advance(60_000);
  await expect.poll(async () => (await client.create(Boat, { metadata: { generateName: 'a-', ...at }, spec: {} }).catch(() => undefined))?.spec.oars, { timeout: 30_000 }).toBe(8);
  await expect.poll(bundle, { timeout: 30_000 }).not.toBe(first);
  expect((await client.get(Secret, 'boats-webhook', at)).type).toBe('kubernetes.io/tls');
}, 60_000);

test('two copies share one certificate', async () => {
  await using cluster = await startCluster({ nodes: 0, controllers: false });
  const { client, informers } = cluster;
  const copy = () => startOperator({ client, informers, controllers: [], webhooks: { hooks: hooks.slice(0, 2), name: 'boats', ...at, port: 0 } });
  const copies = await Promise.all([copy(), copy()]);
  const { webhooks } = await client.get(ValidatingWebhookConfiguration, 'boats');
  const secret = await client.get(Secret, 'boats-webhook', at);
  expect(webhooks![0]!.clientConfig).toEqual({ caBundle: secret.data!['ca.crt'], service: { name: 'boats', namespace: 'default', path: '/validate-example-com-v2-boat', port: 443 } });
  for (const one of copies) await one[Symbol.asyncDispose]();
}, 60_000);
