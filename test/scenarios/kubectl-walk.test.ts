/** Every command a user of kubectl reaches for, with each kubectl there is, on one real node. */
import { spawn } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { eventually, fetchText, must, run, startCluster, type Cluster, type RunOptions } from './testing/cluster.ts';
import { kubectls, type Kubectl } from './testing/kubectl.ts';

const clients: readonly Kubectl[] = await kubectls();
let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

const deployment = (replicas: number, greeting: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, labels: { app: web } }
spec:
  replicas: ${replicas}
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: web
          image: knarr.local/busybox:1
          command: [sh, -c, 'echo ${greeting}; mkdir -p /www; echo ${greeting} > /www/index.html; exec httpd -f -p 8080 -h /www']
          ports: [{ name: http, containerPort: 8080 }]
          readinessProbe: { httpGet: { path: /, port: http }, periodSeconds: 1 }
`;

describe.each(clients)('kubectl $version', ({ file, version }) => {
  const namespace = `walk-${version.replace('.', '-')}`;
  const env = (): Readonly<Record<string, string>> => ({ KUBECONFIG: cluster.kubeconfig });
  const attempt = (args: readonly string[], options: RunOptions = {}) => run(file, ['-n', namespace, ...args], { ...options, env: { ...env(), ...options.env } });
  const kubectl = (...args: readonly string[]) => must(file, ['-n', namespace, ...args], { env: env() });
  const feed = (input: string, ...args: readonly string[]) => must(file, ['-n', namespace, ...args], { env: env(), input });
  const pod = () => kubectl('get', 'pods', '-l', 'app=web', '--field-selector=status.phase=Running', '-o', 'jsonpath={.items[0].metadata.name}');
  const rolledOut = () => kubectl('rollout', 'status', 'deployment/web', '--timeout=60s');

  beforeAll(async () => {
    await must(file, ['create', 'namespace', namespace], { env: env() });
    await eventually('the default account is there', () => kubectl('get', 'serviceaccount', 'default'));
    await feed(deployment(2, 'one'), 'apply', '-f', '-');
    await rolledOut();
  });
  afterAll(async () => {
    await must(file, ['delete', 'namespace', namespace, '--timeout=90s'], { env: env() });
  });
  beforeEach(rolledOut);

  test('get: tables, wide, yaml, jsonpath, names, and by label', async () => {
    expect(await kubectl('get', 'deployment', 'web')).toMatch(/NAME\s+READY\s+UP-TO-DATE\s+AVAILABLE\s+AGE\nweb\s+2\/2\s+2\s+2\s/);
    expect(await kubectl('get', 'pods', '-o', 'wide')).toMatch(/NOMINATED NODE\s+READINESS GATES\nweb-\w+-\w+\s+1\/1\s+Running\s+0\s+\S+\s+10\.\d+\.\d+\.\d+\s/);
    expect(await kubectl('get', 'deployment', 'web', '-o', 'yaml')).toMatch(/^apiVersion: apps\/v1\nkind: Deployment\nmetadata:\n/);
    expect(await kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.spec.template.spec.containers[0].image}')).toBe('knarr.local/busybox:1');
    expect((await kubectl('get', 'pods', '-l', 'app in (web)', '-o', 'name')).trim().split('\n')).toHaveLength(2);
    expect(await kubectl('get', 'all')).toMatch(/pod\/web-[\s\S]*deployment\.apps\/web[\s\S]*replicaset\.apps\/web-/);
  });

  test('get -w reports what happens', async () => {
    const watch = attempt(['get', 'configmap', '-w', '--request-timeout=8s', '-o', 'name']);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await kubectl('create', 'configmap', 'watched', '--from-literal=a=b');
    expect((await watch).stdout).toContain('configmap/watched');
    await kubectl('delete', 'configmap', 'watched');
  });

  test('describe names events and conditions', async () => {
    expect(await kubectl('describe', 'deployment', 'web')).toMatch(/Available\s+True\s+MinimumReplicasAvailable[\s\S]*ScalingReplicaSet/);
    expect(await kubectl('describe', 'pod', await pod())).toMatch(/Image:\s+knarr\.local\/busybox[\s\S]*Successfully assigned[\s\S]*Started/);
    expect(await kubectl('describe', 'node')).toMatch(/KubeletReady[\s\S]*Allocatable:/);
  });

  test('create, label, annotate, patch, edit, replace', async () => {
    await kubectl('create', 'configmap', 'note', '--from-literal=a=1');
    await kubectl('label', 'configmap', 'note', 'tier=x');
    expect(await attempt(['label', 'configmap', 'note', 'tier=y'])).toMatchObject({ code: 1, stderr: expect.stringContaining("'tier' already has a value (x)") as string });
    await kubectl('annotate', 'configmap', 'note', 'why=because');
    await kubectl('patch', 'configmap', 'note', '-p', '{"data":{"b":"2"}}');
    await kubectl('patch', 'configmap', 'note', '--type=json', '-p', '[{"op":"replace","path":"/data/a","value":"3"}]');
    await kubectl('patch', 'configmap', 'note', '--type=merge', '-p', '{"data":{"c":"4"}}');
    await must(file, ['-n', namespace, 'edit', 'configmap', 'note'], { env: { ...env(), KUBE_EDITOR: 'sed -i s/because/edited/' } });
    expect(JSON.parse(await kubectl('get', 'configmap', 'note', '-o', 'json'))).toMatchObject({
      data: { a: '3', b: '2', c: '4' }, metadata: { labels: { tier: 'x' }, annotations: { why: 'edited' } },
    });
    await feed((await kubectl('get', 'configmap', 'note', '-o', 'yaml')).replace('"4"', '"5"'), 'replace', '-f', '-');
    expect(await kubectl('get', 'configmap', 'note', '-o', 'jsonpath={.data.c}')).toBe('5');
    await kubectl('delete', 'configmap', 'note');
  });

  test('diff shows a change and apply makes it', async () => {
    const changed = deployment(2, 'two');
    const diff = await attempt(['diff', '-f', '-'], { input: changed });
    expect(diff.code).toBe(1);
    expect(diff.stdout).toMatch(/^\+.*echo two/m);
    expect(await feed(changed, 'apply', '-f', '-')).toContain('deployment.apps/web configured');
    await rolledOut();
    expect((await attempt(['diff', '-f', '-'], { input: changed })).code).toBe(0);
    expect(await feed(changed, 'apply', '-f', '-')).toContain('deployment.apps/web unchanged');
  });

  test('rollout: history, undo, restart', async () => {
    await kubectl('rollout', 'restart', 'deployment/web');
    await rolledOut();
    const history = await kubectl('rollout', 'history', 'deployment/web');
    expect(history).toMatch(/REVISION\s+CHANGE-CAUSE/);
    await kubectl('rollout', 'undo', 'deployment/web');
    await rolledOut();
    const latest = (text: string) => Math.max(...[...text.matchAll(/^(\d+)/gm)].map((match) => Number(match[1])));
    expect(latest(await kubectl('rollout', 'history', 'deployment/web'))).toBe(latest(history) + 1);
  });

  test('scale, and wait for it', async () => {
    await kubectl('scale', 'deployment/web', '--replicas=3');
    await kubectl('wait', '--for=condition=Available', 'deployment/web', '--timeout=60s');
    await eventually('three are ready', async () => (await kubectl('get', 'deployment', 'web', '-o', 'jsonpath={.status.readyReplicas}')) === '3');
    expect(await attempt(['scale', 'deployment/web', '--replicas=1', '--current-replicas=9'])).toMatchObject({ code: 1 });
    await kubectl('scale', 'deployment/web', '--replicas=2');
  });

  test('logs: whole, tailed, followed to the end', async () => {
    await kubectl('run', 'talker', '--image=knarr.local/busybox:1', '--restart=Never', '--', 'sh', '-c', 'for i in 1 2 3; do echo line $i; sleep 1; done');
    await eventually('it talks', async () => (await kubectl('logs', 'talker')).includes('line 1'));
    expect(await kubectl('logs', '-f', 'talker')).toBe('line 1\nline 2\nline 3\n');
    expect(await kubectl('logs', '--tail=1', 'talker')).toBe('line 3\n');
    expect(await kubectl('logs', '--timestamps', '--tail=1', 'talker')).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z line 3\n$/);
    expect((await attempt(['logs', 'talker', '-c', 'nobody'])).stderr).toMatch(/container nobody is not valid for pod talker/);
    await kubectl('delete', 'pod', 'talker');
  });

  test('exec with a terminal, attach, cp', async () => {
    const name = await pod();
    const typed = await must('script', ['-qec', `${file} -n ${namespace} exec -it ${name} -- sh -c 'test -t 0 && echo a terminal'`, '/dev/null'], { env: env() });
    expect(typed).toContain('a terminal');
    await kubectl('run', 'echo', '--image=knarr.local/busybox:1', '--restart=Never', '-i', '--attach=false', '--', 'sh', '-c', 'read line; echo "heard $line"');
    await kubectl('wait', '--for=condition=Ready', 'pod/echo', '--timeout=60s');
    expect(await feed('me\n', 'attach', '-i', 'echo')).toContain('heard me');
    await kubectl('delete', 'pod', 'echo', '--grace-period=1');
    const here = join(cluster.dataDir, `copied-${version}`);
    await writeFile(here, 'copied\n');
    await kubectl('cp', here, `${name}:/www/copied`);
    await rm(here);
    await kubectl('cp', `${name}:/www/copied`, here);
    expect(await must('cat', [here])).toBe('copied\n');
  });

  test('expose and port-forward', async () => {
    expect(await kubectl('expose', 'deployment', 'web', '--port=80', '--target-port=8080')).toContain('service/web exposed');
    const ip = await kubectl('get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}');
    expect(await eventually('the Service answers', () => fetchText(`http://${ip}`))).toMatch(/one|two/);
    const forward = spawn(file, ['-n', namespace, 'port-forward', await pod(), ':8080'], { stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, ...env() } });
    try {
      const port = await new Promise<string>((resolve, reject) => {
        forward.on('error', reject);
        forward.stdout.on('data', (chunk: Buffer) => {
          const found = /127\.0\.0\.1:(\d+)/.exec(chunk.toString());
          if (found) resolve(found[1]!);
        });
      });
      expect(await fetchText(`http://127.0.0.1:${port}`)).toMatch(/one|two/);
    } finally {
      forward.kill();
    }
    await kubectl('delete', 'service', 'web');
  });

  test('explain, api-resources, api-versions, auth can-i', async () => {
    expect(await kubectl('explain', 'deployment.spec.strategy.rollingUpdate')).toMatch(/maxSurge/);
    expect(await kubectl('api-resources')).toMatch(/deployments\s+deploy\s+apps\/v1\s+true\s+Deployment/);
    expect(await kubectl('api-versions')).toMatch(/^apps\/v1$/m);
    expect((await kubectl('auth', 'can-i', 'delete', 'pods')).trim()).toBe('yes');
    expect((await attempt(['auth', 'can-i', 'list', 'secrets', '--as=system:serviceaccount:default:default'])).stdout.trim()).toMatch(/^no/);
  });

  test('apply --server-side owns its fields, and a second manager is told of the conflict', async () => {
    const note = (a: string) => JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'owned' }, data: { a } });
    expect(await feed(note('1'), 'apply', '--server-side', '--field-manager=one', '-f', '-')).toMatch(/owned serverside-applied/);
    const second = await attempt(['apply', '--server-side', '--field-manager=two', '-f', '-'], { input: note('2') });
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(/conflict with "one".*\.data\.a/);
    await feed(note('2'), 'apply', '--server-side', '--field-manager=two', '--force-conflicts', '-f', '-');
    expect(await kubectl('get', 'configmap', 'owned', '-o', 'jsonpath={.data.a}')).toBe('2');
    await kubectl('delete', 'configmap', 'owned');
  });

  test('taint, cordon, drain, uncordon', async () => {
    const node = (await kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}')).trim();
    await kubectl('taint', 'node', node, 'busy=yes:NoSchedule');
    await kubectl('taint', 'node', node, 'busy-');
    const drained = await attempt(['drain', node, '--ignore-daemonsets', '--force', `--pod-selector=app=web`, '--timeout=60s']);
    expect(drained).toMatchObject({ code: 0, stdout: expect.stringMatching(/node\/\S+ drained|evicted/) as string });
    expect(await kubectl('get', 'node', node)).toContain('SchedulingDisabled');
    expect((await kubectl('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].status.phase}'))).not.toContain('Running');
    await kubectl('uncordon', node);
  });

  test('errors come in upstream\'s words', async () => {
    expect((await attempt(['get', 'pod', 'nobody'])).stderr).toBe('Error from server (NotFound): pods "nobody" not found\n');
    expect((await attempt(['create', 'configmap', 'Bad_Name'])).stderr).toMatch(/a lowercase RFC 1123 subdomain must consist of/);
    expect((await attempt(['get', 'unicorns'])).stderr).toContain('the server doesn\'t have a resource type "unicorns"');
    expect((await attempt(['apply', '-f', '-'], { input: deployment(2, 'x').replace('replicas: 2', 'replicas: many') })).code).toBe(1);
    const unknown = await attempt(['create', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, dada: {} }) });
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('unknown field "dada"') as string });
  });
});
