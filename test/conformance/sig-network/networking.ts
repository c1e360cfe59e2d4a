import { Ingress } from '../../../src/kinds/networking/ingress.ts';
import { IngressClass } from '../../../src/kinds/networking/ingress-class.ts';
import { Node } from '../../../src/kinds/core/node.ts';
import { readBytes } from '../../../src/client/index.ts';
import { apiOperations } from '../framework/api-operations.ts';
import { test, type TestCase } from '../framework/test-case.ts';
import { isReady } from '../../../src/rules/pod-conditions.ts';
import type { Pod } from '../../../src/kinds/core/pod.ts';
import type { Context } from '../framework/context.ts';
import { PORT, reaches, service, servers, at } from './servers.ts';

const CHECKS = ['every endpoint is reached', 'each request succeeds', 'each answers with its own name'];

/** A server on every node. */
async function serverPerNode(t: Context): Promise<readonly Pod[]> {
  const { items } = await t.client.list(Node);
  const nodes = items.filter((node) => isReady(node) && !node.spec.unschedulable && !node.spec.taints?.length && node.metadata.labels?.type !== 'simulated');
  const pods = await servers(t, nodes.length, { name: 'netserver' });
  return pods;
}

function granular(what: 'intra-pod communication: http [NodeConformance]' | 'node-pod communication: http [LinuxOnly] [NodeConformance]', hostNetwork: boolean): TestCase {
  return test(`[sig-network] Networking Granular Checks: Pods should function for ${what} [Conformance]`, { musts: CHECKS, timeoutSeconds: 300 }, async (t) => {
    const pods = await serverPerNode(t);
    const from = await t.pods.running({ spec: { hostNetwork } });
    const names: string[] = [];
    for (const pod of pods) names.push(await reaches(t, from.metadata.name, { url: `http://${pod.status.podIP}:${PORT}/`, pods: [pod] }));
    t.must(CHECKS[0]!, names.length === pods.length);
    t.must(CHECKS[1]!, names.every(Boolean));
    t.must(CHECKS[2]!, new Set(names).size === pods.length, names.join(' '));
  });
}

const UDP_PORT = 8081;

/** Datagrams to each pod, from a pod or from a node's own network. */
function granularUdp(what: 'intra-pod communication: udp [NodeConformance]' | 'node-pod communication: udp [LinuxOnly] [NodeConformance]', hostNetwork: boolean): TestCase {
  return test(`[sig-network] Networking Granular Checks: Pods should function for ${what} [Conformance]`, { musts: CHECKS, timeoutSeconds: 300 }, async (t) => {
    const container = { name: 'server', image: t.shared.serverImage, imagePullPolicy: 'IfNotPresent', args: ['udp', String(UDP_PORT)] };
    const made = await Promise.all([1, 2].map(() => t.pods.create({ spec: { containers: [container] } })));
    const pods = await Promise.all(made.map(({ metadata }) => t.pods.untilReady(metadata.name)));
    const asking = { ...container, name: 'client', command: ['sleep'], args: ['3600'] };
    const from = await t.pods.running({ spec: { hostNetwork, containers: [asking] } });
    const names: string[] = [];
    for (const { metadata, status } of pods) {
      names.push(await t.eventually(`${metadata.name} answers`, async () => {
        const { stdout } = await t.pods.exec(from.metadata.name, ['node', '/server.mjs', 'udp-ask', String(UDP_PORT), status.podIP ?? '']);
        return stdout.trim() === metadata.name && metadata.name;
      }, { seconds: 60, everySeconds: 0.5 }));
    }
    t.must(CHECKS[0]!, names.length === pods.length);
    t.must(CHECKS[1]!, names.every(Boolean));
    t.must(CHECKS[2]!, new Set(names).size === pods.length, names.join(' '));
  });
}

const proxy = test('[sig-network] Proxy version v1 should proxy through a service and a pod  [Conformance]', { musts: ['service and pod are reached through the API server'] }, async (t) => {
  const [pod] = await servers(t, 1, { name: 'proxied' });
  const { name } = pod!.metadata;
  await service(t, 'proxy-service', { selector: { name: 'proxied' }, ports: [{ name: 'portname1', port: 80, targetPort: PORT }] });
  const base = `/api/v1/namespaces/${at(t).namespace}`;
  const urls = [`${base}/pods/${name}:${PORT}/proxy/`, `${base}/pods/http:${name}:${PORT}/proxy/`, `${base}/services/proxy-service:80/proxy/`,
    `${base}/services/proxy-service:portname1/proxy/`, `${base}/services/http:proxy-service:portname1/proxy/`];
  for (const url of urls) {
    await t.eventually(`${url} answers`, async () => {
      const response = await t.client.request({ method: 'GET', url, signal: t.signal });
      return (await readBytes(response.body)).trim() === name;
    });
  }
  t.must('service and pod are reached through the API server', true);
});

const backend = { service: { name: 'default-backend', port: { number: 80 } } };
const ingresses = apiOperations('[sig-network] Ingress API should support creating Ingress API operations [Conformance]', Ingress, {
  object: (name, labels) => ({ metadata: { name, labels }, spec: { defaultBackend: backend, rules: [{ host: 'foo.bar.com', http: { paths: [{ path: '/', pathType: 'ImplementationSpecific', backend }] } }] } }),
  subresources: ['status'],
});
const ingressClasses = apiOperations('[sig-network] IngressClass API  should support creating IngressClass API operations [Conformance]', IngressClass, {
  object: (name, labels) => ({ metadata: { name, labels }, spec: { controller: 'example.com/controller' } }),
});

export const networking: readonly TestCase[] = [
  granular('intra-pod communication: http [NodeConformance]', false), granular('node-pod communication: http [LinuxOnly] [NodeConformance]', true),
  granularUdp('intra-pod communication: udp [NodeConformance]', false), granularUdp('node-pod communication: udp [LinuxOnly] [NodeConformance]', true),
  proxy, ingresses, ingressClasses,
];
