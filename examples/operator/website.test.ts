import { ConfigMap, CustomResourceDefinition, Deployment, Service } from 'knarr/client';
import { definitionOf, startOperator } from 'knarr/operator';
import { startCluster } from 'knarr/testing';
import { expect, test } from 'vitest';
import { hooks, Website, website } from './website.ts';

const at = { namespace: 'default' };

test('a website is served by as many as it asks for, follows its page, and takes everything with it', async () => {
  await using cluster = await startCluster({ nodes: 2 });
  const { client, informers, until } = cluster;
  await client.create(CustomResourceDefinition, definitionOf(Website));
  await until(CustomResourceDefinition, { name: 'websites.example.com' }, ({ status }) => status.conditions?.some(({ type, status: is }) => type === 'Established' && is === 'True') ?? false);
  await using _operator = await startOperator({ client, informers, controllers: [website], webhooks: { hooks, name: 'website-operator', ...at, port: 0, host: '127.0.0.1' } });

  await client.create(Website, { metadata: { name: 'home', ...at }, spec: { page: ' <h1>Hello</h1>\n', replicas: 2 } });
  const site = await until(Website, { name: 'home', ...at }, ({ status }) => status?.readyReplicas === 2);
  expect(site.status.conditions).toEqual([expect.objectContaining({ type: 'Ready', status: 'True', reason: 'AllServe', observedGeneration: 1 })]);
  expect(site.spec.page).toBe('<h1>Hello</h1>');
  await expect(client.patch(Website, 'home', { type: 'merge', body: { spec: { page: '<script>' } } }, at)).rejects.toThrow('spec.page: Invalid value: "<script>": must not contain scripts');
  expect((await client.get(Service, 'home', at)).spec.selector).toEqual({ website: 'home' });

  await client.patch(Website, 'home', { type: 'merge', body: { spec: { page: 'Goodbye' } } }, at);
  await until(ConfigMap, { name: 'home', ...at }, ({ data }) => data?.['index.html'] === 'Goodbye');
  await until(Deployment, { name: 'home', ...at }, ({ spec, status }) => spec.template.metadata?.annotations?.['page'] === 'Goodbye' && status.updatedReplicas === 2);

  await client.delete(Website, 'home', at);
  await expect.poll(async () => (await client.list(Deployment, at)).items.length, { timeout: 30_000 }).toBe(0);
}, 90_000);

test('what the schema forbids the server refuses', async () => {
  await using cluster = await startCluster({ nodes: 0 });
  const { client, until } = cluster;
  await client.create(CustomResourceDefinition, definitionOf(Website));
  await until(CustomResourceDefinition, { name: 'websites.example.com' }, ({ status }) => status.conditions?.some(({ type, status: is }) => type === 'Established' && is === 'True') ?? false);
  await expect(client.create(Website, { metadata: { name: 'home', ...at }, spec: { page: 'x', replicas: 21 } })).rejects.toThrow('spec.replicas in body should be less than or equal to 20');
}, 60_000);
