import { expect, test } from 'vitest';
import { AnswerHead } from './answer-head.ts';
import { HeadReader } from './head-reader.ts';
import { octets } from './octets.ts';

function read(text: string, isForHead = false): AnswerHead {
  const head = new AnswerHead();
  head.isForHead = isForHead;
  expect(new HeadReader(head, 8192).push(octets(text), 0, text.length)).toBe(text.length);
  return head;
}

const answer = (line: string, ...fields: readonly string[]): string => [line, ...fields, '', ''].join('\r\n');

test.each([
  ['a length', answer('HTTP/1.1 200 OK', 'Content-Length: 5'), { status: 200, framing: 'length', length: 5, keepsAlive: true }],
  ['no reason', answer('HTTP/1.1 200', 'Content-Length: 0'), { status: 200, framing: 'none' }],
  ['chunks', answer('HTTP/1.1 404 Not Found', 'Transfer-Encoding: chunked'), { status: 404, framing: 'chunked' }],
  ['nothing said: it ends with the connection', answer('HTTP/1.1 200 OK'), { framing: 'close', keepsAlive: false }],
  ['no content', answer('HTTP/1.1 204 No Content'), { framing: 'none', keepsAlive: true }],
  ['not modified, with the length that it would have', answer('HTTP/1.1 304 Not Modified', 'Content-Length: 5'), { framing: 'none' }],
  ['for the time being', answer('HTTP/1.1 100 Continue'), { status: 100, framing: 'none' }],
  ['another protocol', answer('HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: x'), { status: 101, framing: 'none', upgrades: true }],
  ['HTTP/1.0', answer('HTTP/1.0 200 OK', 'Content-Length: 5'), { keepsAlive: false }],
])('%s', (_, text, expected) => {
  expect(read(text)).toMatchObject(expected);
});

test('the answer to HEAD has no body, whatever it says', () => {
  expect(read(answer('HTTP/1.1 200 OK', 'Content-Length: 5'), true).framing).toBe('none');
  expect(read(answer('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked'), true).framing).toBe('none');
});

test.each([
  'HTTP/2 200 OK', 'HTTP/1.1 20 OK', 'HTTP/1.1 2000 OK', 'HTTP/1.1 099 OK', 'HTTP/1.1  200 OK', 'HTTP/1.1 200 O\0K', 'ICY 200 OK',
])('"%s" is no answer', (line) => {
  expect(() => read(answer(line))).toThrow();
});

test.each([
  [['Content-Length: 5', 'Content-Length: 6']], [['Content-Length: 5', 'Transfer-Encoding: chunked']], [['Transfer-Encoding: gzip, chunked']], [['X : a']], [['X: a', ' b']],
])('%j is refused', (fields) => {
  expect(() => read(answer('HTTP/1.1 200 OK', ...fields))).toThrow();
});
