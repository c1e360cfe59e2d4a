/** What projects publish for any cluster: their kinds, by every kubectl there is, and charts, by Helm. Nodes are pretended, the API is not. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fetchHelm } from './testing/helm.ts';
import { type ServedCluster, startServed } from './testing/in-memory.ts';
import { type Kubectl, kubectls } from './testing/kubectl.ts';
import { must, run } from './testing/run.ts';

const clients: readonly Kubectl[] = await kubectls();
const read = (name: string): Promise<string> => readFile(join(import.meta.dirname, 'testing', name), 'utf8');
const [kinds, objects] = await Promise.all([read('public-kinds.yaml'), read('public-objects.yaml')]);
let cluster: ServedCluster;
beforeAll(async () => {
  cluster = await startServed(['node-a']);
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});
const env = (more: Readonly<Record<string, string>> = {}) => ({ KUBECONFIG: cluster.kubeconfig, HOME: cluster.directory, ...more });

describe.each(clients)('kinds that others publish, by kubectl $version', ({ file, version }) => {
  const place = `public-${version.replace('.', '-')}`;
  const options = () => ({ env: env({ KUBECACHEDIR: join(cluster.directory, `cache-${version}`) }) });
  const kubectl = (...args: readonly string[]) => must(file, ['-n', place, ...args], options());
  const feed = (input: string, ...args: readonly string[]) => must(file, ['-n', place, ...args, '-f', '-'], { ...options(), input });
  const refused = async (...args: readonly string[]) => (await run(file, ['-n', place, ...args], options())).stderr;
  const path = (plural: string) => `/apis/${plural}`.replace('NS', place);

  beforeAll(async () => {
    await run(file, ['create', 'namespace', place], options());
    await feed(kinds, 'apply');
    await kubectl('wait', '--for=condition=Established', '--timeout=60s', 'crd/servicemonitors.monitoring.coreos.com', 'crd/certificates.cert-manager.io', 'crd/rollouts.argoproj.io');
  });
  afterAll(async () => {
    await run(file, ['delete', 'namespace', place, '--wait=false'], options());
    await run(file, ['delete', '-f', '-', '--ignore-not-found', '--timeout=60s'], { ...options(), input: kinds });
  });

  test('they are applied, shown and explained', async () => {
    await feed(objects, 'apply');
    expect(await feed(objects, 'apply')).toBe('servicemonitor.monitoring.coreos.com/web unchanged\ncertificate.cert-manager.io/web unchanged\nrollout.argoproj.io/web unchanged\n');
    expect((await kubectl('get', 'certs', '-o', 'wide')).split('\n')[0]?.split(/\s+/)).toEqual(['NAME', 'READY', 'SECRET', 'ISSUER', 'AGE']);
    expect((await kubectl('get', 'ro', '--no-headers')).trim().split(/\s+/).slice(0, 2)).toEqual(['web', '2']);
    expect(await kubectl('get', 'cert', 'web', '-o', 'jsonpath={.spec.issuerRef}')).toBe('{"group":"cert-manager.io","kind":"Issuer","name":"ca"}');
    expect(await kubectl('get', 'certificates', '--field-selector', 'spec.issuerRef.name=ca', '-o', 'name')).toBe('certificate.cert-manager.io/web\n');
    expect(await kubectl('explain', 'servicemonitors.spec.endpoints')).toContain('Where each service is scraped.');
    expect(await kubectl('explain', 'smon.spec.endpoints.port')).toContain("The name of the service's port.");
    expect(await kubectl('describe', 'rollouts')).toContain('Set Weight:  20');
    expect(await kubectl('get', 'cert-manager,prometheus-operator', '-o', 'name')).toBe('certificate.cert-manager.io/web\nservicemonitor.monitoring.coreos.com/web\n');
  });

  test('they are patched in every way that fits them, and keep their rules', async () => {
    await feed(objects, 'apply');
    await kubectl('patch', 'cert', 'web', '--type=merge', '-p', '{"spec":{"dnsNames":["example.org"],"isCA":true}}');
    await kubectl('patch', 'smon', 'web', '--type=json', '-p', '[{"op":"test","path":"/spec/endpoints/0/port","value":"web"},{"op":"add","path":"/spec/endpoints/-","value":{"targetPort":"metrics"}}]');
    expect(await kubectl('get', 'smon', 'web', '-o', 'jsonpath={.spec.endpoints[*].targetPort}')).toBe('9090 metrics');
    await feed('{"apiVersion":"cert-manager.io/v1","kind":"Certificate","metadata":{"name":"web"},"spec":{"usages":["server auth"]}}', 'apply', '--server-side', '--validate=false', '--field-manager=usages');
    expect(await kubectl('get', 'cert', 'web', '-o', 'jsonpath={.spec.dnsNames} {.spec.usages}')).toBe('["example.org"] ["server auth"]');

    expect(await refused('patch', 'cert', 'web', '--type=merge', '-p', '{"spec":{"secretName":"other"}}')).toContain('spec.secretName: Invalid value: "string": a certificate stays in its secret');
    expect(await refused('patch', 'cert', 'web', '--type=merge', '-p', '{"spec":{"privateKey":{"algorithm":"Ed25519"}}}')).toContain('spec.privateKey.size: Forbidden: Ed25519 keys have no size');
    expect(await refused('patch', 'cert', 'web', '--type=merge', '-p', '{"spec":{"dnsNames":[]}}')).toContain('spec: Invalid value: "object": at least one name is needed');
    expect(await refused('patch', 'smon', 'web', '--type=merge', '-p', '{"spec":{"endpoints":[{"interval":"soon"}]}}')).toContain("spec.endpoints[0].interval in body should match");
    expect(await refused('patch', 'smon', 'web', '--type=strategic', '-p', '{"spec":{}}')).toContain('accepted media types include: application/json-patch+json, application/merge-patch+json');
  });

  test('they are scaled, waited for and watched', async () => {
    await feed(objects, 'apply');
    await kubectl('scale', 'rollout', 'web', '--replicas=5');
    expect(JSON.parse(await kubectl('get', '--raw', path('argoproj.io/v1alpha1/namespaces/NS/rollouts/web/scale')))).toMatchObject({ kind: 'Scale', spec: { replicas: 5 } });
    const certificate = JSON.parse(await kubectl('get', 'cert', 'web', '-o', 'json')) as object;
    const status = { conditions: [{ type: 'Ready', status: 'True', reason: 'Issued', lastTransitionTime: '2030-01-01T00:00:00Z' }], notAfter: '2031-01-01T00:00:00Z' };
    const [waited] = await Promise.all([
      kubectl('wait', '--for=condition=Ready', 'cert/web', '--timeout=60s'),
      feed(JSON.stringify({ ...certificate, spec: {}, status }), 'replace', '--raw', path('cert-manager.io/v1/namespaces/NS/certificates/web/status')),
    ]);
    expect(waited).toContain('condition met');
    expect(await kubectl('get', 'cert', 'web', '-o', 'jsonpath={.spec.secretName} {.status.notAfter}')).toBe('web-tls 2031-01-01T00:00:00Z');
    expect((await kubectl('get', 'certs', '--no-headers')).trim().split(/\s+/).slice(0, 3)).toEqual(['web', 'True', 'web-tls']);
  });
});

const program = await fetchHelm().catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));

test('a chart is installed, upgraded, rolled back, tested and taken away by Helm', async (context) => {
  if (typeof program !== 'string') return context.skip(`Helm cannot be had here: ${program.message}`);
  const at = cluster.directory;
  const own = env({ HELM_CACHE_HOME: at, HELM_CONFIG_HOME: at, HELM_DATA_HOME: at });
  const helm = (...args: readonly string[]) => must(program, ['-n', 'market', ...args], { env: own });
  const { file } = clients.at(-1)!;
  const kubectl = (...args: readonly string[]) => must(file, ['-n', 'market', ...args], { env: { ...own, KUBECACHEDIR: join(at, 'cache-helm') } });
  const chart = join(import.meta.dirname, 'charts', 'shop');
  const wait = ['--wait', '--timeout', '120s'];
  const greeting = () => kubectl('get', 'configmap', 'corner', '-o', 'jsonpath={.data.greeting} {.data.revision}');
  const password = () => kubectl('get', 'secret', 'corner', '-o', 'jsonpath={.data.password}');
  // Of a try before.
  await run(program, ['-n', 'market', 'uninstall', 'corner', '--ignore-not-found', ...wait], { env: own });

  expect(await helm('install', 'corner', chart, '--create-namespace', ...wait)).toContain('The shop says hello.');
  expect(await greeting()).toBe('hello 1');
  const first = await password();
  expect(await kubectl('get', 'shelf', 'corner', '-o', 'jsonpath={.spec}')).toBe('{"goods":["tea","hello"],"height":3}');
  expect(await kubectl('get', 'deployment', 'corner', '-o', 'jsonpath={.status.readyReplicas}')).toBe('1');

  await helm('upgrade', 'corner', chart, '--set', 'replicas=2,greeting=welcome', ...wait);
  expect([await greeting(), await password()]).toEqual(['welcome 2', first]);
  expect(await kubectl('get', 'deployment', 'corner', '-o', 'jsonpath={.status.readyReplicas}')).toBe('2');
  expect(await helm('test', 'corner', '--timeout', '120s')).toContain('Succeeded');
  await expect(helm('upgrade', 'corner', chart, '--set', 'replicas=-1', ...wait)).rejects.toThrow('spec.replicas: Invalid value: -1: must be greater than or equal to 0');
  await helm('rollback', 'corner', '1', ...wait);
  expect(await greeting()).toBe('hello 1');
  expect((JSON.parse(await helm('history', 'corner', '-o', 'json')) as readonly { status: string }[]).map(({ status }) => status)).toEqual(['superseded', 'superseded', 'failed', 'deployed']);

  await helm('uninstall', 'corner', ...wait);
  expect(await kubectl('get', 'deployments,services,configmaps,shelves,ingresses,roles', '-l', 'app.kubernetes.io/instance=corner', '-o', 'name')).toBe('');
  expect(await helm('list', '-q')).toBe('');
});
