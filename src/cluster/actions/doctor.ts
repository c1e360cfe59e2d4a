import { readFile, statfs } from 'node:fs/promises';
import { homedir } from 'node:os';
import type { Check } from '../../cli/index.ts';
import { machineFacts } from '../machine/facts.ts';
import { installCommand, REQUIREMENTS, which } from '../machine/packages.ts';

/** What a real node needs of this machine, one check each. */
export async function doctor(): Promise<readonly Check[]> {
  const programs = await Promise.all(REQUIREMENTS.map(async (one): Promise<Check> => {
    const found = await which(one.file);
    return {
      name: one.file, ok: found !== undefined, detail: found ?? `not found (${one.what})`,
      ...(found === undefined ? { mend: installCommand([one.package]) } : {}),
    };
  }));
  return [platform(), privileges(), await cgroups(), await filesystem('overlay'), addresses(), await space(), ...programs];
}

const platform = (): Check => ({
  name: 'Linux', ok: process.platform === 'linux', detail: `${process.platform} ${process.arch}, Node ${process.versions.node}`,
  mend: 'containers need Linux; elsewhere `knarr up` gives simulated nodes',
});

const privileges = (): Check => ({
  name: 'root', ok: process.getuid?.() === 0, detail: `user id ${process.getuid?.() ?? 'unknown'}`,
  mend: 'run as root for real containers; without it `knarr up` gives one simulated node',
});

async function cgroups(): Promise<Check> {
  const mounts = await readFile('/proc/mounts', 'utf8').catch(() => '');
  const types = mounts.split('\n').map((line) => line.split(' ')).filter(([, at]) => at?.startsWith('/sys/fs/cgroup'));
  const version = types.some(([, at, type]) => at === '/sys/fs/cgroup' && type === 'cgroup2') ? 'v2'
    : types.some(([, , type]) => type === 'cgroup') ? 'v1' : undefined;
  return {
    name: 'cgroups', ok: version !== undefined, detail: version ?? 'none mounted on /sys/fs/cgroup',
    mend: 'mount -t cgroup2 none /sys/fs/cgroup',
  };
}

async function filesystem(name: string): Promise<Check> {
  const known = (await readFile('/proc/filesystems', 'utf8').catch(() => '')).split(/\s+/).includes(name);
  return { name: `${name} filesystem`, ok: known, detail: known ? 'in the kernel' : 'not in the kernel', mend: `modprobe ${name}` };
}

function addresses(): Check {
  const found = machineFacts().addresses;
  // Not a fault: `up` then makes a link of its own with an address.
  return { name: 'addresses', ok: true, detail: found.join(', ') || 'none but loopback; a link of our own will do' };
}

async function space(): Promise<Check> {
  const { bavail, bsize } = await statfs(homedir());
  const gib = (bavail * bsize) / 2 ** 30;
  return { name: 'disk space', ok: gib >= 1, detail: `${gib.toFixed(1)} GiB free in ${homedir()}`, mend: 'free a gibibyte, or use --data-dir elsewhere' };
}
