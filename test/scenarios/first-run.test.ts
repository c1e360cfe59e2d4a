/** The README's story on one real node: from apply to containers that answer. */
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildImages } from '../images/build.ts';
import { eventually, example, fetchText, must, run, startCluster, type Cluster } from './testing/cluster.ts';
import { kubectls, type Kubectl } from './testing/kubectl.ts';

let cluster: Cluster;
let clients: readonly Kubectl[];
beforeAll(async () => {
  clients = await kubectls();
  cluster = await startCluster();
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

test('the node is Ready and names its runtime', async () => {
  const line = (await cluster.kubectl('get', 'nodes', '-o', 'wide', '--no-headers')).trim();
  expect(line).toMatch(/\bReady\b.*containerd:\/\//);
});

test('the guestbook is applied and rolls out', async () => {
  await cluster.kubectl('apply', '-f', example('guestbook.yaml'));
  await cluster.kubectl('rollout', 'status', 'deployment/backend', '--timeout=90s');
  await cluster.kubectl('rollout', 'status', 'deployment/frontend', '--timeout=90s');
});

test('its Service answers on the cluster address and on the node port, and one tier finds the other by name', async () => {
  const ip = await cluster.kubectl('get', 'service', 'frontend', '-o', 'jsonpath={.spec.clusterIP}');
  await eventually('the front end signs', async () => (await fetchText(`http://${ip}/cgi-bin/sign?Ada`)).includes('signed'));
  expect(await fetchText(`http://${ip}/cgi-bin/guests`)).toMatch(/served by frontend-[\s\S]*Ada/);
  const node = await cluster.kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}');
  expect(await fetchText(`http://${node}:30080/cgi-bin/guests`)).toContain('Ada');
});

test('logs, exec and port-forward work with each kubectl', async () => {
  for (const { file } of clients) {
    const kubectl = (...args: readonly string[]) => must(file, args, { env: { KUBECONFIG: cluster.kubeconfig } });
    expect(await kubectl('logs', 'deployment/frontend')).toContain('cgi-bin');
    expect((await kubectl('exec', 'deployment/frontend', '--', 'sh', '-c', 'echo in $HOSTNAME')).trim()).toMatch(/^in frontend-/);
    expect(await must(file, ['exec', '-i', 'deployment/backend', '--', 'sort'], {
      input: 'b\na\n', env: { KUBECONFIG: cluster.kubeconfig },
    })).toBe('a\nb\n');
    expect((await run(file, ['exec', 'deployment/frontend', '--', 'sh', '-c', 'exit 7'], { env: { KUBECONFIG: cluster.kubeconfig } })).code).not.toBe(0);
  }
  const forward = cluster.kubectlBeside('port-forward', 'service/frontend', ':80');
  const port = await new Promise<string>((resolve) => {
    forward.stdout!.on('data', (chunk: Buffer) => {
      const found = /127\.0\.0\.1:(\d+)/.exec(chunk.toString());
      if (found) resolve(found[1]!);
    });
  });
  expect(await fetchText(`http://127.0.0.1:${port}/cgi-bin/guests`)).toContain('Ada');
  forward.kill();
});

test('a file copied in is the file copied out', async () => {
  const pod = await cluster.kubectl('get', 'pods', '-l', 'tier=backend', '-o', 'jsonpath={.items[0].metadata.name}');
  await writeFile(`${cluster.dataDir}/note`, 'hello');
  await cluster.kubectl('cp', `${cluster.dataDir}/note`, `${pod}:/data/note`);
  await cluster.kubectl('cp', `${pod}:/data/note`, `${cluster.dataDir}/note-again`);
  expect(await readFile(`${cluster.dataDir}/note-again`, 'utf8')).toBe('hello');
});

test('a pod reaches the API server, which believes the token the pod was given', async () => {
  const inPod = (command: string) => cluster.kubectl('exec', 'deployment/frontend', '--', 'sh', '-c', command);
  await inPod(': | timeout 5 nc kubernetes.default 443');
  // Debian's busybox speaks no TLS that Node would: the token is shown from here.
  const account = '/var/run/secrets/kubernetes.io/serviceaccount';
  const answer = await fetchText(`https://127.0.0.1:${cluster.port}/api/v1/namespaces/default/pods`, {
    ca: await inPod(`cat ${account}/ca.crt`), token: await inPod(`cat ${account}/token`), anyStatus: true,
  });
  expect((JSON.parse(answer) as { message: string }).message).toBe(
    'pods is forbidden: User "system:serviceaccount:default:default" cannot list resource "pods" in API group "" in the namespace "default"',
  );
});

test('an image from a file is loaded, listed and run, with the entry point it was given', async () => {
  const file = `${cluster.dataDir}/greeter.tar`;
  await buildImages(file, [{
    name: 'knarr.local/test/greeter:1', files: { '/greet': '#!/bin/sh\necho "hello $1, from $PLACE"\n' },
    config: { Entrypoint: ['/greet'], Cmd: ['nobody'], Env: ['PATH=/bin', 'PLACE=the image'] },
  }]);
  const loaded = await cluster.knarr('image', 'load', file);
  expect(loaded).toMatchObject({ code: 0, stdout: expect.stringContaining('knarr.local/test/greeter:1') });
  expect((await cluster.knarr('image', 'list')).stdout).toContain('knarr.local/test/greeter:1');
  await cluster.kubectl('run', 'greeter', '--image=knarr.local/test/greeter:1', '--image-pull-policy=Never', '--restart=Never', '--', 'Ada');
  await eventually('it has greeted', async () => (await cluster.kubectl('get', 'pod', 'greeter', '-o', 'jsonpath={.status.phase}')) === 'Succeeded');
  expect(await cluster.kubectl('logs', 'greeter')).toBe('hello Ada, from the image\n');
  await cluster.kubectl('delete', 'pod', 'greeter');
});

test('an image that is not there and a command that does not exist end in their reasons', async () => {
  await cluster.kubectl('run', 'no-image', '--image=knarr.local/nothing:1');
  await cluster.kubectl('run', 'no-command', '--image=knarr.local/busybox:1', '--command', '--', '/no/such/program');
  const reason = (pod: string) => cluster.kubectl('get', 'pod', pod, '-o', 'jsonpath={.status.containerStatuses[0].state.waiting.reason}{.status.containerStatuses[0].lastState.terminated.reason}{.status.containerStatuses[0].state.terminated.reason}');
  await eventually('the image cannot be pulled', async () => /ErrImagePull|ImagePullBackOff/.test(await reason('no-image')));
  await eventually('the command cannot be started', async () => /RunContainerError|StartError|ContainerCannotRun/.test(await reason('no-command')));
  await cluster.kubectl('delete', 'pod', 'no-image', 'no-command', '--grace-period=0', '--force');
});

test('what is deleted is gone', async () => {
  await cluster.kubectl('delete', '-f', example('guestbook.yaml'));
  await eventually('no pod is left', async () => (await cluster.kubectl('get', 'pods', '-o', 'name')) === '');
});
