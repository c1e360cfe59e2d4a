import { expect, test } from 'vitest';
import type { ServiceSpec, ServiceStatus } from '../../../kinds/core/service.ts';
import type { Endpoint } from '../../../kinds/discovery/endpoint-slice.ts';
import { planRuleset } from '../../ruleset.ts';
import { endpoint, service, slice } from '../../testing/objects.ts';
import { wholeText, type Facts } from './render.ts';

const FACTS: Facts = { family: 'ipv4', clusterCidr: '10.0.0.0/8', masqueradeAll: false, nodePortAddresses: [] };

/** The whole text for one Service with these endpoints, on the node `here`. `npx vitest -u` rewrites the files. */
function text(spec: Partial<ServiceSpec>, endpoints: readonly Endpoint[], status?: ServiceStatus): string {
  const [port] = spec.ports ?? [];
  const ports = [{ name: 'p80', protocol: port?.protocol ?? 'TCP', port: 80 }];
  const ruleset = planRuleset([service(spec, status)], [slice(endpoints, { ports })], { name: 'here' });
  return wholeText(ruleset, FACTS);
}
const nodePort = (protocol = 'TCP') => [{ name: 'p80', protocol, port: 80, nodePort: 30080 }];
const here = endpoint('10.180.0.2', 'here');
const there = endpoint('10.180.0.1', 'there');

test('a node port over two endpoints, with upstream\'s chain names', async () => {
  const rules = text({ type: 'NodePort', ports: nodePort() }, [there, here]);
  expect(rules).toContain('KUBE-SVC-XPGD46QRK7WJZT7O'); // as kube-proxy names ns1/svc1:p80 over TCP
  expect(rules).toContain('KUBE-SEP-SXIVWICOYRO3J4NJ'); // and its endpoint 10.180.0.1:80
  await expect(rules).toMatchFileSnapshot('golden/node-port.txt');
});

test('three endpoints are taken with 1/3, 1/2 and the rest', () => {
  const rules = text({}, [there, here, endpoint('10.180.0.3')]);
  expect([...rules.matchAll(/--probability (\S+)/g)].map(([, chance]) => chance)).toEqual(['0.3333333333', '0.5000000000']);
});

test('no endpoints: refused wherever it would listen', async () => {
  await expect(text({ type: 'NodePort', ports: nodePort() }, [])).toMatchFileSnapshot('golden/no-endpoints.txt');
});

test('external traffic stays on the node, pods and the node itself go anywhere', async () => {
  const rules = text({ type: 'NodePort', externalTrafficPolicy: 'Local', ports: nodePort() }, [there, here]);
  await expect(rules).toMatchFileSnapshot('golden/external-local.txt');
});

test('internal traffic stays on the node, and is dropped where the node has no endpoint', async () => {
  await expect(text({ internalTrafficPolicy: 'Local' }, [there, here])).toMatchFileSnapshot('golden/internal-local.txt');
  expect(text({ internalTrafficPolicy: 'Local' }, [there])).toContain('has no local endpoints" -m tcp -p tcp -d 172.30.0.41 --dport 80 -j DROP');
});

test('a load balancer with source ranges, affinity and an external address over UDP', async () => {
  const spec = { type: 'LoadBalancer', sessionAffinity: 'ClientIP', loadBalancerSourceRanges: ['1.2.3.0/24'], externalIPs: ['9.9.9.9'], ports: nodePort('UDP') };
  await expect(text(spec, [there, here], { loadBalancer: { ingress: [{ ip: '5.5.5.5' }] } })).toMatchFileSnapshot('golden/load-balancer.txt');
});

test('stale chains are emptied with the rest and deleted at the end', () => {
  expect(wholeText([], FACTS, ['KUBE-SEP-AAAAAAAAAAAAAAAA'])).toMatch(/:KUBE-SEP-AAAAAAAAAAAAAAAA - \[0:0\]\n[^]*\n-X KUBE-SEP-AAAAAAAAAAAAAAAA\nCOMMIT\n$/);
});
