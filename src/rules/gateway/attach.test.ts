import { expect, test } from 'vitest';
import { attach, planListeners, type Landscape } from './attach.ts';
import { intersect } from './hostnames.ts';
import { certificatesOf, isGranted } from './references.ts';
import { gateway, grant, grpcRoute, http, httpRoute, https } from './testing/objects.ts';

const served = ['HTTPRoute'] as const;
const plan = (...gateways: Landscape['gateways']) => planListeners({ gateways, served });
const verdicts = (...gateways: Landscape['gateways']) => plan(...gateways).map(({ listener, accepted }) => `${listener.name}: ${accepted.reason}`);

// https://gateway-api.sigs.k8s.io/reference/spec/#httproutespec, hostnames
test.each([
  [undefined, undefined, ''], ['a.com', undefined, 'a.com'], [undefined, '*.a.com', '*.a.com'], ['a.com', 'a.com', 'a.com'], ['A.com', 'a.COM', 'a.com'],
  ['*.a.com', 'b.a.com', 'b.a.com'], ['*.a.com', 'c.b.a.com', 'c.b.a.com'], ['*.a.com', 'a.com', undefined], ['b.a.com', '*.a.com', 'b.a.com'],
  ['*.a.com', '*.b.a.com', '*.b.a.com'], ['*.b.a.com', '*.a.com', '*.b.a.com'], ['*.a.com', '*.b.com', undefined], ['a.com', 'b.com', undefined], ['*.a.com', 'ba.com', undefined],
])('a listener of %s and a route of %s have %s in common', (listener, route, expected) => {
  expect(intersect(listener, route)).toBe(expected);
});

test('of siblings that cannot be told apart none is accepted', () => {
  expect(verdicts(gateway('gw', [http('a'), http('b'), http('c', { hostname: 'x' })]))).toEqual(['a: HostnameConflict', 'b: HostnameConflict', 'c: Accepted']);
  expect(verdicts(gateway('gw', [http('a', { port: 8080 }), https('b', { port: 8080 }), http('c')]))).toEqual(['a: ProtocolConflict', 'b: ProtocolConflict', 'c: Accepted']);
});

test('a port speaks what the oldest listener of it does, 80 and 443 what Ingresses do', () => {
  expect(verdicts(gateway('gw', [https('a', { port: 80 }), http('b', { port: 443 })]))).toEqual(['a: PortUnavailable', 'b: PortUnavailable']);
  const [young, old] = [gateway('a', [http('a', { port: 8443 })], { created: '2026-02-01T00:00:00Z' }), gateway('b', [https('b', { port: 8443 })])];
  expect(verdicts(young, old)).toEqual(['b: Accepted', 'a: PortUnavailable']);
  expect(planListeners({ gateways: [old], served, taken: () => 'in use' })[0]!.accepted).toEqual({ ok: false, reason: 'PortUnavailable', message: 'in use' });
});

test('only HTTP and HTTPS that ends here are spoken', () => {
  expect(verdicts(gateway('gw', [http('a', { protocol: 'TCP' }), https('b', { tls: { mode: 'Passthrough' } }), https('c', { port: 8443 })]))).toEqual(['a: UnsupportedProtocol', 'b: UnsupportedValue', 'c: Accepted']);
});

test('a listener supports those of the kinds it allows that are served', () => {
  const kinds = (...allowed: readonly string[]) => {
    const [{ supported, strangeKinds }] = plan(gateway('gw', [http('a', { allowedRoutes: { kinds: allowed.map((kind) => ({ kind })) } })])) as [ReturnType<typeof plan>[number]];
    return [supported, strangeKinds];
  };
  expect(kinds()).toEqual([['HTTPRoute'], false]);
  expect(kinds('HTTPRoute', 'TCPRoute')).toEqual([['HTTPRoute'], true]);
  expect(kinds('GRPCRoute')).toEqual([[], true]);
  expect(plan(gateway('gw', [http('a', { protocol: 'UDP' })]))[0]!.supported).toEqual([]);
});

