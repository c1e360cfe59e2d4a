/** Debian packages unpacked beside the machine's own: nothing is installed, nothing of the machine changes. */
import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../support/namespaces.ts';

/** The small kernel that Debian makes for clouds: it has IPVS, ipset and SCTP as modules. */
const KERNEL = 'linux-image-cloud-amd64';
const PROGRAMS = ['qemu-system-x86', 'ipvsadm', 'ipset', 'iptables', 'nftables', 'conntrack', 'iproute2'];

/** A directory with all of it, kept for the next run; or why it cannot be had. */
export async function unpacked(): Promise<{ readonly root: string } | { readonly lacks: string }> {
  const root = join(tmpdir(), `knarr-vm-${process.getuid?.() ?? 0}`);
  if (await access(root).then(() => true, () => false)) return { root };
  const trial = await mkdtemp(join(tmpdir(), 'knarr-vm-new-'));
  try {
    const lacks = await fill(trial);
    if (lacks !== undefined) return { lacks };
    await rename(trial, root).catch(() => {}); // another run was faster
    return { root };
  } finally {
    await rm(trial, { recursive: true, force: true });
  }
}

async function fill(root: string): Promise<string | undefined> {
  const debs = join(root, 'debs');
  await mkdir(debs);
  for (const once of [true, false]) {
    const names = await wanted();
    const { code, stderr } = names ? await run('sh', ['-c', 'cd "$0" && exec apt-get download "$@"', debs, ...names]) : { code: 1, stderr: 'apt-get knows no such packages' };
    if (code === 0) break;
    if (!once) return stderr.trim().split('\n').at(-1) ?? 'apt-get download failed';
    await run('apt-get', ['update']); // the lists may be absent or old
  }
  for (const deb of await readdir(debs)) {
    const { code, stderr } = await run('dpkg', ['-x', join(debs, deb), root]);
    if (code !== 0) return stderr.trim();
  }
  await rm(debs, { recursive: true });
  return undefined;
}

/** What apt would install, and the kernel's image alone of what comes with a kernel. */
async function wanted(): Promise<readonly string[] | undefined> {
  const programs = await run('apt-get', ['install', '--no-install-recommends', '-s', ...PROGRAMS]);
  const image = /Depends: (linux-image-\S+)/.exec((await run('apt-cache', ['depends', KERNEL])).stdout)?.[1];
  if (programs.code !== 0 || image === undefined) return undefined;
  return [image, ...[...programs.stdout.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name!)];
}
