import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Refusal } from '../cli/index.ts';
import { layoutOf } from './layout.ts';
import { SLOTS } from './settings.ts';
import { readRecords } from './supervisor/records.ts';
import type { Processes } from './supervisor/process.ts';

/** Gone after a reboot, as what the slots stand for is. */
const REGISTRY = '/run/knarr/slots';
const fileOf = (slot: number): string => join(REGISTRY, String(slot));

/**
 * Takes a slot of this machine's networks for a data directory: its own from before, or the first free one.
 * @throws Refusal when another living cluster has it
 */
export async function claimSlot(dataDir: string, before: number | undefined, processes: Processes): Promise<number> {
  await mkdir(REGISTRY, { recursive: true });
  for (const slot of before === undefined ? Array.from({ length: SLOTS }, (_, at) => at) : [before]) {
    const holder = await claim(slot, dataDir, processes);
    if (holder === undefined) return slot;
    if (before !== undefined) {
      throw new Refusal(`the cluster of ${holder} has taken the networks of this one`, `stop it with: knarr down --data-dir ${holder}`);
    }
  }
  throw new Refusal(`${SLOTS} clusters run on this machine; it has networks for no more`);
}

/** @returns who has it already, or undefined when it is ours now */
async function claim(slot: number, dataDir: string, processes: Processes): Promise<string | undefined> {
  const written = await writeFile(fileOf(slot), dataDir, { flag: 'wx' }).then(() => true, () => false);
  if (written) return undefined;
  const holder = (await readFile(fileOf(slot), 'utf8').catch(() => '')).trim();
  if (holder === dataDir) return undefined;
  if (await isLiving(holder, processes)) return holder;
  await writeFile(fileOf(slot), dataDir); // its holder died without a word
  return undefined;
}

/** The data directories of the clusters that hold a slot and run. */
export async function livingClusters(processes: Processes): Promise<readonly string[]> {
  const holders = await Promise.all(Array.from({ length: SLOTS }, async (_, slot) => (await readFile(fileOf(slot), 'utf8').catch(() => '')).trim()));
  const lives = await Promise.all(holders.map((holder) => isLiving(holder, processes)));
  return holders.filter((_, at) => lives[at]);
}

async function isLiving(holder: string, processes: Processes): Promise<boolean> {
  return holder !== '' && Object.values(await readRecords(layoutOf(holder))).some((identity) => processes.lives(identity));
}

export async function releaseSlot(dataDir: string, slot: number): Promise<void> {
  const holder = await readFile(fileOf(slot), 'utf8').catch(() => '');
  if (holder.trim() === dataDir) await rm(fileOf(slot), { force: true });
}

/** Whether what bears the slot's number on this machine is another cluster's by now. */
export async function isTaken(dataDir: string, slot: number): Promise<boolean> {
  const holder = (await readFile(fileOf(slot), 'utf8').catch(() => '')).trim();
  return holder !== '' && holder !== dataDir;
}
