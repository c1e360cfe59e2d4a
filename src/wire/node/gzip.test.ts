import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { gzip } from './gzip.ts';

test('what is packed unpacks to the same bytes', async () => {
  const chunks = Array.from({ length: 50 }, (_, at) => Buffer.from(`chunk ${at} `.repeat(at * 100)));
  const packed: Uint8Array[] = [];
  for await (const batch of gzip(chunks)) packed.push(...batch);
  expect(gunzipSync(Buffer.concat(packed)).equals(Buffer.concat(chunks))).toBe(true);
});

test('a reader that leaves early leaves nothing behind', async () => {
  const reader = gzip((function* () { for (;;) yield Buffer.from(String(Math.sqrt(performance.now())).repeat(1000)); })());
  expect((await reader.next()).done).toBe(false);
  await reader.return(undefined);
  expect((await reader.next()).done).toBe(true);
});