const labels: Readonly<Record<string, Record<string, string>>> = { ns: {}, other: { team: 'a' } };
const reasons = (listeners: ReturnType<typeof plan>, ...routes: readonly Parameters<typeof attach>[0][]) =>
  routes.map((route) => attach(route, listeners, (name) => labels[name]).map(({ accepted, places }) => [accepted.reason, ...places.map(({ plan: { listener }, hostnames }) => `${listener.name} ${hostnames.join()}`)].join(': ')));

test('a route attaches where name, section and port say', () => {
  const listeners = plan(gateway('gw', [http('a'), http('b', { port: 8080 })]));
  const to = (parent: object) => httpRoute('r', { parentRefs: [{ name: 'gw', ...parent }] });
  expect(reasons(listeners, to({}), to({ sectionName: 'b' }), to({ port: 80 }), to({ sectionName: 'a', port: 8080 }), to({ sectionName: 'z' }), to({ name: 'unknown' }), to({ kind: 'Service', group: '' })))
    .toEqual([['Accepted: a : b '], ['Accepted: b '], ['Accepted: a '], ['NoMatchingParent'], ['NoMatchingParent'], [], []]);
});

test('a listener lets in the namespaces and kinds that it allows', () => {
  const from = (namespaces: object) => plan(gateway('gw', [http('a', { allowedRoutes: { namespaces } })]));
  const route = (namespace: string) => httpRoute('r', { parentRefs: [{ name: 'gw', namespace: 'ns' }] }, { namespace });
  const both = (listeners: ReturnType<typeof plan>) => reasons(listeners, route('ns'), route('other')).map(([one]) => one?.split(':')[0]);
  expect(both(from({}))).toEqual(['Accepted', 'NotAllowedByListeners']);
  expect(both(from({ from: 'All' }))).toEqual(['Accepted', 'Accepted']);
  expect(both(from({ from: 'None' }))).toEqual(['NotAllowedByListeners', 'NotAllowedByListeners']);
  expect(both(from({ from: 'Selector', selector: { matchLabels: { team: 'a' } } }))).toEqual(['NotAllowedByListeners', 'Accepted']);
  expect(reasons(from({}), grpcRoute('r', {}))).toEqual([['NotAllowedByListeners']]);
});

test('a route attaches for the names that it shares with a listener', () => {
  const listeners = plan(gateway('gw', [http('a', { hostname: '*.a.com' }), http('b', { hostname: 'b.com' })]));
  expect(reasons(listeners, httpRoute('r', { hostnames: ['x.a.com', 'b.com', 'c.com'] }), httpRoute('r', {}), httpRoute('r', { hostnames: ['c.com'] })))
    .toEqual([['Accepted: a x.a.com: b b.com'], ['Accepted: a *.a.com: b b.com'], ['NoMatchingListenerHostname']]);
});

test('another namespace is referred to where it grants that', () => {
  const [from, to] = [{ kind: 'HTTPRoute', namespace: 'ns' }, { group: '', kind: 'Service', namespace: 'other', name: 'web' }];
  const given = (fromPart: object = {}, toPart: object = {}) => isGranted(from, to, [grant('other', { group: 'gateway.networking.k8s.io', ...from, ...fromPart }, { group: '', kind: 'Service', ...toPart })]);
  expect([given(), given({}, { name: 'web' }), given({}, { name: 'api' }), given({ namespace: 'third' }), given({ kind: 'Gateway' }), given({ group: '' }), given({}, { kind: 'Secret' })])
    .toEqual([true, true, false, false, false, false, false]);
  expect(isGranted(from, { ...to, namespace: 'ns' }, [])).toBe(true);
  expect(isGranted(from, to, [grant('ns', { group: 'gateway.networking.k8s.io', ...from }, { group: '', kind: 'Service' })])).toBe(false);
});

test('a listener\'s certificates are Secrets that it may refer to', () => {
  const of = (...certificateRefs: readonly object[]) => certificatesOf(https('a', { tls: { certificateRefs: certificateRefs as [] } }), 'ns', []).problem;
  expect([of({ name: 'a' }), of(), of({ name: 'a', kind: 'ConfigMap' }), of({ name: 'a', namespace: 'other' })]).toEqual([undefined, 'InvalidCertificateRef', 'InvalidCertificateRef', 'RefNotPermitted']);
});
