import type { Service } from '../../../src/kinds/core/service.ts';
import type { Context } from '../framework/context.ts';
import { test, type TestCase } from '../framework/test-case.ts';
import { changeService, client, nodeAddresses, PORT, reaches, servers, service } from './servers.ts';

const SERVICES = '[sig-network] Services should be able to change the type from';
const hasClusterIp = ({ spec }: Service): boolean => /^(\d+\.){3}\d+$/.test(spec.clusterIP ?? '');

/** Spec of an ExternalName: nothing of an address stays. */
const asExternalName = (externalName: string) => ({ selector }: Service['spec']) =>
  ({ type: 'ExternalName', externalName, selector, sessionAffinity: 'None' }) satisfies Service['spec'];
const asAddress = (type: 'ClusterIP' | 'NodePort', name: string) => () =>
  ({ type, selector: { name }, ports: [{ port: 80, targetPort: PORT, protocol: 'TCP' }], sessionAffinity: 'None' }) satisfies Service['spec'];

/** The name of another Service of the namespace, resolved through the one under test. */
async function resolvesLike(t: Context, from: string, name: string, ip: string): Promise<boolean> {
  return t.eventually(`${name} resolves to ${ip}`, async () => {
    const { stdout } = await t.pods.exec(from, ['nslookup', `${name}.${t.namespace}.svc.cluster.local`]);
    return stdout.includes(ip);
  }, { seconds: 60 });
}

function toExternalName(from: 'ClusterIP' | 'NodePort', musts: readonly string[]): TestCase {
  return test(`${SERVICES} ${from} to ExternalName [Conformance]`, { musts, timeoutSeconds: 300 }, async (t) => {
    const name = 'changes-type';
    const target = await service(t, 'target', { selector: { name }, ports: [{ port: 80, targetPort: PORT }] });
    const made = await service(t, name, { type: from, selector: { name }, ports: [{ port: 80, targetPort: PORT }] });
    const changed = await changeService(t, name, asExternalName(`target.${t.namespace}.svc.cluster.local`));
    const resolved = await resolvesLike(t, await client(t), name, target.spec.clusterIP!);
    const facts: Readonly<Record<string, boolean>> = {
      'it is made with a cluster IP': hasClusterIp(made),
      'every node has its port': made.spec.ports?.[0]?.nodePort !== undefined,
      'the change is taken': changed.spec.type === 'ExternalName',
      'no cluster IP is left': !changed.spec.clusterIP,
      'the node port is released': changed.spec.ports === undefined || changed.spec.ports.every(({ nodePort }) => nodePort === undefined),
      'its name resolves to the target': resolved,
    };
    for (const must of musts) t.must(must, facts[must]!, JSON.stringify(changed.spec));
  });
}

function fromExternalName(to: 'ClusterIP' | 'NodePort', musts: readonly string[]): TestCase {
  return test(`${SERVICES} ExternalName to ${to} [Conformance]`, { musts, timeoutSeconds: 300 }, async (t) => {
    const name = 'changes-type';
    const made = await service(t, name, { type: 'ExternalName', externalName: 'foo.example.com' });
    const pods = await servers(t, 2, { name });
    const { spec } = await changeService(t, name, asAddress(to, name));
    const from = await client(t);
    await reaches(t, from, { url: `http://${spec.clusterIP}:80/`, pods });
    await reaches(t, from, { url: `http://${name}:80/`, pods });
    const port = spec.ports?.[0]?.nodePort;
    if (to === 'NodePort') for (const ip of await nodeAddresses(t)) await reaches(t, from, { url: `http://${ip}:${port}/`, pods });
    const facts: Readonly<Record<string, boolean>> = {
      'an ExternalName has no cluster IP': !made.spec.clusterIP,
      'the change is taken': spec.type === to,
      'every node has its port': port !== undefined,
      'it gets a cluster IP': /^(\d+\.){3}\d+$/.test(spec.clusterIP ?? ''),
      'it is reached': true,
      'by name and cluster IP': true,
      'and at the nodes': true,
    };
    for (const must of musts) t.must(must, facts[must]!, JSON.stringify(spec));
  });
}

export const serviceTypes: readonly TestCase[] = [
  toExternalName('ClusterIP', ['it is made with a cluster IP', 'the change is taken', 'no cluster IP is left', 'its name resolves to the target']),
  toExternalName('NodePort', [
    'it is made with a cluster IP', 'every node has its port', 'the change is taken', 'no cluster IP is left', 'the node port is released', 'its name resolves to the target',
  ]),
  fromExternalName('ClusterIP', ['an ExternalName has no cluster IP', 'it gets a cluster IP', 'it is reached']),
  fromExternalName('NodePort', ['an ExternalName has no cluster IP', 'the change is taken', 'it gets a cluster IP', 'by name and cluster IP', 'and at the nodes']),
];
