import { expect, test } from 'vitest';
import { planListeners } from '../../rules/gateway/attach.ts';
import type { Gateway, HTTPRouteRule, ReferenceGrant, Route } from '../../rules/gateway/kinds.ts';
import { gateway, grant, grpcRoute, http, httpRoute, https, leads } from '../../rules/gateway/testing/objects.ts';
import type { Action, Asked } from '../action.ts';
import { planGateways, ruleFor, secretsFor } from './table.ts';

const table = (gateways: readonly Gateway[], routes: readonly Route[], grants: readonly ReferenceGrant[] = []) =>
  planGateways({ listeners: planListeners({ gateways, served: ['HTTPRoute', 'GRPCRoute'] }), routes, grants, labelsOf: () => ({}) });

interface Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly port?: number;
}

const asked = (url: string, { method = 'GET', headers = {}, port = 80 }: Question = {}): Asked & { readonly host: string } => {
  const { host, pathname, search } = new URL(`http://${url}`);
  return { asker: { address: '', proto: 'http', port }, method, host, path: pathname, query: search, header: (name) => headers[name] };
};
const find = (of: ReturnType<typeof table>) => (url: string, question?: Question) => {
  const request = asked(url, question);
  return ruleFor(of, request, request.host).rule?.action;
};
const service = (action: Action | undefined) => (action?.act === 'forward' ? action.to[0]!.ref.service : action && 'status' in action ? action.status : undefined);
/** The Service that a request is led to, through one Gateway with one listener for everything. */
const led = (...rules: readonly HTTPRouteRule[]) => (url: string, question?: Question) => service(find(table([gateway('gw', [http('a')])], [httpRoute('r', { rules })]))(url, question));
const action = (rule: HTTPRouteRule, url = 'h/a/b', grants: readonly ReferenceGrant[] = []) => find(table([gateway('gw', [http('a')])], [httpRoute('r', { rules: [rule] })], grants))(url);

test('paths match exactly, by prefix in whole elements, or by an expression for the whole', () => {
  const path = led(leads('/exact', 'exact', { type: 'Exact' }), leads('/a', 'a'), leads('/a/b/', 'ab'), leads('/v[0-9]+/x', 'expression', { type: 'RegularExpression' }));
  expect(['h/exact', 'h/exact/', 'h/a', 'h/a/', 'h/ab', 'h/a/b', 'h/a/b/c', 'h/v12/x', 'h/v12/x/y', 'h/v/x'].map((url) => path(url)))
    .toEqual(['exact', undefined, 'a', 'a', undefined, 'ab', 'ab', 'expression', undefined, undefined]);
});

test('headers, query parameters and methods all have to match', () => {
  const by = led(
    leads('/', 'header', { headers: [{ name: 'Version', value: 'one' }] }), leads('/', 'expression', { headers: [{ name: 'version', type: 'RegularExpression', value: 't.*' }] }),
    leads('/', 'query', { queryParams: [{ name: 'q', value: 'a b' }] }), leads('/', 'method', { method: 'POST' }), leads('/', 'both', { method: 'PUT', headers: [{ name: 'a', value: '1' }] }),
  );
  expect([by('h/', { headers: { version: 'one' } }), by('h/', { headers: { version: 'two' } }), by('h/?x=1&q=a%20b&q=c'), by('h/?q=c&q=a+b'), by('h/', { method: 'POST' }), by('h/', { method: 'PUT' }), by('h/', { method: 'PUT', headers: { a: '1' } }), by('h/')])
    .toEqual(['header', 'expression', 'query', undefined, 'method', undefined, 'both', undefined]);
});

test('of matches the more exact path goes first, then the method, then more headers, then more parameters', () => {
  const headers = (n: number) => Array.from({ length: n }, (_, at) => ({ name: `h${at}`, value: '1' }));
  const by = led(
    leads('/', 'root'), leads('/a', 'prefix'), leads('/a', 'query', { queryParams: [{ name: 'q', value: '1' }] }), leads('/a', 'one', { headers: headers(1) }), leads('/a', 'two', { headers: headers(2) }),
    leads('/a', 'method', { method: 'GET' }), leads('/a/b', 'longer'), leads('/a/b', 'exact', { type: 'Exact' }),
  );
  const [one, two] = [{ method: 'PUT', headers: { h0: '1' } }, { method: 'PUT', headers: { h0: '1', h1: '1' } }];
  expect([by('h/x'), by('h/a?q=1', { method: 'PUT' }), by('h/a?q=1', one), by('h/a', two), by('h/a', { headers: two.headers }), by('h/a/b/c'), by('h/a/b'), by('h/a/x', { method: 'PUT' })])
    .toEqual(['root', 'query', 'one', 'two', 'method', 'longer', 'exact', 'prefix']);
});

