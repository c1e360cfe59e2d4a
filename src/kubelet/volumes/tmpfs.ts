import { release } from 'node:os';
import { mountAt } from './mount-table.ts';
import type { Mounter } from './mounter.ts';

/** Since Linux 6.4 memory can be kept from swap (tmpfs(5)): what is in it never reaches a disk. */
const NOSWAP_SINCE = 6.04;

/** `6.18.1` as 6.18, `6.4.0` as 6.04. */
const kernelVersion = (text: string): number => {
  const [major = '0', minor = '0'] = text.split('.');
  return Number(major) + Number.parseInt(minor, 10) / 100;
};

/** A file system in memory; nothing happens where one is mounted already. */
export async function mountTmpfs(mounter: Mounter, { dir, sizeBytes }: { readonly dir: string; readonly sizeBytes?: number | undefined }, signal?: AbortSignal): Promise<void> {
  if (mountAt(await mounter.table(), dir)?.type === 'tmpfs') return;
  const options = [...(sizeBytes === undefined ? [] : [`size=${sizeBytes}`]), ...(kernelVersion(release()) >= NOSWAP_SINCE ? ['noswap'] : [])];
  await mounter.mount({ source: 'tmpfs', target: dir, type: 'tmpfs', options }, signal);
}
