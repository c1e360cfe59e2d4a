/** Reading the kernel's small text files. What is not there is undefined: another version, or gone meanwhile. */
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../base/message-of.ts';

export const exists = (path: string): Promise<boolean> => stat(path).then(() => true, () => false);

export const readText = (path: string): Promise<string | undefined> => readFile(path, 'utf8').then((text) => text.trim(), () => undefined);

/** `max` and absurdly large numbers are the kernel's ways to say that there is no limit. */
const NO_LIMIT = 2 ** 60;

export async function readNumber(path: string): Promise<number | undefined> {
  const text = await readText(path);
  return text === undefined || !/^-?\d+$/.test(text) ? undefined : Number(text);
}

export const asLimit = (number: number | undefined): number | undefined => (number === undefined || number < 0 || number > NO_LIMIT ? undefined : number);

/** Lines of `name number`. */
export async function readTable(path: string): Promise<Readonly<Record<string, number>> | undefined> {
  const text = await readText(path);
  return text === undefined ? undefined : Object.fromEntries(text.split('\n').map((line) => {
    const [name = '', number = '0'] = line.split(' ');
    return [name, Number(number)];
  }));
}

/** @param dir of a cgroup, in any hierarchy */
export const processesIn = async (dir: string): Promise<readonly number[]> =>
  ((await readText(join(dir, 'cgroup.procs'))) ?? '').split('\n').filter((line) => line !== '').map(Number);

/** @returns whether it was missing */
export const makeDirectory = async (path: string): Promise<boolean> => (await mkdir(path, { recursive: true })) !== undefined;

/** A controller this machine does not have limits nothing: its files are missing, and cannot be made. */
const MISSING = new Set(['ENOENT', 'EACCES']);

/** @throws Error where the file is there and refuses the value */
export async function write(path: string, value: number | string): Promise<void> {
  try {
    await writeFile(path, String(value));
  } catch (error) {
    if (error instanceof Error && 'code' in error && MISSING.has(String(error.code))) return;
    throw new Error(`failed to write ${String(value)} to ${path}: ${messageOf(error)}`, { cause: error });
  }
}
