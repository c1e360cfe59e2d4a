import { expect, test } from 'vitest';
import { changedPath, destinationAt, locationOf, type Asked, type Forward, type Redirect } from './action.ts';

const ref = (service: string) => ({ namespace: 'ns', service, port: 80 });

test('a draw falls on a destination by its weight, on none where there is no weight', () => {
  const to = (...weights: number[]): Forward => ({ act: 'forward', to: weights.map((weight, n) => ({ ref: ref(`s${n}`), weight })) });
  const drawn = (action: Forward) => [0, 0.24, 0.26, 0.99].map((draw) => destinationAt(action, draw)?.ref.service);
  expect(drawn(to(1, 0, 3))).toEqual(['s0', 's0', 's2', 's2']);
  expect(drawn(to(1))).toEqual(['s0', 's0', 's0', 's0']);
  expect(destinationAt(to(0), 0)).toBeUndefined();
  expect(destinationAt(to(0, 0), 0.5)).toBeUndefined();
  expect(destinationAt(to(), 0.5)).toBeUndefined();
});

// The table of HTTPPathModifier's replacePrefixMatch.
test.each([
  ['/foo/bar', '/foo', '/xyz', '/xyz/bar'], ['/foo/bar', '/foo', '/xyz/', '/xyz/bar'], ['/foo/bar', '/foo/', '/xyz', '/xyz/bar'], ['/foo/bar', '/foo/', '/xyz/', '/xyz/bar'],
  ['/foo', '/foo', '/xyz', '/xyz'], ['/foo/', '/foo', '/xyz', '/xyz/'], ['/foo/bar', '/foo', '', '/bar'], ['/foo/', '/foo', '', '/'], ['/foo', '/foo', '', '/'],
  ['/foo/', '/foo', '/', '/'], ['/foo', '/foo', '/', '/'], ['/foo', '/', '/xyz', '/xyz/foo'], ['/fool', '/foo', '/xyz', '/fool'],
])('%s with the prefix %s replaced by "%s" is %s', (path, prefix, by, expected) => {
  expect(changedPath(path, { prefix, by })).toBe(expected);
});

test('a whole path takes the place of another', () => {
  expect(changedPath('/a/b', { full: '/c' })).toBe('/c');
  expect(changedPath('/a/b', undefined)).toBe('/a/b');
});

test('a redirect keeps what it does not name, and says no port that goes without saying', () => {
  const asked: Asked = { asker: { address: '::1', proto: 'http', port: 80 }, method: 'GET', host: 'a.example:80', path: '/a/b', query: '?c', header: () => undefined };
  const at = (redirect: Partial<Redirect>, port = 80) => locationOf({ act: 'redirect', status: 302, ...redirect }, { ...asked, asker: { ...asked.asker, port } });
  expect(at({})).toBe('http://a.example/a/b?c');
  expect(at({}, 8080)).toBe('http://a.example:8080/a/b?c');
  expect(at({ scheme: 'https' }, 8080)).toBe('https://a.example/a/b?c');
  expect(at({ scheme: 'https', port: 8443, hostname: 'b.example', path: { prefix: '/a', by: '/' } })).toBe('https://b.example:8443/b?c');
});
