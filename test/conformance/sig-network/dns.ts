import { Service } from '../../../src/kinds/core/service.ts';
import type { Context } from '../framework/context.ts';
import { test, type TestCase } from '../framework/test-case.ts';
import { at, changeService, client, PORT, servers, service } from './servers.ts';

const DNS = '[sig-network] DNS should';

/** What a lookup in a pod says; '' where there is no answer. */
async function lookup(t: Context, from: string, name: string, type = 'a'): Promise<string> {
  const { stdout, code } = await t.pods.exec(from, ['nslookup', `-type=${type}`, name]);
  return code === 0 ? stdout : '';
}

/** Until the answer to each name has its text. */
async function resolves(t: Context, from: string, wanted: Readonly<Record<string, string>>, type?: string): Promise<boolean> {
  for (const [name, text] of Object.entries(wanted)) {
    await t.eventually(`${name} resolves to ${text}`, async () => (await lookup(t, from, name, type)).includes(text), { seconds: 60 });
  }
  return true;
}

/** Short names go through the pod's search list: what `ping` finds, any program does. */
async function finds(t: Context, from: string, name: string, ip: string): Promise<boolean> {
  return t.eventually(`${name} is found as ${ip}`, async () => {
    const { stdout, stderr } = await t.pods.exec(from, ['sh', '-c', `ping -c 1 -W 1 ${name} 2>&1 || true`]);
    return (stdout + stderr).includes(`(${ip})`);
  }, { seconds: 60 });
}

const cluster = test(`${DNS} provide DNS for the cluster  [Conformance]`, { musts: ["the cluster's own names resolve"] }, async (t) => {
  const { spec } = await t.client.get(Service, 'kubernetes', { namespace: 'default' });
  const from = await client(t);
  const full = await resolves(t, from, { 'kubernetes.default.svc.cluster.local': spec.clusterIP! });
  t.must("the cluster's own names resolve", full && (await finds(t, from, 'kubernetes.default', spec.clusterIP!)));
});

const etcHosts = test(`${DNS} provide /etc/hosts entries for the cluster [LinuxOnly] [Conformance]`, { musts: ['the pod finds itself in /etc/hosts'] }, async (t) => {
  const headless = await service(t, 'dns-test-service', { clusterIP: 'None', selector: { dns: 'yes' } , ports: [{ port: 80 }] });
  const pod = await t.pods.running({ labels: { dns: 'yes' }, spec: { hostname: 'dns-querier-1', subdomain: headless.metadata.name } });
  const hosts = await t.pods.sh(pod.metadata.name, 'cat /etc/hosts');
  const name = `dns-querier-1.dns-test-service.${t.namespace}.svc.cluster.local`;
  t.must('the pod finds itself in /etc/hosts', hosts.split('\n').some((line) => line.startsWith(pod.status.podIP!) && line.includes(name)), hosts);
});

const forServices = test(`${DNS} provide DNS for services  [Conformance]`, { musts: ["a headless service resolves to its pods' addresses"] }, async (t) => {
  const labels = { dns: 'served' };
  const [pod] = await servers(t, 1, labels);
  const ports = [{ name: 'http', port: 80, targetPort: PORT, protocol: 'TCP' }];
  await service(t, 'dns-headless', { clusterIP: 'None', selector: labels, ports });
  const { spec } = await service(t, 'dns-normal', { selector: labels, ports });
  const from = await client(t);
  const zone = `${t.namespace}.svc.cluster.local`;
  const names = await resolves(t, from, { [`dns-headless.${zone}`]: pod!.status.podIP!, [`dns-normal.${zone}`]: spec.clusterIP! });
  const ports80 = await resolves(t, from, { [`_http._tcp.dns-normal.${zone}`]: `dns-normal.${zone}`, [`_http._tcp.dns-headless.${zone}`]: `dns-headless.${zone}` }, 'srv');
  t.must("a headless service resolves to its pods' addresses", names && ports80);
});

