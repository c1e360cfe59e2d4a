import { expect, test } from 'vitest';
import { Http1Failure } from './failure.ts';
import { HeadReader } from './head-reader.ts';
import { octets, textOf } from './octets.ts';
import { RequestHead } from './request-head.ts';

function read(text: string, limit = 8192): { readonly head: RequestHead; readonly end: number } {
  const head = new RequestHead();
  return { head, end: new HeadReader(head, limit).push(octets(text), 0, text.length) };
}

/** The status that a server refuses it with, or 'taken'. */
function verdict(text: string, limit?: number): number | 'taken' | 'unfinished' {
  try {
    return read(text, limit).end < 0 ? 'unfinished' : 'taken';
  } catch (error) {
    if (error instanceof Http1Failure) return error.status;
    throw error;
  }
}

const get = (...fields: readonly string[]): string => ['GET / HTTP/1.1', ...fields, '', ''].join('\r\n');
const post = (...fields: readonly string[]): string => ['POST / HTTP/1.1', 'Host: a', ...fields, '', ''].join('\r\n');

test('a head is read where it lies', () => {
  const text = `${['PUT /a?b HTTP/1.1', 'Host:  a.example:80 ', 'content-LENGTH: 12', 'X-A:', 'Connection: keep-alive, X-A'].join('\r\n')}\r\n\r\nbody`;
  const { head, end } = read(text);
  expect(text.slice(end)).toBe('body');
  const { bytes } = head;
  expect(textOf({ bytes, from: head.from, to: head.methodTo })).toBe('PUT');
  expect(textOf({ bytes, from: head.targetFrom, to: head.targetTo })).toBe('/a?b');
  expect(textOf({ bytes, from: head.hostFrom, to: head.hostTo })).toBe('a.example:80');
  expect(head).toMatchObject({ framing: 'length', length: 12, keepsAlive: true, namesMore: true, upgrades: false, count: 4, minor: 1, isForHead: false });
  expect([...head.places.subarray(8, 12)].map((place) => text.slice(place).slice(0, 3))).toEqual(['X-A', ':\r\n', '\r\nC', '\r\nC']);
});

