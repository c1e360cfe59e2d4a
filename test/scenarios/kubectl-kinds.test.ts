/** Every kind by every kubectl there is, against a server in this process: nodes are pretended, the API is not. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from './testing/cluster.ts';
import { type ServedCluster, startServed } from './testing/in-memory.ts';
import { kubectls, type Kubectl } from './testing/kubectl.ts';
import { must, run, type RunOptions } from './testing/run.ts';

const clients: readonly Kubectl[] = await kubectls();
const manifest = await readFile(join(import.meta.dirname, 'testing', 'every-kind.yaml'), 'utf8');
let cluster: ServedCluster;
beforeAll(async () => {
  cluster = await startServed(['node-a', 'node-b']);
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

/** What old kubectls describe by group versions that v1.36 no longer serves. */
const isGone = (line: string): boolean => /the server could not find the requested resource \(get /.test(line);
const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');

describe.each(clients)('kubectl $version', ({ file, version }) => {
  const env = () => ({ KUBECONFIG: cluster.kubeconfig, KUBECACHEDIR: join(cluster.directory, `cache-${version}`), HOME: cluster.directory });
  const attempt = (args: readonly string[], options: RunOptions = {}) => run(file, args, { ...options, env: { ...env(), ...options.env } });
  const kubectl = (...args: readonly string[]) => must(file, args, { env: env() });
  const feed = (input: string, ...args: readonly string[]) => must(file, [...args, '-f', '-'], { env: env(), input });
  const here = (...args: readonly string[]) => kubectl('-n', 'every', ...args);
  let resources: readonly { readonly name: string; readonly apiVersion: string }[];

  beforeAll(async () => {
    const rows = lines(await kubectl('api-resources', '--no-headers', '-o', 'wide')).map((line) => line.split(/\s{2,}/));
    // Short names may be missing; the rest is counted from where `true` or `false` stands.
    resources = rows.map((row) => {
      const at = row.findIndex((cell) => cell === 'true' || cell === 'false');
      // 1.20 prints the group alone there.
      return { name: row[0]!, apiVersion: version === '1.20' ? '' : row[at - 1]! };
    });
  });
  afterAll(async () => {
    await attempt(['delete', '-f', '-', '--ignore-not-found', '--wait=false'], { input: manifest });
    // A range waits ten seconds for addresses still being taken from it.
    for (const [kind, seconds] of [['namespace', 30], ['servicecidr', 60]] as const) {
      await eventually(`the ${kind} is gone`, async () => (await attempt(['get', kind, 'every'])).code === 1, seconds);
    }
  });

  /** All that can be listed, by full name. */
  const listed = async () => lines(await kubectl('api-resources', '--verbs=list', '-o', 'name')).filter((name) => name !== 'componentstatuses').join(',');

  test('api-versions and api-resources name every group and kind', async () => {
    expect(lines(await kubectl('api-versions'))).toEqual(expect.arrayContaining(['v1', 'apps/v1', 'autoscaling/v1', 'autoscaling/v2', 'resource.k8s.io/v1', 'flowcontrol.apiserver.k8s.io/v1']));
    expect(resources.length).toBeGreaterThan(65);
    if (version !== '1.20') expect(lines(await kubectl('api-resources', '--categories=all', '-o', 'name'))).toEqual(expect.arrayContaining(['pods', 'services', 'deployments.apps', 'jobs.batch', 'cronjobs.batch']));
  });

  test('get shows no object of any kind as a table, wide and by namespace', async () => {
    const { code, stderr } = await attempt(['get', await listed(), '-n', 'nowhere', '-o', 'wide']);
    expect([code, lines(stderr).filter((line) => !line.startsWith('No resources found'))]).toEqual([0, []]);
  });

  test('explain --recursive tells of every kind', async () => {
    const failed: string[] = [];
    const waiting = [...new Set(resources.map(({ name, apiVersion }) => `${name} ${apiVersion && `--api-version=${apiVersion}`}`.trim()))];
    const next = async (): Promise<void> => {
      for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
        const { code, stdout, stderr } = await attempt(['explain', '--recursive', ...name.split(' ')]);
        if (code !== 0 || !/KIND:[^]*DESCRIPTION:\s+\S[^]*FIELDS:\s+\w+/.test(stdout) || stdout.includes('<empty>')) failed.push(`${name}: ${stderr}`);
      }
    };
    await Promise.all([next(), next(), next(), next()]);
    expect(failed.join('\n')).toBe('');
    expect(await kubectl('explain', 'pod.spec.containers.resources.limits')).toMatch(/DESCRIPTION:\s+\S/);
  });

  test('apply makes one of each kind, changes nothing the second time, and diff agrees', async () => {
    expect(lines(await feed(manifest, 'apply')).filter((line) => !line.endsWith(' created'))).toEqual([]);
    const again = lines(await feed(manifest, 'apply'));
    expect(again.filter((line) => !/ (unchanged|configured)$/.test(line))).toEqual([]);
    const { code, stdout, stderr } = await attempt(['diff', '-f', '-'], { input: manifest });
    expect([code, stdout, stderr]).toEqual([0, '', '']);
  });

  test('get shows one of each kind, by name, as a table, in JSON and in YAML', async () => {
    const all = await listed();
    const table = await here('get', all, '-o', 'wide');
    const names = lines(await here('get', all, '-o', 'name'));
    for (const kind of ['pod', 'deployment.apps', 'cronjob.batch', 'csinode.storage.k8s.io', 'flowschema.flowcontrol.apiserver.k8s.io', 'resourceslice.resource.k8s.io', 'event']) {
      expect(names.some((name) => name.startsWith(`${kind}/every`))).toBe(true);
    }
    expect(lines(table).filter((line) => /\bevery\b/.test(line)).length).toBeGreaterThan(50);
    expect(JSON.parse(await here('get', all, '-o', 'json')).items.length).toBe(names.length);
    expect(await here('get', 'deployment', 'every', '-o', 'yaml')).toMatch(/^apiVersion: apps\/v1\nkind: Deployment\n/);
    expect((await attempt(['get', 'pods', '-A'])).stdout).toMatch(/^NAMESPACE\s+NAME\s+READY\s+STATUS\s+RESTARTS\s+AGE\n/);
    expect(await kubectl('get', 'componentstatuses')).toMatch(/NAME\s+STATUS\s+MESSAGE\s+ERROR\n(.+Healthy.+\n)+/);
  });

  test('describe tells of each kind', async () => {
    const { stdout, stderr } = await attempt(['describe', await listed(), '-n', 'every']);
    expect(lines(stderr).filter((line) => !isGone(line))).toEqual([]);
    expect(stdout).toMatch(/Name:\s+every/);
  });

  test('patch of each type, label, annotate, edit, replace, set image', async () => {
    await here('patch', 'configmap', 'every', '-p', '{"data":{"b":"2"}}');
    await here('patch', 'configmap', 'every', '--type=json', '-p', '[{"op":"replace","path":"/data/a","value":"3"}]');
    await here('patch', 'configmap', 'every', '--type=merge', '-p', '{"data":{"c":"4"}}');
    await here('label', 'configmap', 'every', 'tier=x');
    await here('annotate', 'configmap', 'every', 'why=because');
    await must(file, ['-n', 'every', 'edit', 'configmap', 'every'], { env: { ...env(), KUBE_EDITOR: 'sed -i s/because/edited/' } });
    const edited = await here('get', 'configmap', 'every', '-o', 'json');
    expect(JSON.parse(edited)).toMatchObject({ data: { a: '3', b: '2', c: '4' }, metadata: { labels: { tier: 'x' }, annotations: { why: 'edited' } } });
    expect(await feed(edited.replace('"4"', '"5"'), 'replace')).toContain('configmap/every replaced');
    expect((await attempt(['replace', '-f', '-'], { input: edited })).stderr).toMatch(/the object has been modified/);
    await here('set', 'image', 'deployment/every', 'c=i:2');
    expect(await here('get', 'deployment', 'every', '-o', 'jsonpath={.spec.template.spec.containers[0].image}')).toBe('i:2');
    expect(await feed(manifest, 'apply', '--server-side', '--force-conflicts')).toContain('deployment.apps/every serverside-applied');
  });

  test('scale, rollout and wait', async () => {
    await here('scale', 'deployment/every', '--replicas=2');
    await here('rollout', 'status', 'deployment/every', '--timeout=30s');
    await here('wait', '--for=condition=Available', 'deployment/every', '--timeout=30s');
    expect(await here('rollout', 'history', 'deployment/every')).toMatch(/REVISION\s+CHANGE-CAUSE/);
    await here('rollout', 'restart', 'deployment/every');
    await here('rollout', 'undo', 'deployment/every');
    await here('rollout', 'pause', 'deployment/every');
    await here('rollout', 'resume', 'deployment/every');
    await here('autoscale', 'deployment/every', '--name=other', '--max=3');
    expect(await here('delete', 'pod', 'every', '--timeout=30s')).toContain('pod "every" deleted');
  });

  test('auth can-i, whoever asks; tokens; raw paths', async () => {
    expect((await here('auth', 'can-i', 'create', 'deployments/scale')).trim()).toBe('yes');
    expect((await attempt(['auth', 'can-i', 'get', 'secrets', '--as=eve'])).stdout.trim()).toMatch(/^no/);
    expect(await here('auth', 'can-i', '--list', '--as=system:serviceaccount:every:every')).toMatch(/pods\s+\[\]\s+\[\]\s+\[get\]/);
    if (version !== '1.20') {
      expect((await here('create', 'token', 'every')).split('.')).toHaveLength(3);
      expect(await kubectl('auth', 'whoami')).toMatch(/Username\s+kubernetes-admin/);
    }
    expect(await kubectl('get', '--raw', '/readyz?verbose')).toMatch(/^\[\+\]ping ok\n[^]*readyz check passed\n$/);
    expect(JSON.parse(await kubectl('version', '-o', 'json'))).toMatchObject({ serverVersion: { major: '1', minor: '36' } });
  });
});

test('who has no certificate is refused in words, indented for curl', async () => {
  const stdout = await must('curl', ['-sk', `https://127.0.0.1:${cluster.port}/api/v1/namespaces`]);
  expect(stdout).toMatch(/^\{\n  "/);
  expect(JSON.parse(stdout)).toMatchObject({ code: 403, message: 'namespaces is forbidden: User "system:anonymous" cannot list resource "namespaces" in API group "" at the cluster scope' });
});
