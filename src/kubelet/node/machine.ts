/** What this machine is and has, read from /proc and its like. */
import { readFile, readdir, statfs } from 'node:fs/promises';
import { availableParallelism, machine, release } from 'node:os';

export interface Machine {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly swapBytes: number;
  /** Of the file system that holds the kubelet's directory. */
  readonly storageBytes: number;
  /** Page sizes the kernel has, `2Mi`, and how much is set aside of each. */
  readonly hugepages: Readonly<Record<string, string>>;
  readonly machineId: string;
  readonly systemUuid: string;
  readonly bootId: string;
  readonly kernelVersion: string;
  readonly osImage: string;
  /** In Go's names: `amd64`, `arm64`. */
  readonly architecture: string;
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64', i686: '386', armv7l: 'arm' };
const read = (path: string): Promise<string> => readFile(path, 'utf8').then((text) => text.trim(), () => '');

export async function readMachine(rootDir: string): Promise<Machine> {
  const [meminfo, machineId, systemUuid, bootId, os, disk] = await Promise.all([
    read('/proc/meminfo'), read('/etc/machine-id'), read('/sys/class/dmi/id/product_uuid'), read('/proc/sys/kernel/random/boot_id'),
    read('/etc/os-release'), statfs(rootDir),
  ]);
  return {
    cpus: availableParallelism(),
    memoryBytes: Number(/^MemTotal:\s+(\d+) kB/m.exec(meminfo)?.[1] ?? 0) * 1024,
    swapBytes: Number(/^SwapTotal:\s+(\d+) kB/m.exec(meminfo)?.[1] ?? 0) * 1024,
    storageBytes: disk.blocks * disk.bsize,
    hugepages: await readHugepages(),
    machineId,
    systemUuid: systemUuid || machineId,
    bootId,
    kernelVersion: release(),
    osImage: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(os)?.[1] ?? 'Linux',
    architecture: ARCHITECTURES[machine()] ?? machine(),
  };
}

const HUGEPAGES = '/sys/kernel/mm/hugepages';

async function readHugepages(): Promise<Readonly<Record<string, string>>> {
  const sizes = await readdir(HUGEPAGES).catch(() => []);
  const pairs = await Promise.all(sizes.map(async (dir) => {
    const kib = Number(/(\d+)kB$/.exec(dir)?.[1] ?? 0);
    const count = Number(await read(`${HUGEPAGES}/${dir}/nr_hugepages`));
    const size = kib % (1024 * 1024) === 0 ? `${kib / 1024 / 1024}Gi` : `${kib / 1024}Mi`;
    return [size, count === 0 ? '0' : `${(count * kib) / 1024}Mi`] as const;
  }));
  return Object.fromEntries(pairs);
}
