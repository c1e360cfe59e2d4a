/** Images from a private registry (Debian's docker-registry, on loopback): who may have them, and when they go. */
import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BUSYBOX_IMAGES, busyboxImage, PAUSE_IMAGE } from '../../src/cluster/images/own.ts';
import { machineExec } from '../../src/cluster/machine/exec.ts';
import { Secret } from '../../src/kinds/core/secret.ts';
import { ociArchive } from '../../src/wire/oci.ts';
import { eventually, freePort } from './testing/cluster.ts';
import { installed } from './testing/install.ts';
import { startKubeletNode, type KubeletNode } from './testing/kubelet-node.ts';

/** bcrypt of `secret`. */
const HASH = '$2b$05$dG/5dEu95t31l4EQZtJNW.kJ6oExWe9K8/lpsAmwYIRGo11i1MgfC';

let dir: string;
let registry: ChildProcess;
let host: string;
let node: KubeletNode;

/** Puts an image of its own into the registry. */
async function push(name: string): Promise<string> {
  const image = `${host}/private/${name}:1`;
  const busybox = await busyboxImage(machineExec);
  const file = join(dir, `${name}.tar`);
  await writeFile(file, await ociArchive([{ ...busybox, names: [`knarr.local/${name}:1`], config: { ...busybox.config, Env: [...(busybox.config.Env ?? []), `APP=${name}`] } }]));
  await machineExec.must('skopeo', ['--insecure-policy', 'copy', '--dest-tls-verify=false', '--dest-creds', 'joe:secret', `oci-archive:${file}`, `docker://${image}`]);
  return image;
}

