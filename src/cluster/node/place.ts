import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { IptablesProgram } from '../../base/iptables.ts';
import { ProgramFailed } from '../../base/program.ts';
import { readText } from '../files.ts';
import type { Layout } from '../layout.ts';
import type { Exec } from '../machine/exec.ts';
import { CNI_BIN_DIR } from '../machine/packages.ts';
import { USUAL_CNI } from './containerd.ts';
import { bridge6Of, isDualStack, nodeIpsOf, podCidrsOf, serviceCidrsOf } from '../settings-families.ts';
import { bridgeOf, isJoined, namespaceOf, networkOf, poweredNodes, type NodePlace, type Settings } from '../settings.ts';

/** The link that joins a node's pods. */
export const POD_BRIDGE = 'knarr-pods';
/** The node's end of its cable; the other end, on this machine, is named after bridge and node. */
const NODE_LINK = 'eth0';
export const hostEnd = (slot: number, node: NodePlace): string => `${bridgeOf(slot).link}n${node.index}`;
const mountFile = (layout: Layout, node: NodePlace): string => join(layout.run, 'ns', `${node.name}.mnt`);
const utsFile = (layout: Layout, node: NodePlace): string => join(layout.run, 'ns', `${node.name}.uts`);
/** Named so that a stranger who finds the rule knows whose it is. */
const chainOf = (slot: number): string => `KNARR-NODES-${slot}`;

/** The cgroup below which all of a node's pods live. */
export const cgroupOf = ({ slot }: Settings, node: NodePlace): string => `/knarr-${slot}/${node.name}`;

/** What to put before a program's name so that it runs as on the node. */
export function enterNode(layout: Layout, settings: Settings, node: NodePlace): readonly string[] {
  if (node.place === 'host') return [];
  const net = `/run/netns/${namespaceOf(settings.slot, node)}`;
  return ['nsenter', `--net=${net}`, `--mount=${mountFile(layout, node)}`, `--uts=${utsFile(layout, node)}`, '--'];
}

/** Makes what the nodes stand on; what is there already stays, so that running containers do not notice. */
export async function preparePlaces(layout: Layout, settings: Settings, exec: Exec): Promise<void> {
  if (settings.nodes.length === 0) return;
  await forwardPackets(settings);
  const apart = poweredNodes(settings).filter((node) => node.place === 'namespace');
  const bridge = bridgeOf(settings.slot);
  // The bridge also lends its address to a machine that has none.
  if (apart.length > 0 || settings.advertiseAddress === bridge.address) {
    await exec.run('ip', ['link', 'add', bridge.link, 'type', 'bridge']);
    await exec.must('ip', ['address', 'replace', `${bridge.address}/24`, 'dev', bridge.link]);
    if (isDualStack(settings)) await exec.must('ip', ['address', 'replace', `${bridge6Of(settings).address}/64`, 'dev', bridge.link, 'nodad']);
    await exec.must('ip', ['link', 'set', bridge.link, 'up']);
  }
  if (apart.length === 0) return;
  await letNodesOut(settings, exec);
  await privateNamespaceFiles(layout, exec);
  for (const node of apart) await prepareNamespace(layout, { settings, node }, exec);
  if (networkOf(settings) === 'none') for (const node of poweredNodes(settings)) await makeRoomForCni(layout, { settings, node }, exec);
  for (const node of apart) {
    const via = nodeIpsOf(settings, node);
    for (const [at, cidr] of podCidrsOf(settings, node).entries()) await exec.must('ip', ['route', 'replace', cidr, 'via', via[at]!]);
  }
  // Services as this machine reaches them: through the first node that can be reached, whose proxy knows every backend.
  const first = apart.find((node) => isJoined(settings, node)) ?? apart[0]!;
  const via = nodeIpsOf(settings, first);
  for (const [at, cidr] of serviceCidrsOf(settings).entries()) await exec.must('ip', ['route', 'replace', cidr, 'via', via[at]!]);
}

async function forwardPackets(settings: Settings): Promise<void> {
  await writeFile('/proc/sys/net/ipv4/ip_forward', '1');
  if (!isDualStack(settings)) return;
  // A machine that forwards IPv6 no longer listens to its router, unless told to: 2 (kernel, ip-sysctl).
  const links = await readdir('/proc/sys/net/ipv6/conf');
  for (const link of links) {
    const file = join('/proc/sys/net/ipv6/conf', link, 'accept_ra');
    if ((await readText(file))?.trim() === '1') await writeFile(file, '2');
  }
  await writeFile('/proc/sys/net/ipv6/conf/all/forwarding', '1');
}

