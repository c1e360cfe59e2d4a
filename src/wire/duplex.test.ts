import { expect, test } from 'vitest';
import { duplexPair, pipeDuplex } from './duplex.ts';

async function all(readable: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const bytes of readable) text += new TextDecoder().decode(bytes);
  return text;
}
const bytes = (text: string) => new TextEncoder().encode(text);

test('two piped connections carry bytes both ways until both have ended', async () => {
  const [near, a] = duplexPair();
  const [far, b] = duplexPair();
  const piped = pipeDuplex(a, b);
  const heard = Promise.all([all(near.readable), all(far.readable)]);
  await near.write(bytes('ping'));
  await near.end();
  await far.write(bytes('pong'));
  await far.end();
  expect(await heard).toEqual(['pong', 'ping']);
  await piped;
});

test('dropping one side of a pipe drops the other, and pending writes fail', async () => {
  const [near, a] = duplexPair();
  const [far, b] = duplexPair();
  const piped = pipeDuplex(a, b);
  near.destroy(new Error('gone'));
  await expect(all(far.readable)).rejects.toThrow('gone');
  await expect(near.write(bytes('x'))).rejects.toThrow('gone');
  await piped;
});