const partial = test(`${DNS} resolve DNS of partial qualified names for services [LinuxOnly] [Conformance]`, { musts: ['partial names resolve'] }, async (t) => {
  const labels = { dns: 'partial' };
  const [pod] = await servers(t, 1, labels);
  const ports = [{ name: 'http', port: 80, targetPort: PORT }];
  await service(t, 'dns-headless', { clusterIP: 'None', selector: labels, ports });
  const { spec } = await service(t, 'dns-normal', { selector: labels, ports });
  const from = await client(t);
  for (const suffix of ['', `.${t.namespace}`, `.${t.namespace}.svc`]) {
    await finds(t, from, `dns-headless${suffix}`, pod!.status.podIP!);
    await finds(t, from, `dns-normal${suffix}`, spec.clusterIP!);
  }
  t.must('partial names resolve', true);
});

function forPods(what: 'Hostname [LinuxOnly]' | 'Subdomain', must: string): TestCase {
  return test(`${DNS} provide DNS for pods for ${what} [Conformance]`, { musts: [must] }, async (t) => {
    const name = 'dns-test-service-2';
    await service(t, name, { clusterIP: 'None', selector: { dns: 'named' }, ports: [{ port: 80 }] });
    const pod = await t.pods.running({ labels: { dns: 'named' }, spec: { hostname: 'dns-querier-2', subdomain: name } });
    const full = `${name}.${t.namespace}.svc.cluster.local`;
    const ip = pod.status.podIP!;
    const wanted = what === 'Subdomain' ? { [full]: ip } : { [`dns-querier-2.${full}`]: ip };
    t.must(must, await resolves(t, pod.metadata.name, wanted));
  });
}

const EXTERNAL = ['the name is an alias of the external one', 'a changed one is followed', 'as a ClusterIP it has an address'];
const external = test(`${DNS} provide DNS for ExternalName services [Conformance]`, { musts: EXTERNAL, timeoutSeconds: 300 }, async (t) => {
  const name = 'dns-test-service-3';
  await service(t, name, { type: 'ExternalName', externalName: 'foo.example.com' });
  const from = await client(t);
  const full = `${name}.${t.namespace}.svc.cluster.local`;
  t.must(EXTERNAL[0]!, await aliasOf(t, from, full, 'foo.example.com'));
  await t.client.patch(Service, name, { type: 'merge', body: { spec: { externalName: 'bar.example.com' } } }, at(t));
  t.must(EXTERNAL[1]!, await aliasOf(t, from, full, 'bar.example.com'));
  const { spec } = await changeService(t, name, (old) => ({ ...old, externalName: undefined, type: 'ClusterIP', ports: [{ port: 80, protocol: 'TCP', name: 'http' }] }));
  t.must(EXTERNAL[2]!, await resolves(t, from, { [full]: spec.clusterIP! }));
});

const aliasOf = (t: Context, from: string, name: string, target: string): Promise<boolean> =>
  t.eventually(`${name} is an alias of ${target}`, async () => {
    const { stdout } = await t.pods.exec(from, ['nslookup', '-type=cname', name]);
    return stdout.includes(target);
  }, { seconds: 60 });

const CONFIG = ['the pod is made', 'its resolver is as configured'];
const configured = test(`${DNS} support configurable pod DNS nameservers [Conformance]`, { musts: CONFIG }, async (t) => {
  const dnsConfig = { nameservers: ['1.1.1.1'], searches: ['resolv.conf.local'] };
  const pod = await t.pods.running({ spec: { dnsPolicy: 'None', dnsConfig } });
  t.must(CONFIG[0]!, true);
  const file = await t.pods.sh(pod.metadata.name, 'cat /etc/resolv.conf');
  t.must(CONFIG[1]!, file.includes('nameserver 1.1.1.1') && file.includes('search resolv.conf.local'), file);
});

export const dns: readonly TestCase[] = [
  cluster, etcHosts, forServices, partial, external, configured,
  forPods('Hostname [LinuxOnly]', "the pod's full name resolves"), forPods('Subdomain', 'its subdomain resolves'),
];
