import { expect, test } from 'vitest';
import { silent } from '../base/log.ts';
import { serve } from '../wire/node/http-server.ts';
import { HealthCheckServers, planHealthChecks } from './health-checks.ts';
import { planRuleset } from './ruleset.ts';
import { endpoint, service, slice } from './testing/objects.ts';

const balanced = service({
  type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 31000,
  ports: [{ name: 'p80', protocol: 'TCP', port: 80, nodePort: 30080 }, { name: 'p81', protocol: 'TCP', port: 81, nodePort: 30081 }],
});

test('a load balancer\'s Service with the policy Local is checked on its port, whatever ports it has', () => {
  const ports = [{ name: 'p80', protocol: 'TCP', port: 80 }, { name: 'p81', protocol: 'TCP', port: 81 }];
  const slices = [slice([endpoint('10.0.0.1', 'here'), endpoint('10.0.0.2', 'here'), endpoint('10.0.0.3')], { ports })];
  expect(planHealthChecks(planRuleset([balanced], slices, { name: 'here' }))).toEqual([{ port: 31000, namespace: 'ns1', name: 'svc1', localEndpoints: 2 }]);
  const spread = { ...balanced, spec: { ...balanced.spec, externalTrafficPolicy: 'Cluster' } };
  expect(planHealthChecks(planRuleset([spread], slices, { name: 'here' }))).toEqual([]);
});

test('endpoints that are on their way out do not count, though traffic goes to them where there are no others', () => {
  const ending = { conditions: { ready: false, serving: true, terminating: true } };
  const ports = [{ name: 'p80', protocol: 'TCP', port: 80 }, { name: 'p81', protocol: 'TCP', port: 81 }];
  const ruleset = planRuleset([balanced], [slice([endpoint('10.0.0.1', 'here', ending), endpoint('10.0.0.3')], { ports })], { name: 'here' });
  expect(ruleset[0]!.local).toHaveLength(1);
  expect(planHealthChecks(ruleset)).toEqual([{ port: 31000, namespace: 'ns1', name: 'svc1', localEndpoints: 0 }]);
});

/** A port that is free now. */
async function freePort(): Promise<number> {
  await using server = await serve(async () => ({ status: 200, headers: {} }), { host: '127.0.0.1', port: 0, log: silent });
  return server.port;
}

test('the answer says whether the node has endpoints, until the check is gone', async () => {
  const port = await freePort();
  await using servers = new HealthCheckServers(silent);
  const check = { port, namespace: 'ns1', name: 'svc1' };
  await servers.become([{ ...check, localEndpoints: 2 }]);
  const good = await fetch(`http://127.0.0.1:${port}/`);
  expect([good.status, good.headers.get('x-load-balancing-endpoint-weight')]).toEqual([200, '2']);
  expect(await good.json()).toEqual({ service: { namespace: 'ns1', name: 'svc1' }, localEndpoints: 2, serviceProxyHealthy: true });
  await servers.become([{ ...check, localEndpoints: 0 }]);
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(503);
  await servers.become([]);
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
});
