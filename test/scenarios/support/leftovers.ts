/** What pods have of a machine, counted: before and after must be the same. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeLayout } from '../../../src/cluster/layout.ts';
import type { Cri } from '../../../src/kubelet/index.ts';
import { run } from './namespaces.ts';

/** Where one node's pods leave their traces. */
export interface Traces {
  readonly cri: Cri;
  readonly layout: NodeLayout;
  /** Where pods' logs are: `pods` and `containers` below it. */
  readonly logDir: string;
  readonly cgroupRoot: string;
  /** host-local's own: a file for each address given. */
  readonly addresses: string;
  /** How addresses of its pods begin: `10.199.77.`. */
  readonly network: string;
  /** A process in the mount namespace of the node; this one unless said. */
  readonly pid?: number;
}

/** By kind; sorted lists, so that a failing test names what is left. */
export type Leftovers = Readonly<Record<string, readonly string[]>>;

export async function leftovers(at: Traces): Promise<Leftovers> {
  const { cri, layout, logDir, cgroupRoot, addresses, network, pid = process.pid } = at;
  const below = (...path: readonly string[]) => readdir(join(...path)).catch(() => [] as string[]);
  const lines = async (program: string, ...args: readonly string[]) => (await run(program, args)).stdout.split('\n');
  const ours = new RegExp(`${network.replaceAll('.', '\\.')}\\d`);
  const [containers, sandboxes, mounts, links, routes, rules, snapshots] = await Promise.all([
    cri.listContainers(), cri.listPodSandboxes(), readFile(`/proc/${pid}/mountinfo`, 'utf8'), lines('ip', '-o', 'address'), lines('ip', 'route'), lines('iptables-save'), activeSnapshots(layout),
  ]);
  const found = {
    containers: containers.map(({ id }) => id),
    sandboxes: sandboxes.map(({ id }) => id),
    shims: await shims(layout),
    mounts: mounts.split('\n').map((line) => line.split(' ')[4] ?? '').filter((point) => point.startsWith(layout.dir) && /\/(pods|rootfs|shm|sandboxes|netns)(\/|$)/.test(point)),
    namespaces: await below(layout.containerdState, 'io.containerd.grpc.v1.cri', 'netns').then((names) => names.length > 0 ? names : below(layout.containerdState, 'netns')),
    cgroups: await podCgroups(cgroupRoot),
    links: links.filter((line) => ours.test(line)),
    routes: routes.filter((line) => ours.test(line)),
    rules: rules.filter((line) => ours.test(line)),
    addresses: (await below(addresses)).filter((name) => name.startsWith(network)),
    snapshots,
    podDirs: await below(layout.kubelet, 'pods'),
    logs: [...(await below(logDir, 'pods')), ...(await below(logDir, 'containers'))],
  };
  return Object.fromEntries(Object.entries(found).map(([kind, each]) => [kind, each.toSorted()]));
}

async function shims({ containerdSocket }: NodeLayout): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return commands.filter((command) => command.includes('containerd-shim') && command.split('\0').includes(containerdSocket)).map((command) => command.replaceAll('\0', ' '));
}

/** Of cgroup v1, in every hierarchy, or of v2. */
async function podCgroups(root: string): Promise<readonly string[]> {
  const mount = '/sys/fs/cgroup';
  const trees = [join(mount, root), ...(await readdir(mount)).map((name) => join(mount, name, root))];
  const found = await Promise.all(trees.map(async (tree) => (await readdir(tree, { recursive: true }).catch(() => [])).map((path) => join(tree, path))));
  return found.flat().filter((path) => /\/pod[0-9a-f-]{36}$/.test(path));
}

/** What containers wrote to; layers of images stay. */
async function activeSnapshots({ containerdSocket }: NodeLayout): Promise<readonly string[]> {
  const { stdout } = await run('ctr', ['--address', containerdSocket, '--namespace', 'k8s.io', 'snapshots', 'list']);
  return stdout.split('\n').filter((line) => line.trimEnd().endsWith('Active')).map((line) => line.split(/\s+/)[0]!);
}
