/** The file system that the virtual machine runs from: busybox, perl, the programs that write rules, and the kernel's modules. */
import { copyFile, cp, mkdir, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { mustRun } from '../../../src/base/program.ts';
import { runWith } from '../support/namespaces.ts';

const PROGRAMS = ['perl', 'ip', 'ipvsadm', 'ipset', 'xtables-nft-multi', 'nft', 'conntrack'];
const OF_IPTABLES = ['iptables', 'iptables-save', 'iptables-restore', 'ip6tables', 'ip6tables-save', 'ip6tables-restore'];
const OF_BUSYBOX = ['sh', 'mount', 'modprobe', 'cat', 'echo', 'test', 'sleep', 'mkdir', 'ls', 'poweroff', 'head', 'grep', 'sysctl', 'nsenter'];
const MODULES = ['net', 'lib', 'crypto', 'drivers/virtio', 'drivers/char/virtio_console.ko', 'drivers/net/veth.ko', 'drivers/net/dummy.ko', 'drivers/net/tun.ko'];
const LIBRARIES = '/usr/lib/x86_64-linux-gnu';

/** Modules that several programs would ask for at once are there before. */
const INIT = `#!/bin/sh
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev; mount -t tmpfs tmp /tmp; mount -t tmpfs run /run
mkdir -p /run/netns /var
ln -s /run /var/run
for module in virtio_pci virtio_console br_netfilter veth dummy nf_tables ip_vs_rr sctp; do modprobe $module; done
ip link set lo up
while ! test -e /dev/vport0p1; do sleep 0.05; done
perl /agent.pl /dev/vport0p1
poweroff -f
`;

/** @param root of the unpacked packages. @returns the kernel and the archive */
export async function buildInitramfs(root: string, into: string): Promise<{ readonly kernel: string; readonly archive: string }> {
  const tree = join(into, 'tree');
  const bin = join(tree, 'bin');
  for (const path of ['bin', 'dev', 'proc', 'sys', 'tmp', 'run', 'etc', 'lib64', 'lib/modules', 'usr/lib']) await mkdir(join(tree, path), { recursive: true });
  for (const [link, to] of [['sbin', 'bin'], ['usr/bin', '../bin'], ['usr/sbin', '../bin']] as const) await symlink(to, join(tree, link));
  const kernel = (await readdir(join(root, 'boot'))).find((file) => file.startsWith('vmlinuz-'))!;
  await copyModules({ root, tree, version: kernel.slice('vmlinuz-'.length) });
  await copyPrograms(root, tree);
  for (const name of OF_IPTABLES) await symlink('xtables-nft-multi', join(bin, name));
  await copyFile('/bin/busybox', join(bin, 'busybox'));
  for (const name of [...OF_BUSYBOX, 'ln']) await symlink('busybox', join(bin, name));
  await copyFile(join(import.meta.dirname, 'agent.pl'), join(tree, 'agent.pl'));
  await copyFile(join(import.meta.dirname, 'talk.pl'), join(tree, 'talk.pl'));
  await writeFile(join(tree, 'etc/protocols'), 'icmp 1 ICMP\ntcp 6 TCP\nudp 17 UDP\nipv6-icmp 58 IPv6-ICMP\nsctp 132 SCTP\n');
  await writeFile(join(tree, 'init'), INIT, { mode: 0o755 });
  const archive = join(into, 'initramfs');
  await mustRun(runWith.bind(undefined, {}), 'sh', ['-c', 'cd "$0" && find . | busybox cpio -o -H newc > "$1"', tree, archive]);
  await rm(tree, { recursive: true });
  return { kernel: join(root, 'boot', kernel), archive };
}

async function copyModules({ root, tree, version }: { readonly root: string; readonly tree: string; readonly version: string }): Promise<void> {
  const [from, to] = [root, tree].map((base) => join(base, 'lib/modules', version)) as [string, string];
  for (const path of MODULES) await cp(join(from, 'kernel', path), join(to, 'kernel', path), { recursive: true }).catch(() => {}); // built in
  for (const list of ['modules.builtin', 'modules.order']) await copyFile(join(from, list), join(to, list));
  await mustRun(runWith.bind(undefined, {}), 'busybox', ['depmod', '-b', tree, version]);
}

/** Programs, the libraries they are linked with, and what they load while they run. */
async function copyPrograms(root: string, tree: string): Promise<void> {
  const libraries = [`${root}${LIBRARIES}`, `${root}/lib/x86_64-linux-gnu`].join(':');
  const search = `${root}/usr/sbin:${root}/sbin:${root}/usr/bin:${root}/bin:${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
  const found = new Set<string>();
  for (const name of PROGRAMS) {
    const path = await realpath((await mustRun(runWith.bind(undefined, { PATH: search }), 'sh', ['-c', 'PATH=$1 command -v "$0"', name, search])).trim());
    await copyFile(path, join(tree, 'bin', name));
    await linked(path, { libraries, found });
  }
  const loaded: readonly (readonly [string, RegExp])[] = [['xtables', /\.so$/], ['perl-base', /./]];
  for (const [directory, files] of loaded) {
    const from = await realpath(join(root, LIBRARIES, directory)).catch(() => join(LIBRARIES, directory));
    await cp(from, join(tree, LIBRARIES, directory), { recursive: true, filter: (path) => path === from || !/\.\w+$/.test(path) || files.test(path) });
  }
  for (const path of found) {
    const at = path.startsWith(root) ? path.slice(root.length) : path;
    const place = at.includes('ld-linux') ? join(tree, 'lib64/ld-linux-x86-64.so.2') : join(tree, LIBRARIES, at.split('/').at(-1)!);
    await mkdir(dirname(place), { recursive: true });
    await copyFile(path, place);
  }
}

async function linked(path: string, { libraries, found }: { readonly libraries: string; readonly found: Set<string> }): Promise<void> {
  const { stdout } = await runWith({ LD_LIBRARY_PATH: libraries }, 'ldd', [path]);
  for (const [, library] of stdout.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)) found.add(library!);
}
