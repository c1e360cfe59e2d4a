import { expect, test } from 'vitest';
import { type Json, startApi } from './testing/start-api.ts';

test.each([
  ['/apis/apps/v1/namespaces/default/deployments', { spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } } } }, { labels: 1, annotations: 2 }],
  ['/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', { addressType: 'IPv4', endpoints: [] }, { labels: 2, annotations: 1 }],
  ['/apis/scheduling.k8s.io/v1/priorityclasses', { value: 1 }, { labels: 1, annotations: 1, description: 1 }],
])('what of metadata is a new generation at %s', async (path, body, expected) => {
  await using api = await startApi();
  const seen: Record<string, unknown> = {};
  for (const field of Object.keys(expected)) {
    const made = await api.request('POST', path, { metadata: { name: field }, ...(body as Json) });
    const change = field === 'description' ? { description: 'x' } : { metadata: { ...made.body.metadata, [field]: { x: 'y' } } };
    seen[field] = (await api.request('PUT', `${path}/${field}`, { ...made.body, ...change })).body.metadata.generation;
  }
  expect(seen).toEqual(expected);
});
