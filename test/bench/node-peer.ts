/** Upstream's kubelet as one more node of the cluster: in a network and a mount namespace of its own, with a containerd like knarr's. */
import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { connectCri } from '../../src/kubelet/index.ts';
import { layoutOf, type NodeLayout } from '../../src/cluster/layout.ts';
import { machineExec } from '../../src/cluster/machine/exec.ts';
import { prepareContainerd } from '../../src/cluster/node/containerd.ts';
import { provideOwnImages } from '../../src/cluster/node/images.ts';
import { requirePair } from '../../src/cluster/pki/ensure.ts';
import { issueLeaf } from '../../src/wire/node/issue.ts';
import { kubeconfig } from '../../src/cluster/pki/kubeconfig.ts';
import type { Settings } from '../../src/cluster/settings.ts';
import type { BenchNode } from './node.ts';
import { find } from './peer.ts';
import { ended } from './target.ts';

const NODE = 'peer';
const NAMESPACE = 'knarr-bench-peer';
const CABLE = 'knarrbench';
const CGROUP = '/knarr-bench-peer';
/** Ours end and theirs. */
const [HOST_ADDRESS, NODE_ADDRESS] = ['10.88.99.1', '10.88.99.2'];

export interface PeerOptions {
  /** Where kubelet is. */
  readonly programs: string;
  /** The cluster it joins. */
  readonly directory: string;
  readonly settings: Settings;
}

export async function startKubeletPeer(directory: string, { programs, directory: cluster, settings }: PeerOptions): Promise<BenchNode & AsyncDisposable> {
  const kubelet = find('kubelet', programs);
  const layout = layoutOf(directory).node(NODE);
  await prepareContainerd(layout, machineExec);
  await mkdir(layout.logs, { recursive: true });
  await writeFile(join(layout.cniConfig, '10-bench.conflist'), JSON.stringify(network(layout)));
  const config = await writeKubeletFiles(layout, cluster, settings);
  await removeCable();
  await layCable();
  await eachCgroup((path) => mkdir(path, { recursive: true }).then(() => {}));
  // /var/log is its own, and so is what it mounts.
  const inside = (script: string, ...args: readonly string[]) => spawn('nsenter', [
    `--net=/run/netns/${NAMESPACE}`, 'unshare', '--mount', '--propagation', 'slave', 'sh', '-c', script, layout.logs, ...args,
  ], { stdio: 'ignore' });
  // Both in one mount namespace; the shell ends with the last of them.
  const shell = inside(
    'mount --make-rshared / && mount --bind "$0" /var/log && containerd --config "$1" >"$0/containerd.log" 2>&1 & echo $! >"$0/containerd.pid"; ' +
    'while ! test -S "$2"; do sleep 0.1; done; shift 2; "$@" >/dev/null 2>"$0/kubelet.log" & echo $! >"$0/kubelet.pid"; wait',
    layout.containerdConfig, layout.containerdSocket, kubelet, ...kubeletFlags(layout, config),
  );
  await provideOwnImages(layoutOf(directory), layout, { exec: machineExec, clock: systemClock, signal: AbortSignal.timeout(30_000) });
  const cri = connectCri(layout.containerdSocket, { clock: systemClock });
  const pid = await pidFrom(join(layout.logs, 'kubelet.pid'));
  return {
    name: 'upstream kubelet', nodeName: NODE, pid, cri, cgroupParent: `${CGROUP}/alone`, logDir: join(directory, 'alone'),
    async [Symbol.asyncDispose]() {
      process.kill(pid, 'SIGTERM');
      for (const { id } of await cri.listPodSandboxes()) await cri.stopPodSandbox(id).then(() => cri.removePodSandbox(id));
      cri[Symbol.dispose]();
      process.kill(await pidFrom(join(layout.logs, 'containerd.pid')), 'SIGTERM');
      await ended(shell);
      await removeCable();
      await eachCgroup(removeTree);
    },
  };
}

