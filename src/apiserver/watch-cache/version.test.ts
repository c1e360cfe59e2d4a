import { expect, test } from 'vitest';
import { Pod } from '../../kinds/core/pod.ts';
import { decodeObject } from '../../schema/decode.ts';
import { Codec } from '../registry/codec.ts';
import { ResourceCache } from './resource-cache.ts';

const pod = (name: string, spec: object = {}) =>
  decodeObject(Pod, { metadata: { name, namespace: 'default' }, spec: { containers: [{ name: 'main', image: 'registry.example.com/version' }], ...spec } }).value;

function cached() {
  const codec = new Codec(Pod, (_, object) => object as never);
  const cache = new ResourceCache(codec);
  cache.load([], 0);
  let revision = 0;
  const put = (name: string, spec?: object) => {
    const key = codec.keyOf('default', name);
    const value = codec.encode(pod(name, spec));
    cache.apply(++revision, { type: 'put', key, value });
    codec.settled(value);
    return cache.get(key)!;
  };
  return put;
}

test('the next state of what was read is at hand too, of what nobody read it is not', () => {
  const put = cached();
  const unread = put('a');
  expect([unread.isRead, put('a').isRead]).toEqual([false, false]);
  expect(put('a').object.metadata.name).toBe('a');

  expect(put('a').isRead).toBe(true);
});

test('stored pods of one template share one spec, also when they are decoded from their bytes', () => {
  const put = cached();
  const [first, second, bound] = [put('a'), put('b'), put('c', { nodeName: 'n' })];

  expect(second.object['spec']).toBe(first.object['spec']);
  expect(bound.object['spec']).toMatchObject({ nodeName: 'n', containers: [{ image: 'registry.example.com/version' }] });
});
