import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { layoutOf } from '../layout.ts';
import { planCluster } from '../settings.ts';
import { configureNode, readKubeletConfig } from './kubelet-config.ts';

async function withFile<T>(text: string, use: (path: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'knarr-kubelet-config-'));
  try {
    await writeFile(join(dir, 'kubelet.yaml'), text);
    return await use(join(dir, 'kubelet.yaml'));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const HEAD = 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n';

test('a file is kept as it was written; what has no effect is told', async () => {
  const said: string[] = [];
  const given = await withFile(`${HEAD}maxPods: 7\nhairpinMode: none\n`, (path) => readKubeletConfig(path, (line) => said.push(line)));
  expect(given).toEqual({ kubelet: { maxPods: 7, hairpinMode: 'none' } });
  expect(said).toEqual([expect.stringMatching(/kubelet\.yaml: hairpinMode has no effect: /)]);
});

test('credential providers come as a document of their own; their programs lie beside the file', async () => {
  const providers = 'apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\nproviders:\n- {name: ask, apiVersion: credentialprovider.kubelet.k8s.io/v1, matchImages: [registry.example], defaultCacheDuration: 5m}\n';
  const dirs: string[] = [];
  const read = await withFile(`---\n${HEAD}---\n${providers}`, (path) => {
    dirs.push(dirname(path));
    return readKubeletConfig(path, () => {});
  });
  expect(read).toEqual({ kubelet: {}, credentialProviders: { config: `\n${providers}`, binDir: dirs[0] } });
  await expect(withFile(`${HEAD}---\n${providers.replace('ask', 'a/b')}`, (path) => readKubeletConfig(path, () => {}))).rejects.toThrow('providers.name: Invalid value: "a/b": provider name cannot contain \'/\'');
});

test('a file that is none, or asks for what no kubelet is, is refused with its path', async () => {
  const refusal = (text: string) => withFile(text, (path) => readKubeletConfig(path, () => {}).then(() => '', (error: Error) => error.message.replaceAll(path, 'FILE')));
  expect(await refusal(`${HEAD}maxPodz: 7\n`)).toBe('failed to load kubelet config file, path: FILE, error: failed to load Kubelet config file FILE, error failed to decode: strict decoding error: unknown field "maxPodz"');
  expect(await refusal(`${HEAD}cgroupDriver: systemd\n`)).toContain('cgroupDriver: systemd is not supported');
  await expect(readKubeletConfig('/no/such/file', () => {})).rejects.toThrow(/ENOENT/);
});

test('a node\'s options are the file\'s, then the cluster\'s, then upstream\'s', async () => {
  const plan = planCluster({ port: 6443, nodes: 1, simulated: 0, legacyServiceAccountTokens: false, kubelet: { maxPods: 7, clusterDNS: ['192.0.2.53'] } }, { hostname: 'box', addresses: ['192.0.2.2'] }, { slot: 0 });
  const [node] = plan.nodes;
  const { options } = await configureNode({ settings: plan, node: node!, place: layoutOf('/data').node('box'), made: { tls: { cert: 'c', key: 'k' }, clientCa: 'ca' } });
  expect(options).toMatchObject({
    maxPods: 7, clusterDns: ['192.0.2.53'], clusterDomain: 'cluster.local', eviction: { hard: { 'nodefs.available': '1Gi' } }, nodeStatus: { leaseSeconds: 40 },
    server: { host: '0.0.0.0', port: 10_250, clientCa: 'ca' }, configuration: { podLogsDir: '/data/nodes/box/logs/pods', failSwapOn: false },
  });
});