/** As upstream has it by default today where 1.20 was stingier: requests to the API server, events. */
async function writeKubeletFiles(layout: NodeLayout, cluster: string, { advertiseAddress, port, dnsIp, clusterDomain }: Settings): Promise<string> {
  const ca = await requirePair(layoutOf(cluster), 'ca');
  const leaf = { name: NODE, issuer: 'ca', commonName: `system:node:${NODE}`, organizations: ['system:nodes'], use: 'client', dnsNames: [], addresses: [] } as const;
  const pair = issueLeaf(leaf, ca, { now: Date.now(), random: systemRandom });
  const [file, caFile] = [join(layout.dir, 'kubelet.json'), join(layout.dir, 'ca.crt')];
  await writeFile(caFile, ca.cert);
  await writeFile(join(layout.dir, 'kubeconfig'), kubeconfig({ server: `https://${advertiseAddress}:${port}`, caPem: ca.cert, user: NODE, pair }), { mode: 0o600 });
  await writeFile(file, JSON.stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1', kind: 'KubeletConfiguration', cgroupDriver: 'cgroupfs', cgroupRoot: CGROUP, failSwapOn: false,
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: caFile } }, authorization: { mode: 'Webhook' },
    clusterDNS: [dnsIp], clusterDomain, kubeAPIQPS: 50, kubeAPIBurst: 100, eventRecordQPS: 50, eventBurst: 100, imageGCHighThresholdPercent: 100,
    evictionHard: { 'nodefs.available': '1Mi', 'imagefs.available': '1Mi', 'memory.available': '1Mi', 'nodefs.inodesFree': '1%' },
  }));
  return file;
}

const kubeletFlags = (layout: NodeLayout, config: string): readonly string[] => [
  `--config=${config}`, `--kubeconfig=${join(layout.dir, 'kubeconfig')}`, `--root-dir=${layout.kubelet}`, `--cert-dir=${join(layout.dir, 'pki')}`,
  `--volume-plugin-dir=${join(layout.dir, 'plugins')}`, '--container-runtime=remote', `--container-runtime-endpoint=unix://${layout.containerdSocket}`,
  `--hostname-override=${NODE}`, `--node-ip=${NODE_ADDRESS}`,
];

/** As knarr's: a bridge, host-local, port mappings. */
const network = ({ cniData }: NodeLayout) => ({
  cniVersion: '0.4.0', name: 'bench', plugins: [
    { type: 'bridge', bridge: 'bench', isGateway: true, ipMasq: false, hairpinMode: true, ipam: { type: 'host-local', dataDir: cniData, ranges: [[{ subnet: '10.88.100.0/24' }]], routes: [{ dst: '0.0.0.0/0' }] } },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
});

async function layCable(): Promise<void> {
  const ip = (line: string) => machineExec.must('ip', line.split(' '));
  await ip(`netns add ${NAMESPACE}`);
  await ip(`link add ${CABLE} type veth peer name eth0 netns ${NAMESPACE}`);
  await ip(`address add ${HOST_ADDRESS}/30 dev ${CABLE}`);
  await ip(`link set ${CABLE} up`);
  await ip(`-n ${NAMESPACE} link set lo up`);
  await ip(`-n ${NAMESPACE} address add ${NODE_ADDRESS}/30 dev eth0`);
  await ip(`-n ${NAMESPACE} link set eth0 up`);
  await ip(`-n ${NAMESPACE} route add default via ${HOST_ADDRESS}`);
}

async function removeCable(): Promise<void> {
  await machineExec.run('ip', ['netns', 'delete', NAMESPACE]);
  await machineExec.run('ip', ['link', 'delete', CABLE]);
}

/** In each hierarchy of cgroup v1, or in the one of v2. */
async function eachCgroup(work: (path: string) => Promise<void>): Promise<void> {
  const root = '/sys/fs/cgroup';
  const names = (await readdir(root)).includes('cgroup.controllers') ? [''] : await readdir(root);
  for (const name of names) await work(join(root, name, CGROUP)).catch(() => {});
}

async function removeTree(path: string): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true }).catch(() => [])) if (entry.isDirectory()) await removeTree(join(path, entry.name));
  await rmdir(path).catch(() => {});
}

async function pidFrom(file: string): Promise<number> {
  for (;;) {
    const pid = Number(await readFile(file, 'utf8').catch(() => ''));
    if (pid > 0) return pid;
    await systemClock.sleep(50);
  }
}
