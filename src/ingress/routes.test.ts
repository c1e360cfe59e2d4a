import { expect, test } from 'vitest';
import type { DeepPartial } from '../meta/object.ts';
import type { Ingress } from '../kinds/networking/ingress.ts';
import { hostOf, leadFor, planRoutes, secretFor } from './routes.ts';
import { ingress, to } from './testing/objects.ts';

type Rule = DeepPartial<NonNullable<Ingress['spec']['rules']>[number]>;
const rule = (host: string | undefined, ...paths: readonly (readonly [path: string, service: string, exact?: 'Exact'])[]): Rule => ({
  ...(host === undefined ? {} : { host }),
  http: { paths: paths.map(([path, name, pathType = 'Prefix']) => ({ path, pathType, backend: to(name) })) },
});
/** The Service that a URL without its scheme leads to. */
const led = (ingresses: readonly Ingress[]) => {
  const routes = planRoutes(ingresses);
  return (url: string) => leadFor(routes, hostOf(url.split('/')[0]!), `/${url.split('/').slice(1).join('/')}`)?.ref.service;
};

// The table of https://kubernetes.io/docs/concepts/services-networking/ingress/#examples
test.each([
  ['/', '/any/path', true], ['/foo', '/foo', true], ['/foo', '/foo/', true], ['/foo/', '/foo', true], ['/foo/', '/foo/', true],
  ['/aaa/bb', '/aaa/bbb', false], ['/aaa/bbb', '/aaa/bbb', true], ['/aaa/bbb/', '/aaa/bbb', true], ['/aaa/bbb', '/aaa/bbb/', true],
  ['/aaa/bbb', '/aaa/bbb/ccc', true], ['/aaa/bbb', '/aaa/bbbxyz', false],
])('as a prefix %s matches %s: %s', (prefix, path, expected) => {
  expect(led([ingress('a', { rules: [rule('h', [prefix, 'web'])] })])(`h${path}`)).toBe(expected ? 'web' : undefined);
});

test.each([['/foo', '/foo', true], ['/foo', '/bar', false], ['/foo', '/foo/', false], ['/foo/', '/foo', false]])('exactly %s matches %s: %s', (path, asked, expected) => {
  expect(led([ingress('a', { rules: [rule('h', [path, 'web', 'Exact'])] })])(`h${asked}`)).toBe(expected ? 'web' : undefined);
});

test('the longest path wins, an exact one before a prefix of its length', () => {
  const find = led([ingress('a', { rules: [rule('h', ['/', 'root'], ['/a', 'prefix'], ['/a', 'exact', 'Exact'], ['/a/b', 'deep'])] })]);
  expect(['h/', 'h/a', 'h/a/x', 'h/a/b/c', 'h/ab'].map(find)).toEqual(['root', 'exact', 'prefix', 'deep', 'root']);
});

test('hosts match whole, wildcards one label, rules without a host everything; case and ports do not matter', () => {
  const find = led([ingress('a', { rules: [rule('foo.com', ['/', 'foo']), rule('*.foo.com', ['/', 'sub']), rule(undefined, ['/open', 'any'])] })]);
  expect(['foo.com/', 'FOO.com:8080/', 'foo.com./', 'bar.foo.com/', 'baz.bar.foo.com/', 'baz.bar.foo.com/open', 'foo.com/open/x', 'x.org/']
    .map(find)).toEqual(['foo', 'foo', 'foo', 'sub', undefined, 'any', 'foo', undefined]);
});

test('the default backend has what no rule matches, and of rules without paths everything', () => {
  const find = led([ingress('a', { defaultBackend: to('rest'), rules: [{ host: 'all.com' }, rule('h', ['/a', 'web'])] })]);
  expect(['h/a', 'h/b', 'other/', 'all.com/x'].map(find)).toEqual(['web', 'rest', 'rest', 'rest']);
});

test('a backend of another kind leads nowhere, and what it is for does not go elsewhere', () => {
  const bucket = { path: '/res', pathType: 'Prefix', backend: { resource: { apiGroup: 'x.io', kind: 'Bucket', name: 'b' } } };
  const find = led([ingress('a', { defaultBackend: to('rest'), rules: [{ host: 'h', http: { paths: [bucket, { path: '/', pathType: 'Prefix', backend: to('web') }] } }] })]);
  expect(['h/res/x', 'h/', 'i/res'].map(find)).toEqual(['', 'web', 'rest']);
});

test('where two claim a host and path, the older has it', () => {
  const young = ingress('a', { rules: [rule('h', ['/', 'young'])] }, '2026-02-01T00:00:00Z');
  const old = ingress('b', { rules: [rule('h', ['/', 'old'])] }, '2026-01-01T00:00:00Z');
  expect(led([young, old])('h/')).toBe('old');
});

test('a certificate is for its hosts, a wildcard for one label, one without hosts for all', () => {
  const routes = planRoutes([ingress('a', { tls: [{ hosts: ['a.com', '*.b.com'], secretName: 'named' }, { secretName: 'rest' }] })]);
  expect(['A.com', 'x.b.com', 'y.x.b.com', 'b.com', ''].map((host) => secretFor(routes, host)?.secrets[0]?.name)).toEqual(['named', 'named', 'rest', 'rest', 'rest']);
});

test('names from objects find nothing in a table by their own name', () => {
  const find = led([ingress('a', { rules: [rule('h', ['/', 'web'])] })]);
  expect(['__proto__/', 'constructor/', '.h/'].map(find)).toEqual([undefined, undefined, undefined]);
});
