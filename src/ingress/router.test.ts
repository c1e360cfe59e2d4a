import { expect, test } from 'vitest';
import type { Informers } from '../client/index.ts';
import { planListeners } from '../rules/gateway/attach.ts';
import { gateway, http, httpRoute, leads } from '../rules/gateway/testing/objects.ts';
import type { Asked } from './action.ts';
import { planGateways } from './gateway/table.ts';
import { IngressRouter } from './router.ts';
import { planRoutes } from './routes.ts';
import { ingress, to } from './testing/objects.ts';

/** Ingresses at port 80 beside a Gateway at 80 and 8080; a decision asks no informer. */
function router(): IngressRouter {
  const made = new IngressRouter({} as Informers, [80, 443]);
  const gateways = [gateway('gw', [http('a'), http('b', { port: 8080 })])];
  const routes = [httpRoute('any', { rules: [leads('/', 'route')] }), httpRoute('host', { hostnames: ['both.example', 'own.example'], rules: [leads('/', 'route-host'), leads('/put', 'route-put', { method: 'PUT' })] })];
  const rules = (['both.example', 'ingress.example'] as const).map((host) => ({ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend: to(`ingress-${host.split('.')[0]}`) }, { path: '/admin', pathType: 'Prefix', backend: to('admin') }] } }));
  made.follow(planRoutes([ingress('i', { defaultBackend: to('rest'), rules })]), planGateways({ listeners: planListeners({ gateways, served: ['HTTPRoute'] }), routes, grants: [], labelsOf: () => ({}) }));
  return made;
}

const asked = (host: string, path: string, port = 80, method = 'GET'): Asked => ({ asker: { address: '', proto: 'http', port }, method, host, path, query: '', header: () => undefined });
const led = (request: Asked): string | number => {
  const { action } = router().decide(request);
  return action.act === 'forward' ? action.to[0]!.ref.service : action.status;
};

test('whoever names the host more narrowly has it, an Ingress before a route, a route before a default backend', () => {
  expect(['both.example', 'ingress.example', 'own.example', 'x.example'].map((host) => led(asked(host, '/')))).toEqual(['ingress-both', 'ingress-ingress', 'route-host', 'route']);
});

test('a Gateway\'s other ports know no Ingress', () => {
  expect([led(asked('both.example', '/', 8080)), led(asked('ingress.example', '/', 8080)), led(asked('both.example', '/', 9090))]).toEqual(['route-host', 'route', 404]);
});

test('dots lead to no other rule than the path that they mean, and the backend is asked for that', () => {
  const { action, steady } = router().decide(asked('ingress.example', '/public/%2e%2e/admin/x'));
  expect(action).toMatchObject({ to: [{ ref: { service: 'admin' } }], path: { full: '/admin/x' } });
  expect(steady).toBe(false);
  expect(led(asked('ingress.example', '/public/..%2fadmin'))).toBe(400);
  expect(led(asked('x', 'http://own.example/'))).toBe('route-host');
});

test('what was decided by a method is not taken for every method', () => {
  expect(router().decide(asked('own.example', '/put')).steady).toBe(false);
  expect(router().decide(asked('own.example', '/x')).steady).toBe(true);
  expect(led(asked('own.example', '/put', 80, 'PUT'))).toBe('route-put');
});
