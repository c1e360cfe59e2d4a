import { expect, test } from 'vitest';
import { plainTarget, withTarget } from './target.ts';

test.each([
  ['/a/../b', '/b'], ['/a/./b', '/a/b'], ['/a/..', '/'], ['/a/b/..', '/a/'], ['/a/.', '/a/'], ['/..', '/'], ['/../../a', '/a'], ['/public/%2e%2E/admin', '/admin'], ['/a/.%2e/b/', '/b/'],
  ['http://h/p', '/p'], ['HTTP://h', '/'], ['https://h/a/../b', '/b'],
])('%s means %s', (path, expected) => {
  expect(plainTarget(path)).toMatchObject({ path: expected });
});

test.each(['/', '/a/b', '/a//b', '//a', '/a.b/..c/...', '/.well-known/x', '/a%2fb', '/%5c', '*'])('%s is plain already', (path) => {
  expect(plainTarget(path)).toBeUndefined();
});

test.each(['/a/..%2fb', '/a%2f..%2fb', '/a/..\\b', '/a/%2e%2e%5cb', '/a%2f..'])('%s means to each backend something else', (path) => {
  expect(plainTarget(path)).toBe('bad');
});

test('the backend is asked for what the rules saw', () => {
  const to = [{ ref: { namespace: 'ns', service: 's', port: 80 }, weight: 1 }];
  expect(withTarget({ act: 'forward', to }, { path: '/b', host: 'h' })).toEqual({ act: 'forward', to, path: { full: '/b' }, hostname: 'h' });
  expect(withTarget({ act: 'forward', to, path: { prefix: '/b', by: '/c' } }, { path: '/b/x' })).toMatchObject({ path: { full: '/c/x' } });
});
