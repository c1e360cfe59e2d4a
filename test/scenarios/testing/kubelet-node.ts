/** One real node without a cluster around it: its own containerd, a kubelet, and an API server in this process. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { startApiServer } from '../../../src/apiserver/index.ts';
import { TEST_KEY } from '../../../src/apiserver/testing/test-key.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { silent } from '../../../src/base/log.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { createClient, createInformers, type Client } from '../../../src/client/index.ts';
import { layoutOf, type NodeLayout } from '../../../src/cluster/layout.ts';
import { machineExec } from '../../../src/cluster/machine/exec.ts';
import { CNI_BIN_DIR } from '../../../src/cluster/machine/packages.ts';
import { prepareContainerd } from '../../../src/cluster/node/containerd.ts';
import { provideOwnImages } from '../../../src/cluster/node/images.ts';
import { builtinKinds } from '../../../src/kinds/index.ts';
import { ConfigMap } from '../../../src/kinds/core/config-map.ts';
import { Event } from '../../../src/kinds/core/event.ts';
import { ClusterRoleBinding } from '../../../src/kinds/rbac/cluster-role-binding.ts';
import { Pod } from '../../../src/kinds/core/pod.ts';
import { ServiceAccount } from '../../../src/kinds/core/service-account.ts';
import { connectCri, startKubelet, type Cri, type Kubelet, type KubeletOptions } from '../../../src/kubelet/index.ts';
import type { DeepPartial } from '../../../src/meta/object.ts';
import { memoryDriver } from '../../../src/store/index.ts';
import type { ApiRequest } from '../../../src/wire/api.ts';
import { AUTHORITY, JANE, SERVER } from '../../../src/wire/node/testing/certificates.ts';
import { eventually } from './cluster.ts';

export const NODE = 'node-1';
export const IMAGE = 'knarr.local/busybox:1';
const ADMIN = { username: 'admin', groups: ['system:masters'] };

export interface KubeletNode extends AsyncDisposable {
  readonly client: Client;
  readonly cri: Cri;
  readonly dir: string;
  readonly layout: NodeLayout;
  readonly cgroupRoot: string;
  readonly kubelet: Kubelet;
  /** Stops the kubelet alone and starts it again. */
  restart(options?: Partial<KubeletOptions>): Promise<void>;
  /** Ends containerd as `signal` ends it and starts another; containers run on meanwhile. */
  restartRuntime(signal: NodeJS.Signals): Promise<void>;
  /** Makes a pod on the node. */
  run(name: string, spec: DeepPartial<Pod['spec']>, metadata?: DeepPartial<Pod['metadata']>): Promise<Pod>;
  /** Until the pod satisfies `check`. */
  until(name: string, check: (pod: Pod) => unknown): Promise<Pod>;
  remove(name: string): Promise<void>;
  /** Until there is no pod of this name. */
  gone(name: string): Promise<void>;
  /** `reason: message` of a pod's events. */
  events(name: string): Promise<readonly string[]>;
  logs(name: string, query?: string): Promise<string>;
}

/** A container with this image that runs a shell script. */
export const shell = (name: string, script: string, more: object = {}) => ({ name, image: IMAGE, command: ['sh', '-c', script], ...more });

const MOST_LOOKS = 20;

export interface KubeletNodeOptions {
  /** One more CNI plugin, called after the one that connects a pod: its name, and the script it is. */
  readonly plugin?: { readonly name: string; readonly script: string };
}