test('between routes the older goes first, then the alphabet, within a route the first rule', () => {
  const route = (name: string, created?: string) => httpRoute(name, { rules: [leads('/', name), leads('/', 'second')] }, created ? { created } : {});
  const first = (...routes: readonly Route[]) => service(find(table([gateway('gw', [http('a')])], routes))('h/'));
  expect(first(route('a', '2026-02-01T00:00:00Z'), route('b'))).toBe('b');
  expect(first(route('d'), route('c'))).toBe('c');
});

test('the narrowest listener answers alone, whichever Gateway has it', () => {
  const parts = [['', 'any'], ['*.example.com', 'wild'], ['*.foo.example.com', 'deep'], ['abc.foo.example.com', 'name']] as const;
  const listeners = parts.map(([hostname, name]) => http(name, hostname ? { hostname } : {}));
  const routes = (of: string) => parts.map(([, name]) => httpRoute(name, { parentRefs: [{ name: of, sectionName: name }], rules: [leads(`/${name}`, name)] }));
  for (const gateways of [[gateway('gw', listeners)], listeners.map((one) => gateway(`gw-${one.name}`, [one]))]) {
    const all = gateways.length === 1 ? routes('gw') : parts.flatMap(([, name]) => routes(`gw-${name}`));
    const at = find(table(gateways, all));
    for (const [host, right] of [['bar.com', 'any'], ['bar.example.com', 'wild'], ['bar.foo.example.com', 'deep'], ['abc.foo.example.com', 'name']] as const) {
      for (const [, name] of parts) expect([host, name, service(at(`${host}/${name}`))]).toEqual([host, name, name === right ? name : undefined]);
    }
  }
});

test('within a listener the narrower hostname of a route goes first, and others have what it leaves', () => {
  const at = find(table([gateway('gw', [http('a')])], [
    httpRoute('any', { rules: [leads('/', 'any')] }), httpRoute('wild', { hostnames: ['*.a.com'], rules: [leads('/w', 'wild')] }), httpRoute('name', { hostnames: ['b.a.com'], rules: [leads('/w/n', 'name')] }),
  ]));
  expect(['b.a.com/w/n', 'b.a.com/w', 'b.a.com/', 'a.com/w', 'c.b.a.com/w'].map((url) => service(at(url)))).toEqual(['name', 'wild', 'any', 'any', 'wild']);
});

test('each port has its own listeners, and an unaccepted one nothing', () => {
  const of = table([gateway('gw', [http('a'), http('b', { port: 8080 }), http('c', { port: 9090, protocol: 'TCP' })])], [
    httpRoute('a', { parentRefs: [{ name: 'gw', sectionName: 'a' }], rules: [leads('/', 'a')] }), httpRoute('b', { parentRefs: [{ name: 'gw', port: 8080 }], rules: [leads('/', 'b')] }),
  ]);
  expect([80, 8080, 9090].map((port) => service(find(of)('h/', { port })))).toEqual(['a', 'b', undefined]);
  expect([...of.ports].map(([port, { proto }]) => [port, proto])).toEqual([[80, 'http'], [8080, 'http']]);
});

test('what may not or cannot be referred to answers 500, by its weight', () => {
  const to = (backendRefs: HTTPRouteRule['backendRefs'], grants?: readonly ReferenceGrant[]) => action(backendRefs ? { backendRefs } : {}, 'h/', grants);
  expect(to(undefined)).toEqual({ act: 'answer', status: 500 });
  expect(to([{ name: 'web', port: 80, weight: 0 }])).toEqual({ act: 'answer', status: 500 });
  const far = { name: 'web', port: 80, namespace: 'other' };
  const refs = (rule: Action | undefined) => (rule?.act === 'forward' ? rule.to.map(({ ref, weight, missing }) => [ref.service, weight, missing]) : rule);
  expect(refs(to([{ name: 'web', port: 80, weight: 3 }, far, { name: 'x', kind: 'Bucket', port: 80 }]))).toEqual([['web', 3, 500], ['', 1, 500], ['', 1, 500]]);
  expect(refs(to([far], [grant('other', { group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'ns' }, { group: '', kind: 'Service' })]))).toEqual([['web', 1, 500]]);
});