test.each([
  ['HTTP/1.1 stays', get('Host: a'), { keepsAlive: true, framing: 'none' }],
  ['HTTP/1.1 goes where it says so', get('Host: a', 'Connection: Close'), { keepsAlive: false }],
  ['close counts more than keep-alive', get('Host: a', 'Connection: close', 'Connection: keep-alive'), { keepsAlive: false }],
  ['HTTP/1.0 goes', 'GET / HTTP/1.0\r\n\r\n', { keepsAlive: false, minor: 0 }],
  ['HTTP/1.0 stays where it says so', 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n', { keepsAlive: true }],
  ['a body in chunks', post('Transfer-Encoding: Chunked'), { framing: 'chunked' }],
  ['a body of nothing', post('Content-Length: 0'), { framing: 'none' }],
  ['another protocol', get('Host: a', 'Connection: Upgrade', 'Upgrade: websocket'), { upgrades: true }],
  ['another protocol is asked for in both fields', get('Host: a', 'Upgrade: websocket'), { upgrades: false }],
  ['HTTP/2 in the middle of a connection is not asked for', get('Host: a', 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c'), { upgrades: false }],
  ['another protocol does not begin behind a body', post('Connection: Upgrade', 'Upgrade: websocket', 'Content-Length: 3'), { upgrades: false, framing: 'length' }],
  ['empty lines before it are nothing', `\r\n\r\n${get('Host: a')}`, { count: 1 }],
  ['who waits to be told', post('Content-Length: 3', 'Expect: 100-continue'), { expectsContinue: true }],
])('%s', (_, text, expected) => {
  expect(read(text).head).toMatchObject(expected);
});

// What two readers might take in two ways: https://portswigger.net/web-security/request-smuggling, RFC 9112, section 11.
test.each([
  ['two lengths', post('Content-Length: 5', 'Content-Length: 6'), 400],
  ['one length twice', post('Content-Length: 5', 'Content-Length: 5'), 400],
  ['a list of lengths', post('Content-Length: 5, 5'), 400],
  ['a length with a sign', post('Content-Length: +5'), 400],
  ['a length below nothing', post('Content-Length: -5'), 400],
  ['a length in hexadecimal', post('Content-Length: 0x5'), 400],
  ['a length of no digits', post('Content-Length:'), 400],
  ['a length that no number holds', post('Content-Length: 99999999999999999999'), 400],
  ['a length with a space in it', post('Content-Length: 1 0'), 400],
  ['a length and chunks', post('Content-Length: 5', 'Transfer-Encoding: chunked'), 400],
  ['chunks and a length', post('Transfer-Encoding: chunked', 'Content-Length: 5'), 400],
  ['chunks twice', post('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'), 400],
  ['another coding', post('Transfer-Encoding: gzip'), 501],
  ['a coding below chunks', post('Transfer-Encoding: gzip, chunked'), 501],
  ['a coding above chunks', post('Transfer-Encoding: chunked, identity'), 501],
  ['a coding in quotes', post('Transfer-Encoding: "chunked"'), 501],
  ['a coding with a vertical tab', post('Transfer-Encoding: \x0bchunked'), 400],
  ['no coding', post('Transfer-Encoding:'), 501],
  ['chunks in HTTP/1.0', 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
  ['a space before the colon', post('Content-Length : 5'), 400],
  ['a tab before the colon', post('Transfer-Encoding\t: chunked'), 400],
  ['a line that goes on', post('X: a', ' b'), 400],
  ['a line that goes on after a tab', post('X: a', '\tb'), 400],
  ['a first field that begins with a space', 'GET / HTTP/1.1\r\n Host: a\r\n\r\n', 400],
  ['a name of nothing', post(': a'), 400],
  ['a line without a colon', post('abc'), 400],
  ['a name with a character of none', post('X(: a'), 400],
  ['a name beyond ASCII', post('X\xe9: a'), 400],
  ['a line feed alone', 'GET / HTTP/1.1\nHost: a\r\n\r\n', 400],
  ['a line feed alone between fields', 'GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n', 400],
  ['a line feed alone at the end', 'GET / HTTP/1.1\r\nHost: a\r\n\n', 400],
  ['a carriage return alone', post('X: a\rY: b'), 400],
  ['two carriage returns', 'GET / HTTP/1.1\r\r\nHost: a\r\n\r\n', 400],
  ['a null', post('X: a\0b'), 400],
  ['no host', get('X: a'), 400],
  ['two hosts', get('Host: a', 'Host: a'), 400],
  ['a host with a slash', get('Host: a/b'), 400],
  ['a host with a space', get('Host: a b'), 400],
  ['a host with somebody in it', get('Host: a@b'), 400],
  ['two hosts in one', get('Host: a,b'), 400],
  ['no method', ' / HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['a method of no token', 'GE(T / HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['no target', 'GET  HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['a target with a space', 'GET /a b HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['a target with a control character', 'GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['a target beyond ASCII', 'GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['two spaces', 'GET /  HTTP/1.1\r\nHost: a\r\n\r\n', 400],
  ['HTTP/0.9', 'GET /\r\n\r\n', 400],
  ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\n', 505],
  ['HTTP/1.2', 'GET / HTTP/1.2\r\nHost: a\r\n\r\n', 505],
  ['a version in lower case', 'GET / http/1.1\r\nHost: a\r\n\r\n', 400],
  ['more behind the version', 'GET / HTTP/1.1 \r\nHost: a\r\n\r\n', 400],
  ['TLS where there is none', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n', 400],
  ['a tunnel', 'CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n', 405],
  ['something else that is expected', post('Expect: magic'), 417],
])('%s is refused', (_, text, status) => {
  expect(verdict(text)).toBe(status);
});

test('a head that is too large, or of too many fields, is refused before its end has come', () => {
  expect(verdict(get('Host: a', `X: ${'a'.repeat(200)}`), 100)).toBe(431);
  expect(verdict(`GET /${'a'.repeat(200)}`, 100)).toBe(431);
  expect(verdict(get('Host: a', ...Array.from({ length: 300 }, () => 'X: a')))).toBe(431);
  expect(verdict('GET / HTTP/1.1\r\nHost', 100)).toBe('unfinished');
});

test('one head behind another is read from where it begins', () => {
  const head = new RequestHead();
  const reader = new HeadReader(head, 8192);
  const bytes = octets(`${get('Host: a')}${get('Host: bc')}`);
  const second = reader.push(bytes, 0, bytes.length);
  expect(textOf({ bytes: head.bytes, from: head.hostFrom, to: head.hostTo })).toBe('a');
  expect(reader.push(bytes, second, bytes.length)).toBe(bytes.length);
  expect(textOf({ bytes: head.bytes, from: head.hostFrom, to: head.hostTo })).toBe('bc');
});
