/** A disk's file system: looked for, made where the disk is blank, checked where it is not, and mounted. */
import type { Mounter } from './mounter.ts';

export interface FormatRequest {
  readonly device: string;
  readonly target: string;
  /** `ext4` */
  readonly type: string;
  readonly options: readonly string[];
}

/** blkid(8): nothing it knows is on the disk. Any other answer leaves the disk as it is. */
const BLANK = 2;

export async function formatAndMount(mounter: Mounter, { device, target, type, options }: FormatRequest, signal?: AbortSignal): Promise<void> {
  const found = await formatOf(mounter, device);
  const readOnly = options.includes('ro');
  if (found === '' && readOnly) throw new Error(`cannot mount unformatted disk ${device} as we are manipulating it in read-only mode`);
  if (found === '') await format(mounter, { device, target, type, options });
  else if (!readOnly) await check(mounter, device);
  await mounter.mount({ source: device, target, type, options: [...options, 'defaults'] }, signal);
}

/** '' only where it is certain that nothing is on the disk. */
async function formatOf({ run }: Mounter, device: string): Promise<string> {
  const { code, stdout, stderr } = await run('blkid', ['-p', '-s', 'TYPE', '-s', 'PTTYPE', '-o', 'export', device]);
  if (code === BLANK) return '';
  if (code !== 0) throw new Error(`failed to get disk format of disk ${device}: exit status ${code}${stderr === '' ? '' : `: ${stderr.trim()}`}`);
  const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(stdout)?.[1] ?? '';
  return value('TYPE') || 'unknown data, probably partitions';
}

async function format({ run }: Mounter, { device, target, type, options }: FormatRequest): Promise<void> {
  const args = type === 'ext4' || type === 'ext3' ? ['-F', '-m0', device] : [device];
  const { code, stdout, stderr } = await run(`mkfs.${type}`, args);
  const words = options.map((option) => `"${option}"`).join(' ');
  if (code !== 0) throw new Error(`format of disk "${device}" failed: type:("${type}") target:("${target}") options:([${words}]) errcode:(exit status ${code}) output:(${stdout}${stderr}) `);
}

/** fsck(8). */
const CORRECTED = 1;
const UNCORRECTED = 4;

async function check({ run }: Mounter, device: string): Promise<void> {
  const { code, stdout, stderr } = await run('fsck', ['-a', device]);
  if (code === UNCORRECTED) throw new Error(`'fsck' found errors on device ${device} but could not correct them: ${stdout}${stderr}`);
  // Neither a missing program nor an error of its own is a reason not to try.
  if (code > CORRECTED) return;
}
