import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { Refusal, type PodNetwork } from '../../cli/index.ts';
import type { Exec } from './exec.ts';

/** A file a real node needs, the Debian package that has it, and what it is for. */
export interface Requirement {
  readonly what: string;
  readonly file: string;
  readonly package: string;
}

export const CNI_BIN_DIR = '/usr/lib/cni';

export const REQUIREMENTS: readonly Requirement[] = [
  { what: 'runs containers', file: 'containerd', package: 'containerd' },
  { what: "containerd's own client, which loads images", file: 'ctr', package: 'containerd' },
  { what: 'makes one container', file: 'runc', package: 'runc' },
  { what: 'connects pods', file: join(CNI_BIN_DIR, 'bridge'), package: 'containernetworking-plugins' },
  { what: 'Service addresses', file: 'iptables', package: 'iptables' },
  { what: 'network policies', file: 'nft', package: 'nftables' },
  { what: 'forgets connections to pods that went', file: 'conntrack', package: 'conntrack' },
  { what: 'links, addresses, routes, namespaces', file: 'ip', package: 'iproute2' },
  { what: 'mounts', file: 'mount', package: 'mount' },
  { what: 'enters namespaces', file: 'nsenter', package: 'util-linux' },
  { what: 'the image knarr.local/busybox', file: '/bin/busybox', package: 'busybox-static' },
  { what: 'the image knarr.local/pause', file: 'catatonit', package: 'catatonit' },
];

/** What some ways between nodes need beside that. */
const OF_NETWORKS: Readonly<Partial<Record<PodNetwork, readonly Requirement[]>>> = {
  udp: [{ what: 'opens the TUN device of the udp network', file: 'socat', package: 'socat' }],
  bgp: [{ what: 'announces routes in the bgp network', file: 'bird', package: 'bird2' }],
};

/** What some ways to write Services into the kernel need. */
const OF_PROXIES: Readonly<Record<string, readonly Requirement[]>> = {
  ipvs: [{ what: 'virtual servers', file: 'ipvsadm', package: 'ipvsadm' }, { what: 'sets of addresses', file: 'ipset', package: 'ipset' }],
};

/** What a cluster is to be made of, as far as that takes programs. */
export interface Parts {
  readonly network: PodNetwork;
  readonly proxy?: string | undefined;
}

const PATH = [...new Set([...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/bin', '/bin'])];

/** The program's full path, or undefined. */
export async function which(program: string): Promise<string | undefined> {
  for (const file of program.startsWith('/') ? [program] : PATH.map((dir) => join(dir, program))) {
    if (await access(file, constants.X_OK).then(() => true, () => false)) return file;
  }
  return undefined;
}

export async function missingRequirements({ network, proxy = '' }: Parts): Promise<readonly Requirement[]> {
  const all = [...REQUIREMENTS, ...(OF_NETWORKS[network] ?? []), ...(OF_PROXIES[proxy] ?? [])];
  const found = await Promise.all(all.map(({ file }) => which(file)));
  return all.filter((_, at) => found[at] === undefined);
}

export const packagesOf = (missing: readonly Requirement[]): readonly string[] => [...new Set(missing.map((one) => one.package))];
export const installCommand = (packages: readonly string[]): string =>
  `apt-get install -y --no-install-recommends ${packages.join(' ')}`;

/**
 * Installs what a real node needs and this machine lacks, after naming it.
 * @throws Refusal where it may not, cannot, or did not help
 */
export async function ensurePackages(exec: Exec, options: Parts & { readonly install: boolean; readonly say: (line: string) => void }): Promise<void> {
  const missing = await missingRequirements(options);
  if (missing.length === 0) return;
  const packages = packagesOf(missing);
  const lacks = `this machine lacks ${missing.map(({ file }) => file).join(', ')}`;
  if (!options.install) throw new Refusal(lacks, `install them with: ${installCommand(packages)}`);
  if ((await which('apt-get')) === undefined) {
    throw new Refusal(`${lacks}, and it has no apt-get to install them`, `they are in what Debian calls ${packages.join(', ')}`);
  }
  options.say(`installing ${packages.join(' ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const args = ['install', '-y', '--no-install-recommends', ...packages];
  // The lists may be absent or old, as in a fresh container: they are fetched only when the first try fails.
  if ((await exec.run('apt-get', args, { env })).code !== 0) {
    await exec.run('apt-get', ['update'], { env });
    const second = await exec.run('apt-get', args, { env });
    if (second.code !== 0) throw new Refusal(`apt-get could not install ${packages.join(' ')}: ${lastLine(second.stderr)}`);
  }
  const still = await missingRequirements(options);
  if (still.length > 0) throw new Refusal(`still missing after the installation: ${still.map(({ file }) => file).join(', ')}`);
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';