beforeAll(async () => {
  const program = await installed('docker-registry', 'docker-registry');
  await installed('skopeo', 'skopeo');
  dir = await mkdtemp(join(tmpdir(), 'knarr-registry-'));
  host = `127.0.0.1:${await freePort()}`;
  await writeFile(join(dir, 'htpasswd'), `joe:${HASH}\n`);
  await writeFile(join(dir, 'config.yml'), JSON.stringify({
    version: 0.1, storage: { filesystem: { rootdirectory: join(dir, 'store') } }, http: { addr: host }, auth: { htpasswd: { realm: 'knarr', path: join(dir, 'htpasswd') } },
  }));
  registry = spawn(program, ['serve', join(dir, 'config.yml')], { stdio: 'ignore' });
  await eventually('the registry answers', () => fetch(`http://${host}/v2/`).then(({ status }) => status === 401, () => false));
  node = await startKubeletNode();
  await node.restart({ imagePulls: { parallel: 1, rate: { perSecond: 5, burst: 10 }, verification: 'NeverVerifyPreloadedImages' } });
  const auths = { [host]: { username: 'joe', password: 'secret' } };
  await node.client.create(Secret, { metadata: { name: 'registry', namespace: 'default' }, type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') } });
});

afterAll(async () => {
  await node?.[Symbol.asyncDispose]();
  if (registry && registry.exitCode === null) {
    const ended = new Promise((resolve) => registry.once('exit', resolve));
    registry.kill('SIGKILL');
    await ended;
  }
  if (dir) await rm(dir, { recursive: true, force: true });
});

const waiting = (reasons: readonly string[]) => (pod: Awaited<ReturnType<KubeletNode['until']>>) => reasons.includes(pod.status.containerStatuses?.[0]?.state.waiting?.reason ?? '');
const container = (image: string, more: object = {}) => ({ name: 'a', image, command: ['sh', '-c', 'echo $APP; sleep 600'], ...more });

test('a private image is for who has the secret, and once it is here, still', async () => {
  const image = await push('first');
  await node.run('without', { containers: [container(image)] });
  const refused = await node.until('without', waiting(['ErrImagePull', 'ImagePullBackOff']));
  expect(refused.status.containerStatuses![0]!.state.waiting!.message).toContain(`${host}/private/first`);
  await node.run('with', { containers: [container(image)], imagePullSecrets: [{ name: 'registry' }] });
  await node.until('with', (pod) => pod.status.phase === 'Running');
  expect((await node.events('with')).join('\n')).toMatch(/Pulled: Successfully pulled image "127\.0\.0\.1:\d+\/private\/first:1" in \S+ \(\S+ including waiting\)\. Image size: \d+ bytes\./);
  // It is on the node now: who cannot show that it is theirs has to pull it, and may not.
  await node.run('later', { containers: [container(image)] });
  await node.until('later', waiting(['ErrImagePull', 'ImagePullBackOff']));
  await node.run('never', { containers: [container(image, { imagePullPolicy: 'Never' })] });
  const never = await node.until('never', waiting(['ErrImageNeverPull']));
  expect(never.status.containerStatuses![0]!.state.waiting!.message).toContain('is present with pull policy of Never but does not have the proper auth');
  await node.run('again', { containers: [container(image, { imagePullPolicy: 'Never' })], imagePullSecrets: [{ name: 'registry' }] });
  await node.until('again', (pod) => pod.status.phase === 'Running');
  for (const name of ['without', 'with', 'later', 'never', 'again']) await node.remove(name);
});

test('a secret that is not there is told of', async () => {
  const image = await push('lost');
  await node.run('lost', { containers: [container(image)], imagePullSecrets: [{ name: 'nowhere' }] });
  await eventually('the event', async () => (await node.events('lost')).some((event) => event === 'FailedToRetrieveImagePullSecret: Unable to retrieve some image pull secrets (nowhere); attempting to pull the image may not succeed.'));
  await node.remove('lost');
});

test('a program that knows the credentials is as good as a secret', async () => {
  const image = await push('second');
  const bin = join(dir, 'bin');
  await mkdir(bin, { recursive: true });
  const answer = JSON.stringify({ kind: 'CredentialProviderResponse', apiVersion: 'credentialprovider.kubelet.k8s.io/v1', cacheKeyType: 'Registry', cacheDuration: '1h', auth: { [host]: { username: 'joe', password: 'secret' } } });
  await writeFile(join(bin, 'knows'), `#!/bin/sh\ncat >> ${dir}/asked\necho >> ${dir}/asked\necho '${answer}'\n`);
  await chmod(join(bin, 'knows'), 0o755);
  const config = `apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\nproviders:\n- {name: knows, apiVersion: credentialprovider.kubelet.k8s.io/v1, matchImages: ["${host}/private"], defaultCacheDuration: 5m}\n`;
  await node.restart({ imagePulls: { verification: 'NeverVerifyPreloadedImages', providers: { config, binDir: bin } } });
  await node.run('known', { containers: [container(image)] });
  await node.until('known', (pod) => pod.status.phase === 'Running');
  await eventually('what it says of itself', async () => (await node.logs('known')) === 'second\n');
  const { stdout } = await machineExec.run('cat', [join(dir, 'asked')]);
  expect(stdout.trim().split('\n').map((line) => JSON.parse(line) as { image: string }).map(({ image: asked }) => asked)).toContain(`${host}/private/second`);
  await node.remove('known');
});

test('images that nobody uses go when the disk is too full, those that are kept stay', async () => {
  const names = async () => (await node.cri.listImages()).flatMap(({ repoTags }) => repoTags);
  const image = await push('third');
  await node.cri.pullImage(image, { auth: { username: 'joe', password: 'secret' } });
  expect(await names()).toContain(image);
  await node.restart({ imageGc: { highThresholdPercent: 0, lowThresholdPercent: 0, minimumAge: 0, keep: [PAUSE_IMAGE, ...BUSYBOX_IMAGES] } });
  await eventually('only what is kept is left', async () => !(await names()).some((name) => name.startsWith(`${host}/private/`)));
  expect(await names()).toEqual(expect.arrayContaining([PAUSE_IMAGE, ...BUSYBOX_IMAGES]));
});