/** The world sees the nodes as this machine, and a firewall that forwards nothing lets them through. */
async function letNodesOut(settings: Settings, exec: Exec): Promise<void> {
  await letOut('iptables', { slot: settings.slot, cidr: bridgeOf(settings.slot).cidr }, exec);
  if (isDualStack(settings)) await letOut('ip6tables', { slot: settings.slot, cidr: bridge6Of(settings).cidr }, exec);
}

async function letOut(iptables: IptablesProgram, { slot, cidr }: { readonly slot: number; readonly cidr: string }, exec: Exec): Promise<void> {
  const { link } = bridgeOf(slot);
  const chain = chainOf(slot);
  await exec.run(iptables, ['-w', '-t', 'nat', '-N', chain]);
  await exec.must(iptables, ['-w', '-t', 'nat', '-F', chain]);
  await exec.must(iptables, ['-w', '-t', 'nat', '-A', chain, '-s', cidr, '!', '-o', link, '-j', 'MASQUERADE']);
  await exec.run(iptables, ['-w', '-N', chain]);
  await exec.must(iptables, ['-w', '-F', chain]);
  await exec.must(iptables, ['-w', '-A', chain, '-i', link, '-j', 'ACCEPT']);
  await exec.must(iptables, ['-w', '-A', chain, '-o', link, '-j', 'ACCEPT']);
  for (const [table, from] of JUMPS) {
    const jump = ['-j', chain];
    if ((await exec.run(iptables, ['-w', '-t', table, '-C', from, ...jump])).code !== 0) {
      await exec.must(iptables, ['-w', '-t', table, '-I', from, '1', ...jump]);
    }
  }
}

const JUMPS = [['nat', 'POSTROUTING'], ['filter', 'FORWARD']] as const;

/** A namespace's file may be bound only on a mount that is not shared with others (unshare(1)). */
async function privateNamespaceFiles(layout: Layout, exec: Exec): Promise<void> {
  const dir = join(layout.run, 'ns');
  await mkdir(dir, { recursive: true });
  if ((await mountPoints()).includes(dir)) return;
  await exec.must('mount', ['--bind', dir, dir]);
  await exec.must('mount', ['--make-private', dir]);
}