export async function startKubeletNode(options: KubeletNodeOptions = {}): Promise<KubeletNode> {
  const dir = await mkdtemp(join(tmpdir(), 'knarr-kubelet-'));
  const layout = layoutOf(dir).node(NODE);
  let containerd = await startContainerd(dir, layout, options);
  const client = await startApi();
  const cri = connectCri(layout.containerdSocket, { clock: systemClock });
  const cgroupRoot = `/${basename(dir)}`;
  const start = async (more: Partial<KubeletOptions> = {}): Promise<Kubelet & { stop(): Promise<void> }> => {
    const informers = createInformers(client, { clock: systemClock, random: systemRandom, log: silent });
    const kubelet = await startKubelet({
      client, informers, cri, clock: systemClock, random: systemRandom, log: silent, nodeName: NODE, nodeIp: '127.0.0.1', hostname: NODE,
      clusterDomain: 'cluster.local', clusterDns: ['10.96.0.10'], rootDir: layout.kubelet, logDir: join(dir, 'logs'), cgroupRoot, maxCrashBackoff: 2000,
      // How full this machine is has nothing to do with the test, unless it says so.
      eviction: { hard: {} }, imageGc: { highThresholdPercent: 100 },
      server: { host: '127.0.0.1', port: 0, tls: SERVER, clientCa: AUTHORITY }, ...more,
    });
    return Object.assign(kubelet, {
      async stop() {
        await kubelet[Symbol.asyncDispose]();
        await informers[Symbol.asyncDispose]();
      },
    });
  };
  let kubelet = await start();
  const get = (name: string) => client.get(Pod, name, { namespace: 'default' });
  const node: KubeletNode = {
    client, cri, dir, layout, cgroupRoot,
    get kubelet() {
      return kubelet;
    },
    async restart(more) {
      await kubelet.stop();
      kubelet = await start(more);
    },
    async restartRuntime(signal) {
      await endContainerd(containerd, signal);
      containerd = runContainerd(layout);
      await eventually('containerd answers', () => cri.version());
    },
    async run(name, spec, metadata = {}) {
      // What a failed try left must not stand in the way of the next.
      await client.delete(Pod, name, { namespace: 'default' }).then(() => node.gone(name), () => undefined);
      return client.create(Pod, {
        metadata: { name, namespace: 'default', ...metadata },
        spec: { nodeName: NODE, terminationGracePeriodSeconds: 1, automountServiceAccountToken: false, ...spec },
      });
    },
    until: (name, check) => eventually(`pod ${name}`, async () => {
      const pod = await get(name);
      return check(pod) ? pod : undefined;
    }),
    gone: async (name) => void (await eventually(`pod ${name} gone`, () => get(name).then(() => false, () => true))),
    async remove(name) {
      await client.delete(Pod, name, { namespace: 'default' });
      await node.gone(name);
    },
    events: async (name) => (await client.list(Event, { namespace: 'default' })).items
      .filter(({ involvedObject }) => involvedObject.name === name).map(({ reason, message }) => `${reason}: ${message}`),
    async logs(name, query = '') {
      const pod = await get(name);
      const container = pod.spec.containers[0]!.name;
      const read = async () => (await askKubelet(kubelet, `/containerLogs/default/${name}/${container}${query}`)).text;
      let text = await read();
      const ended = pod.status.containerStatuses?.some((one) => one.name === container && one.state?.terminated);
      // containerd may still be writing a container's last lines when it says that it has ended.
      for (let [looks, same] = [0, false]; ended && looks < MOST_LOOKS && !(same && text !== ''); looks++) {
        await systemClock.sleep(50);
        const now = await read();
        [same, text] = [now === text, now];
      }
      return text;
    },
    async [Symbol.asyncDispose]() {
      await kubelet.stop();
      for (const { id } of await cri.listPodSandboxes()) {
        await cri.stopPodSandbox(id).catch(() => {}); // a test may have failed with its network in pieces
        await cri.removePodSandbox(id).catch(() => {});
      }
      cri[Symbol.dispose]();
      await endContainerd(containerd);
      for (const point of (await machineExec.run('findmnt', ['-rno', 'TARGET'])).stdout.split('\n').filter((path) => path.startsWith(dir)).reverse()) await machineExec.run('umount', ['-l', point]);
      await machineExec.run('sh', ['-c', `find /sys/fs/cgroup -depth -type d -path '*${cgroupRoot}*' -exec rmdir {} +`]);
      await rm(dir, { recursive: true, force: true });
    },
  };
  return node;
}

/** Asks the kubelet's server as jane, whom RBAC lets in, or as `who` says. */
export function askKubelet(kubelet: Kubelet, path: string, { who = JANE, method = 'GET' }: { readonly who?: { readonly cert?: string; readonly key?: string }; readonly method?: string } = {}): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: kubelet.port, path, method, ca: AUTHORITY, ...who, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end();
  });
}

async function startContainerd(dir: string, layout: NodeLayout, { plugin }: KubeletNodeOptions): Promise<ChildProcess> {
  await prepareContainerd(layout, machineExec);
  // No bridge: nothing is left on the machine when the pods are gone.
  const network = {
    cniVersion: '0.4.0', name: 'kubelet-test', plugins: [
      { type: 'ptp', ipMasq: false, ipam: { type: 'host-local', dataDir: join(dir, 'ipam'), ranges: [[{ subnet: '10.199.77.0/24' }]], routes: [{ dst: '0.0.0.0/0' }] } },
      ...(plugin ? [{ type: plugin.name }] : []),
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
  await writeFile(join(layout.cniConfig, '10-test.conflist'), JSON.stringify(network));
  if (plugin) await addPlugin(dir, layout, plugin);
  const child = runContainerd(layout);
  await provideOwnImages(layoutOf(dir), layout, { exec: machineExec, clock: systemClock, signal: AbortSignal.timeout(30_000) });
  return child;
}

const runContainerd = (layout: NodeLayout): ChildProcess => spawn('containerd', ['--config', layout.containerdConfig], { stdio: 'ignore' });

/** Beside the machine's own, in a directory of the node's. */
async function addPlugin(dir: string, layout: NodeLayout, { name, script }: NonNullable<KubeletNodeOptions['plugin']>): Promise<void> {
  const bin = join(dir, 'cni-bin');
  await mkdir(bin);
  for (const file of await readdir(CNI_BIN_DIR)) await symlink(join(CNI_BIN_DIR, file), join(bin, file));
  await writeFile(join(bin, name), script, { mode: 0o755 });
  const config = await readFile(layout.containerdConfig, 'utf8');
  await writeFile(layout.containerdConfig, config.replace(JSON.stringify(CNI_BIN_DIR), JSON.stringify(bin)));
}

async function endContainerd(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  await ended;
}

async function startApi(): Promise<Client> {
  const issuer = 'https://kubernetes.default.svc.cluster.local';
  const api = await startApiServer({
    driver: memoryDriver(), kinds: builtinKinds, clock: systemClock, random: systemRandom, log: silent,
    config: { serviceAccounts: { issuer, audiences: [issuer], signingKey: TEST_KEY } },
  });
  const client = createClient((request: ApiRequest) => api.handler({ ...request, peer: { address: 'in-process', user: ADMIN }, wantsObjects: true }));
  await client.create(ServiceAccount, { metadata: { name: 'default', namespace: 'default' } });
  await client.create(ConfigMap, { metadata: { name: 'kube-root-ca.crt', namespace: 'default' }, data: { 'ca.crt': 'CERTIFICATE' } });
  await client.create(ClusterRoleBinding, {
    metadata: { name: 'ops' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:kubelet-api-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'ops' }],
  });
  return client;
}