test('filters become what is done with the request', () => {
  const backendRefs = [{ name: 'web', port: 80, filters: [{ type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'B', value: '2' }] } }] }];
  const path = { type: 'PathPrefix', value: '/a' };
  expect(action({
    matches: [{ path }], backendRefs, timeouts: { request: '10s', backendRequest: '1500ms' },
    filters: [
      { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'X-A', value: '1' }], add: [{ name: 'Y', value: '2' }], remove: ['Z'] } },
      { type: 'ResponseHeaderModifier', responseHeaderModifier: { remove: ['Server'] } },
      { type: 'URLRewrite', urlRewrite: { hostname: 'inner', path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/x' } } },
      { type: 'RequestMirror', requestMirror: { backendRef: { name: 'copy', port: 81 }, percent: 5 } },
    ],
  })).toMatchObject({
    act: 'forward', request: { set: [['x-a', '1']], add: [['y', '2']], remove: ['z'] }, response: { remove: ['server'] }, hostname: 'inner', path: { prefix: '/a', by: '/x' },
    mirrors: [{ ref: { service: 'copy', port: 81 }, share: 0.05 }], to: [{ ref: { namespace: 'ns', service: 'web', port: 80 }, weight: 1, request: { set: [['b', '2']] } }],
  });
  expect(action({ filters: [{ type: 'RequestRedirect', requestRedirect: { scheme: 'https', port: 8443, statusCode: 301, path: { type: 'ReplaceFullPath', replaceFullPath: '/z' } } }] }))
    .toEqual({ act: 'redirect', status: 301, scheme: 'https', port: 8443, path: { full: '/z' } });
  expect(action({ filters: [{ type: 'ExtensionRef' }], backendRefs })).toEqual({ act: 'answer', status: 500 });
});

test('a GRPCRoute matches a method by its path, and its backends speak HTTP/2', () => {
  const route = grpcRoute('r', {
    rules: [[{ method: { service: 'a.B', method: 'C' } }, 'method'], [{ method: { service: 'a.B' } }, 'service'], [{ method: { method: 'C' } }, 'any-c'], [{ method: { type: 'RegularExpression', service: 'x.+' } }, 'expression'], [{ headers: [{ name: 'h', value: '1' }] }, 'header']]
      .map(([match, name]) => ({ matches: [match as object], backendRefs: [{ name: name as string, port: 80 }] })),
  });
  const at = find(table([gateway('gw', [http('a')])], [route]));
  expect([at('h/a.B/C'), at('h/a.B/D'), at('h/z/C'), at('h/xy/D'), at('h/z/D'), at('h/z/D', { headers: { h: '1' } })].map(service)).toEqual(['method', 'service', 'any-c', 'expression', undefined, 'header']);
  expect(at('h/a.B/C')).toMatchObject({ to: [{ ref: { speech: 'h2c' } }] });
});

test('what is found is steady where no rule for the path looks at anything else', () => {
  const of = table([gateway('gw', [http('a')])], [httpRoute('r', { rules: [leads('/a', 'a'), leads('/b', 'b', { method: 'PUT' }), leads('/', 'rest')] })]);
  const steady = (url: string) => ruleFor(of, asked(url), 'h').steady;
  expect(['h/a', 'h/b', 'h/c'].map(steady)).toEqual([true, false, true]);
});

test('a listener\'s certificates are for its hostname', () => {
  const of = table([gateway('gw', [https('any'), https('name', { hostname: 'a.com' }), https('wild', { hostname: '*.a.com' })])], []);
  expect(['x.org', 'a.com', 'c.b.a.com'].map((host) => secretsFor(of, host, 443)?.secrets.map(({ name }) => name))).toEqual([['any-tls'], ['name-tls'], ['wild-tls']]);
  expect(secretsFor(of, 'a.com', 80)).toBeUndefined();
  expect(of.secrets).toHaveLength(3);
});

test('an expression that is none matches nothing, and one that would take for ever takes no time', () => {
  const by = led(leads('/(', 'broken', { type: 'RegularExpression' }), leads('/(a+)+b', 'slow', { type: 'RegularExpression' }));
  expect([by(`h/${'a'.repeat(5_000)}`), by('h/aab')]).toEqual([undefined, 'slow']);
});
