/** Both address families: pods, nodes and Services have one of each, and each of them leads there, over every backend. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BACKENDS } from '../../src/network/index.ts';
import { eventually, fetchText, startCluster, type Cluster } from './testing/cluster.ts';

const onNode = (n: number): string => `
apiVersion: v1
kind: Pod
metadata: { name: web-${n}, labels: { app: web-${n} } }
spec:
  nodeName: node-${n}
  terminationGracePeriodSeconds: 1
  containers: [{ name: web, image: 'knarr.local/busybox:1', command: [sh, -c, 'mkdir -p /w; echo node-${n} > /w/index.html; exec httpd -f -p "[::]:8080" -h /w'] }]
---
apiVersion: v1
kind: Service
metadata: { name: web-${n} }
spec: { ipFamilyPolicy: RequireDualStack, selector: { app: web-${n} }, ports: [{ port: 80, targetPort: 8080 }] }
---`;

/** Of one's own choice, as where a machine's network lies in the way of the usual ones. */
const RANGES = ['--pod-cidr', '10.180.0.0/20,fd00:180::/56', '--service-cidr', '10.181.0.0/22,fd00:181::/116'];

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster(['--nodes', '2', '--ip-families', 'IPv4,IPv6', '--network', BACKENDS[0]!, ...RANGES]);
  await cluster.kubectlWith([1, 2].map(onNode).join('\n'), 'apply', '-f', '-');
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

const list = async (path: string, ...what: readonly string[]): Promise<readonly string[]> => (await cluster.kubectl('get', ...what, '-o', `jsonpath={${path}}`)).split(' ');
const inUrl = (address: string): string => (address.includes(':') ? `[${address}]` : address);
const families = (addresses: readonly string[]): readonly string[] => addresses.map((address) => (address.includes(':') ? 'IPv6' : 'IPv4'));
const fromPod = async (pod: string, host: string): Promise<string> => (await cluster.kubectl('exec', pod, '--', 'timeout', '5', 'wget', '-q', '-O', '-', `http://${host}/`)).trim();

/** A pod by each of its addresses, and its Service by each of those. */
const hostsOf = async (n: number): Promise<readonly string[]> => [
  ...(await list('.status.podIPs[*].ip', 'pod', `web-${n}`)).map((address) => `${inUrl(address)}:8080`), ...(await list('.spec.clusterIPs[*]', 'service', `web-${n}`)).map(inUrl),
];

test('nodes, pods and Services have an address of each family, IPv4 first', async () => {
  await cluster.kubectl('wait', '--for=condition=Ready', 'pod/web-1', 'pod/web-2', '--timeout=120s');
  for (const addresses of [
    await list('.status.addresses[?(@.type=="InternalIP")].address', 'node', 'node-1'), await list('.spec.podCIDRs[*]', 'node', 'node-1'),
    await list('.status.podIPs[*].ip', 'pod', 'web-1'), await list('.status.hostIPs[*].ip', 'pod', 'web-1'), await list('.spec.clusterIPs[*]', 'service', 'web-1'),
  ]) expect(families(addresses)).toEqual(['IPv4', 'IPv6']);
  expect(await list('.spec.podCIDRs[*]', 'node', 'node-2')).toEqual(['10.180.1.0/24', 'fd00:180:0:1::/64']);
  expect(await list('.spec.clusterIPs[*]', 'service', 'kubernetes')).toEqual(['10.181.0.1']);
});

test('names are answered at the DNS Service\'s address of each family', async () => {
  const addresses = await list('.spec.clusterIPs[*]', '-n', 'kube-system', 'service', 'kube-dns');
  expect([addresses[0], families(addresses)]).toEqual(['10.181.0.10', ['IPv4', 'IPv6']]);
  for (const address of addresses) {
    const ask = () => cluster.tryKubectl('exec', 'web-1', '--', 'timeout', '5', 'nslookup', 'web-2.default.svc.cluster.local', address);
    await eventually(`an answer from ${address}`, async () => (await ask()).stdout.includes('10.181.'), 60);
  }
});

for (const [at, backend] of BACKENDS.entries()) {
  test(`${backend}: pods and Services are reached by both, from pods of either node and from this machine`, { timeout: 400_000 }, async () => {
    if (at > 0) {
      expect(await cluster.knarr('down')).toMatchObject({ code: 0 });
      expect(await cluster.up('--network', backend)).toMatchObject({ code: 0 });
      await cluster.kubectl('wait', '--for=condition=Ready', 'pod/web-1', 'pod/web-2', '--timeout=120s');
    }
    for (const n of [1, 2]) {
      for (const target of [0, 1, 2, 3]) {
        // Asked for each time: after a stop the API still shows a pod as it was, until its node has started it anew.
        const host = async () => (await hostsOf(n))[target]!;
        for (const pod of ['web-1', 'web-2']) await eventually(`target ${target} on node-${n} from ${pod}`, async () => (await fromPod(pod, await host())) === `node-${n}`, 120);
        await eventually(`target ${target} on node-${n} from here`, async () => (await fetchText(`http://${await host()}/`)).trim() === `node-${n}`, 120);
      }
    }
  });
}

test('the families of a cluster do not change', async () => {
  await cluster.knarr('down');
  const { code, stderr } = await cluster.up('--ip-families', 'IPv4');
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('this cluster was made for IPv4 and IPv6') });
  expect((await cluster.up('--pod-cidr', '10.182.0.0/16')).stderr).toContain('this cluster was made with the pod network 10.180.0.0/20 and fd00:180::/56, which cannot become 10.182.0.0/16');
});
