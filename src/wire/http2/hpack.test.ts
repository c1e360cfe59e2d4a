import { expect, test } from 'vitest';
import { Http2Failure } from './failure.ts';
import { HpackDecoder } from './hpack-decoder.ts';
import { HpackEncoder } from './hpack-encoder.ts';
import { Outbox } from './outbox.ts';
import { bytesOf } from './testing/client.ts';

const LIMITS = { listBytes: 1 << 20, fields: 1000 };
const lines = (decoder: HpackDecoder, hex: string | Uint8Array): string[] =>
  decoder.decode(typeof hex === 'string' ? bytesOf(hex) : hex).fields.map(({ name, value }) => `${name}: ${value}`);

interface Step {
  readonly hex: string;
  readonly list: readonly string[];
  /** Of the table, once it was read. */
  readonly size: number;
}

const REQUESTS: readonly (readonly string[])[] = [
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'],
  [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com', 'cache-control: no-cache'],
  [':method: GET', ':scheme: https', ':path: /index.html', ':authority: www.example.com', 'custom-key: custom-value'],
];
const RESPONSES: readonly (readonly string[])[] = [
  [':status: 302', 'cache-control: private', 'date: Mon, 21 Oct 2013 20:13:21 GMT', 'location: https://www.example.com'],
  [':status: 307', 'cache-control: private', 'date: Mon, 21 Oct 2013 20:13:21 GMT', 'location: https://www.example.com'],
  [
    ':status: 200', 'cache-control: private', 'date: Mon, 21 Oct 2013 20:13:22 GMT', 'location: https://www.example.com', 'content-encoding: gzip',
    'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
  ],
];
const series = (hexes: readonly string[], lists: readonly (readonly string[])[], sizes: readonly number[]): readonly Step[] =>
  hexes.map((hex, n) => ({ hex, list: lists[n]!, size: sizes[n]! }));

const APPENDIX_C: Readonly<Record<string, { readonly table: number; readonly steps: readonly Step[] }>> = {
  'C.2.1': { table: 4096, steps: series(['400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572'], [['custom-key: custom-header']], [55]) },
  'C.2.2': { table: 4096, steps: series(['040c 2f73 616d 706c 652f 7061 7468'], [[':path: /sample/path']], [0]) },
  'C.2.3': { table: 4096, steps: series(['1008 7061 7373 776f 7264 0673 6563 7265 74'], [['password: secret']], [0]) },
  'C.2.4': { table: 4096, steps: series(['82'], [[':method: GET']], [0]) },
  'C.3': { table: 4096, steps: series([
    '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d', '8286 84be 5808 6e6f 2d63 6163 6865',
    '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
  ], REQUESTS, [57, 110, 164]) },
  'C.4': { table: 4096, steps: series([
    '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff', '8286 84be 5886 a8eb 1064 9cbf', '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
  ], REQUESTS, [57, 110, 164]) },
  'C.5': { table: 256, steps: series([
    `4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65
     7861 6d70 6c65 2e63 6f6d`,
    '4803 3330 37c1 c0bf',
    `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157
     454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31`,
  ], RESPONSES, [222, 222, 215]) },
  'C.6': { table: 256, steps: series([
    '4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3',
    '4883 640e ffc1 c0bf',
    `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27
     0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07`,
  ], RESPONSES, [222, 222, 215]) },
};

test.each(Object.entries(APPENDIX_C))('blocks of RFC 7541, %s, are read as it says', (_section, { table, steps }) => {
  const decoder = new HpackDecoder(LIMITS, table);
  for (const { hex, list, size } of steps) {
    expect(lines(decoder, hex)).toEqual(list);
    expect(decoder.tableSize).toBe(size);
  }
});

test.each([
  ['80', 'index 0'], ['be', 'an index beyond the tables'], ['ff ffff ffff ffff', 'a number without bounds'], ['4001', 'a name that breaks off'],
  ['40 01 61 05 62', 'a value longer than its block'], ['3f e2 1f', 'a table larger than allowed'], ['82 20', 'a table size behind a field'], ['40 81 00 00', 'bad Huffman code'],
])('a block that is none ends the connection: %s, %s', (hex) => {
  expect(() => new HpackDecoder(LIMITS).decode(bytesOf(hex))).toThrow(Http2Failure);
});

test('what is over the limits is left out, and the tables stay alike', () => {
  const [decoder, encoder] = [new HpackDecoder({ listBytes: 200, fields: 3 }), new HpackEncoder()];
  const block = (fields: readonly (readonly [string, string])[]) => blockOf(encoder, fields);
  expect(decoder.decode(block([['a', 'x'.repeat(150)], ['b', 'y']]))).toMatchObject({ isTooLarge: true, fields: [{ name: 'a' }] });
  expect(decoder.decode(block([['c', '1'], ['c', '2'], ['c', '3'], ['c', '4']])).isTooLarge).toBe(true);
  expect(lines(decoder, block([['c', '4'], ['b', 'y']]))).toEqual(['c: 4', 'b: y']);
});

test('a bomb of references to one large field costs what the limit allows', () => {
  const decoder = new HpackDecoder({ listBytes: 16_384, fields: 1000 });
  decoder.decode(blockOf(new HpackEncoder(), [['bomb', 'x'.repeat(400)]]));
  const { fields, isTooLarge } = decoder.decode(new Uint8Array(1 << 20).fill(0xbe));
  expect(isTooLarge).toBe(true);
  expect(fields.length).toBeLessThan(40);
});

function blockOf(encoder: HpackEncoder, fields: readonly (readonly [string, string])[]): Uint8Array {
  const out = new Outbox();
  encoder.begin(out);
  for (const [name, value] of fields) encoder.write(out, name, value);
  return out.take()!.slice();
}

test('an answer like the one before costs a byte a field, and what varies its value', () => {
  const [decoder, encoder] = [new HpackDecoder(LIMITS), new HpackEncoder()];
  const answer = (id: string) => [[':status', '200'], ['content-type', 'application/json'], ['cache-control', 'no-cache, private'], ['audit-id', id], ['content-length', '12']] as const;
  lines(decoder, blockOf(encoder, answer('first')));
  const second = blockOf(encoder, answer('other'));
  expect(second.length).toBe(1 + 1 + 1 + (2 + 6) + (2 + 3));
  expect(lines(decoder, second)).toEqual(answer('other').map(([name, value]) => `${name}: ${value}`));
});

test('a table made smaller is told before the next block, and kept to', () => {
  const [decoder, encoder] = [new HpackDecoder(LIMITS), new HpackEncoder()];
  lines(decoder, blockOf(encoder, [['a', '1'], ['b', '2']]));
  encoder.setLimit(0);
  encoder.setLimit(70);
  expect(lines(decoder, blockOf(encoder, [['b', '2'], ['a', '1'], ['b', '2'], ['c', '3']]))).toEqual(['b: 2', 'a: 1', 'b: 2', 'c: 3']);
  expect(decoder.tableSize).toBe(68);
  encoder.setLimit(1 << 20);
  lines(decoder, blockOf(encoder, [['d', '4']]));
  expect(decoder.tableSize).toBe(102);
});

test('what would end a header for a careless reader does not leave', () => {
  const decoder = new HpackDecoder(LIMITS);
  expect(lines(decoder, blockOf(new HpackEncoder(), [['a', 'x\r\ny\u0000\u010a\u00e9']]))).toEqual(['a: x  y ?\u00e9']);
});