async function prepareNamespace(layout: Layout, at: { settings: Settings; node: NodePlace }, exec: Exec): Promise<void> {
  const { settings, node } = at;
  const { slot } = settings;
  const name = namespaceOf(slot, node);
  const bridge = bridgeOf(slot);
  const cable = hostEnd(slot, node);
  await exec.run('ip', ['netns', 'add', name]);
  if ((await exec.run('ip', ['-n', name, 'link', 'show', NODE_LINK])).code !== 0) {
    await exec.run('ip', ['link', 'delete', cable]);
    await exec.must('ip', ['link', 'add', cable, 'type', 'veth', 'peer', 'name', NODE_LINK, 'netns', name]);
  }
  await exec.must('ip', ['link', 'set', cable, ...(isJoined(settings, node) ? ['master', bridge.link] : ['nomaster']), 'up']);
  await exec.must('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
  await exec.must('ip', ['-n', name, 'address', 'replace', `${node.address}/24`, 'dev', NODE_LINK]);
  const [, six] = nodeIpsOf(settings, node);
  if (six !== undefined) await exec.must('ip', ['-n', name, 'address', 'replace', `${six}/64`, 'dev', NODE_LINK, 'nodad']);
  await exec.must('ip', ['-n', name, 'link', 'set', NODE_LINK, 'up']);
  await exec.must('ip', ['-n', name, 'route', 'replace', 'default', 'via', bridge.address]);
  if (six !== undefined) await exec.must('ip', ['-n', name, '-6', 'route', 'replace', 'default', 'via', bridge6Of(settings).address]);
  await exec.must('ip', ['netns', 'exec', name, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']);
  await ownMounts(layout, node, exec);
}

/**
 * Kernels since 6.18 number namespaces by processor, and refuse to keep one whose number is lower than that of the
 * namespace one is in, as they might from inside a container: another try gets another number.
 */
const TRIES = 20;

/**
 * A mount namespace that sees what the machine mounts and keeps its own to itself, and a host name of its own. Its
 * /var/log is the node's, as on a host: collectors of logs mount it.
 */
async function ownMounts(layout: Layout, node: NodePlace, exec: Exec): Promise<void> {
  const [mounts, uts] = [mountFile(layout, node), utsFile(layout, node)];
  if ((await mountPoints()).includes(mounts)) return;
  const { logs } = layout.node(node.name);
  const args = [
    `--mount=${mounts}`, `--uts=${uts}`, '--propagation', 'slave',
    'sh', '-c', `mount --make-rshared / && mount --bind "$1" /var/log && echo ${node.name} > /proc/sys/kernel/hostname`, 'sh', logs,
  ];
  await mkdir(logs, { recursive: true });
  for (let tries = 1; ; tries++) {
    await exec.run('umount', ['-l', uts]); // a try that failed half-way leaves it
    await writeFile(mounts, '');
    await writeFile(uts, '');
    const made = await exec.run('unshare', args);
    if (made.code === 0) return;
    if (tries === TRIES) throw new ProgramFailed('unshare', args, made);
  }
}

/**
 * Where another CNI's installer writes is each node's own, as on a host, and the standard plugins are there: installers bring
 * only what is theirs.
 */
async function makeRoomForCni(layout: Layout, { settings, node }: { settings: Settings; node: NodePlace }, exec: Exec): Promise<void> {
  const { cniConfig, cniPrograms, cniRun } = layout.node(node.name);
  const rooms = [[USUAL_CNI.config, cniConfig], [USUAL_CNI.programs, cniPrograms], ['/run/flannel', cniRun]] as const;
  for (const [usual, own] of rooms) {
    await mkdir(usual, { recursive: true });
    if (node.place === 'host') continue;
    await mkdir(own, { recursive: true });
    const [enter = '', ...into] = enterNode(layout, settings, node);
    await exec.must(enter, [...into, 'sh', '-c', 'grep -q " $2 " /proc/self/mountinfo || mount --bind "$1" "$2"', 'sh', own, usual]);
  }
  const programs = node.place === 'host' ? USUAL_CNI.programs : cniPrograms;
  await exec.must('sh', ['-c', 'for file in "$1"/*; do [ -e "$2/${file##*/}" ] || ln -s "$file" "$2/"; done', 'sh', CNI_BIN_DIR, programs]);
}

/** Every mount point of this process, decoded (proc(5), mountinfo). */
export async function mountPoints(): Promise<readonly string[]> {
  const text = (await readText('/proc/self/mountinfo')) ?? '';
  return text.split('\n').filter((line) => line !== '')
    .map((line) => line.split(' ')[4]!.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8))));
}

/** Takes away what one node in namespaces of its own stands on. */
export async function removePlace(layout: Layout, { settings, node }: { settings: Settings; node: NodePlace }, exec: Exec): Promise<void> {
  const { slot } = settings;
  await exec.run('umount', ['-l', mountFile(layout, node)]);
  await exec.run('umount', ['-l', utsFile(layout, node)]);
  await exec.run('ip', ['netns', 'delete', namespaceOf(slot, node)]);
  await exec.run('ip', ['link', 'delete', hostEnd(slot, node)]);
  for (const cidr of podCidrsOf(settings, node)) await exec.run('ip', ['route', 'delete', cidr]);
}

/** Takes away everything `preparePlaces` made; what is gone already is no fault. */
export async function removePlaces(layout: Layout, settings: Settings, exec: Exec): Promise<void> {
  const { slot } = settings;
  const bridge = bridgeOf(slot);
  for (const node of settings.nodes.filter(({ place }) => place === 'namespace')) await removePlace(layout, { settings, node }, exec);
  await exec.run('umount', ['-l', join(layout.run, 'ns')]);
  await rm(join(layout.run, 'ns'), { recursive: true, force: true });
  await exec.run('ip', ['link', 'delete', bridge.link]); // and with it the routes through it
  for (const iptables of isDualStack(settings) ? ['iptables', 'ip6tables'] : ['iptables']) {
    if ((await exec.run(iptables, ['-w', '-S', chainOf(slot)])).code !== 0) continue;
    for (const [table, from] of JUMPS) {
      await exec.run(iptables, ['-w', '-t', table, '-D', from, '-j', chainOf(slot)]);
      await exec.run(iptables, ['-w', '-t', table, '-F', chainOf(slot)]);
      await exec.run(iptables, ['-w', '-t', table, '-X', chainOf(slot)]);
    }
  }
}
