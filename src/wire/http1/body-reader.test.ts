import { expect, test } from 'vitest';
import { BodyReader } from './body-reader.ts';
import type { Framing } from './head.ts';
import { octets } from './octets.ts';

/** What the body holds, and what is behind it. */
function read(text: string, framing: Framing = 'chunked', length = 0) {
  const body = new BodyReader();
  body.begin(framing, length);
  const bytes = octets(text);
  let content = '';
  let at = 0;
  const stops: number[] = [];
  while (at < bytes.length && !body.isOver) {
    at = body.read(bytes, at, bytes.length, (from, to) => (content += text.slice(from, to)));
    stops.push(at);
  }
  return { content, rest: text.slice(at), isOver: body.isOver, stops };
}

test('chunks end with one of nothing, and what is behind them is another request', () => {
  expect(read('5\r\nhello\r\n6;a=b\r\n world\r\n0\r\n\r\nGET')).toMatchObject({ content: 'hello world', rest: 'GET', isOver: true });
  expect(read('00A\r\n0123456789\r\n000\r\n\r\n')).toMatchObject({ content: '0123456789', isOver: true });
});

test('it stops before trailers', () => {
  const { stops, isOver, rest } = read('1\r\na\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\nGET');
  expect(stops).toEqual([9, 25]);
  expect([isOver, rest]).toEqual([true, 'GET']);
});

test('a length is counted, an end with the connection is none', () => {
  expect(read('helloGET', 'length', 5)).toMatchObject({ content: 'hello', rest: 'GET', isOver: true });
  expect(read('hello', 'length', 6)).toMatchObject({ content: 'hello', isOver: false });
  expect(read('hello', 'close')).toMatchObject({ content: 'hello', isOver: false });
  expect(read('hello', 'none')).toMatchObject({ content: '', rest: 'hello', isOver: true });
});

test.each([
  ['no size', '\r\n'], ['a size that is none', 'g\r\n'], ['a size with a sign', '+5\r\nhello\r\n'], ['a size as C says it', '0x5\r\nhello\r\n'], ['a space before the size', ' 5\r\nhello\r\n'],
  ['a space behind the size', '5 \r\nhello\r\n'], ['a size that is too large', '100000000\r\n'], ['many digits', '0000000005\r\nhello\r\n'], ['a line feed alone behind the size', '5\nhello\r\n'],
  ['a carriage return alone behind the size', '5\rhello\r\n'], ['more than the chunk holds', '5\r\nhellooo\r\n'], ['a line feed alone behind the chunk', '5\r\nhello\n0\r\n\r\n'],
  ['a line feed in an extension', '5;a\nb\r\nhello\r\n'], ['a carriage return in an extension', '5;a\rb\r\nhello\r\n'], ['an extension without end', `5;${'a'.repeat(2000)}`],
  ['a trailer without a name', '0\r\n: a\r\n\r\n'], ['a trailer with a space before the colon', '0\r\nX : a\r\n\r\n'], ['a trailer that goes on', '0\r\nX: a\r\n b\r\n\r\n'],
  ['a line feed alone behind a trailer', '0\r\nX: a\n\r\n'], ['a line feed alone at the end', '0\r\n\n'], ['trailers without end', `0\r\n${'X: aaaaaaaaaaaaaaaaaaaaaa\r\n'.repeat(500)}`],
])('%s is refused', (_, text) => {
  expect(() => read(text)).toThrow();
});
