import { expect, test } from 'vitest';
import { any, boolean, bytes, int32, int64, intOrString, lazy, list, map, object, quantity, string, time, type Field } from '../field.ts';
import type { ObjectNode } from '../node.ts';
import { decodeMessage } from './decode.ts';
import { encodeMessage } from './encode.ts';
import { unwrap, wrap } from './envelope.ts';

interface Tree { readonly name?: string; readonly below?: readonly Tree[] }
const tree: () => Field<Tree> = () => object('api.test.v1.Tree', { name: string().pointer().tag(1), below: list(lazy(tree)).tag(2) });
const node = object('api.test.v1.All', {
  text: string().tag(1), maybe: string().pointer().tag(2), count: int32().tag(3), big: int64().pointer().tag(4), on: boolean().pointer().tag(5),
  data: bytes().pointer().tag(6), size: quantity().tag(7), port: intOrString().tag(8), at: time().tag(9), raw: any().tag(10), tree: lazy(tree).tag(11),
  names: map(list(string())).tag(12), inline: string().pointer().within(13).tag(1), deep: string().pointer().within(13, 2).tag(1), loose: string(),
}).node as ObjectNode;
const there = (value: object) => decodeMessage(node, encodeMessage(node, value));

test('every type survives the way there and back', () => {
  const value = {
    text: 'ä', maybe: '', count: -5, big: 9007199254740991, on: false, data: 'AAEC', size: '500m', port: 'http', at: '1969-12-31T23:59:59Z', raw: { a: [1] },
    tree: { name: 'a', below: [{ name: 'b', below: [{ name: 'c' }] }] }, names: { b: ['x', 'y'], a: [] }, inline: 'i', deep: 'd',
  };
  expect(there(value)).toEqual(value);
});

test('Go writes zero values where it holds no pointer, and nothing where it holds one', () => {
  expect(there({})).toEqual({ text: '', count: 0 });
  expect(there({ loose: 'no number' })).not.toHaveProperty('loose');
});

test('negative numbers take ten bytes, as Go writes them', () => {
  const [, ...rest] = encodeMessage(object('x', { n: int32().tag(1) }).node as ObjectNode, { n: -1 });
  expect(rest).toEqual([255, 255, 255, 255, 255, 255, 255, 255, 255, 1]);
});

test('an envelope says what is in it', () => {
  const raw = Uint8Array.of(10, 1, 97);
  expect(unwrap(wrap({ apiVersion: 'v1', kind: 'Pod', raw }))).toEqual({ apiVersion: 'v1', kind: 'Pod', raw });
  expect(() => unwrap(new TextEncoder().encode('{}'))).toThrow('expected prefix [107 56 115 0]');
});

test.each([
  ['cut short', [10, 200]], ['a bad wire type', [15]], ['field zero', [0, 0]], ['a number where text belongs', [8, 1]], ['text where a number belongs', [26, 1, 0]],
  ['an endless number', [24, ...Array<number>(12).fill(255)]],
])('%s is refused', (_, bytes) => {
  expect(() => decodeMessage(node, Uint8Array.from(bytes))).toThrow(/proto|unexpected EOF/);
});

test('messages within messages end somewhere', () => {
  let bytes: Uint8Array = new Uint8Array();
  for (let depth = 0; depth < 300; depth++) {
    const inner = bytes;
    const length = inner.length < 128 ? [inner.length] : [(inner.length % 128) + 128, inner.length >> 7];
    bytes = Uint8Array.from([18, ...length, ...inner]);
  }
  expect(() => decodeMessage(tree().node as ObjectNode, bytes)).toThrow('exceeded max depth');
});

test('a key named __proto__ is a key', () => {
  const labels = object('x', { labels: map(string()).tag(1) }).node as ObjectNode;
  const value = decodeMessage(labels, encodeMessage(labels, JSON.parse('{"labels":{"__proto__":"x"}}')));
  expect(Object.keys(value.labels as object)).toEqual(['__proto__']);
});
