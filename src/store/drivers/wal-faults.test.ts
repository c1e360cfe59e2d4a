import { expect, test } from 'vitest';
import { silent } from '../../base/log.ts';
import { seededRandom } from '../../base/random.ts';
import { StoreFull } from '../driver.ts';
import type { Driver, Entry } from '../driver.ts';
import { walDriver } from './wal.ts';
import type { Processes } from './wal/lock.ts';
import { FaultDisk } from './wal/testing/fault-disk.ts';

const DIRECTORY = '/data';
const LOG = `${DIRECTORY}/log-0000000000000001`;
const everything = { from: '', to: '', at: 0n, limit: 0 };
/** Larger than a sector, so that a write can be torn inside. */
const valueOf = (n: number): Buffer => Buffer.from(`${n} `.repeat(400));
const show = (entries: readonly Entry[]) => entries.map(({ key, value }) => `${key}=${Number.parseInt(Buffer.from(value).toString(), 10)}`);

/** Every start is another process; the one before it is dead. */
let pid = 0;
const nextProcess = (): Processes => {
  const self = ++pid;
  return { self, startOf: (other) => (other === self ? 'now' : undefined) };
};

const open = (files: FaultDisk, more: { snapshotBytes?: number; onFailure?: (error: Error) => void; processes?: Processes } = {}) =>
  walDriver({ directory: DIRECTORY, random: seededRandom(7), log: silent, files, processes: nextProcess(), ...more });

/** One commit of two keys, the same value in both; every third deletes one again. */
async function step(driver: Driver, n: number): Promise<boolean> {
  const second = n % 3 === 2 ? ({ type: 'del', key: `b${(n - 1) % 5}` } as const) : ({ type: 'put', key: `b${n % 5}`, value: valueOf(n) } as const);
  const { ok } = await driver.commit({ expect: {}, ops: [{ type: 'put', key: `a${n % 5}`, value: valueOf(n) }, second] });
  return ok;
}

/** What stands after each revision. */
async function history(steps: number): Promise<readonly string[][]> {
  await using driver = await open(new FaultDisk());
  const states: string[][] = [[]];
  for (let n = 1; n <= steps; n++) {
    await step(driver, n);
    states.push(show((await driver.range(everything)).entries));
  }
  return states;
}

const STEPS = 24;
/** Small enough that several snapshots are among the steps. */
const SNAPSHOT_BYTES = 20_000;

/** Works until the disk fails; how many commits were acknowledged. */
async function workUntilFailure(disk: FaultDisk): Promise<number> {
  let acknowledged = 0;
  try {
    const driver = await open(disk, { snapshotBytes: SNAPSHOT_BYTES });
    for (; acknowledged < STEPS; acknowledged++) await step(driver, acknowledged + 1);
    await driver[Symbol.asyncDispose]();
  } catch {
    // the power cut
  }
  return acknowledged;
}

test('whenever the power fails, each acknowledged commit is there, none is there by half, and work goes on', async () => {
  const states = await history(STEPS + 1);
  const whole = new FaultDisk();
  expect(await workUntilFailure(whole)).toBe(STEPS);
  expect((await whole.list(DIRECTORY)).some((name) => name.startsWith('snapshot-'))).toBe(true);
  for (let cut = 1; cut <= whole.operations; cut++) {
    const disk = new FaultDisk();
    disk.powerCutAfter = cut;
    const acknowledged = await workUntilFailure(disk);
    const left = disk.afterCrash(seededRandom(cut));
    const driver = await open(left, { snapshotBytes: SNAPSHOT_BYTES });
    const revision = Number(driver.revision);
    expect(revision, `cut at operation ${cut}`).toBeGreaterThanOrEqual(acknowledged);
    expect(show((await driver.range(everything)).entries)).toEqual(states[revision]);
    await step(driver, revision + 1);
    expect(show((await driver.range(everything)).entries)).toEqual(states[revision + 1]);
    await driver[Symbol.asyncDispose]();
  }
});

test('a full disk rejects the commit and those of its group; what follows works once there is room', async () => {
  const disk = new FaultDisk();
  const driver = await open(disk);
  await step(driver, 1);
  disk.fault = ({ type }) => (type === 'write' ? 'ENOSPC' : undefined);
  const refused = await Promise.allSettled([step(driver, 2), step(driver, 3)]);
  expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(step(driver, 4)).rejects.toThrow(StoreFull);
  await expect(step(driver, 4)).rejects.toThrow('etcdserver: mvcc: database space exceeded');
  expect(driver.revision).toBe(1n);
  disk.fault = () => undefined;
  expect(await step(driver, 2)).toBe(true);
  await driver[Symbol.asyncDispose]();
  await using again = await open(disk);
  expect(again.revision).toBe(2n);
  expect(show((await again.range(everything)).entries)).toEqual((await history(2))[2]);
});

test('a disk with room for the commit alone takes it without the space ahead', async () => {
  const disk = new FaultDisk();
  await using driver = await open(disk);
  let writes = 0;
  disk.fault = ({ type }) => (type === 'write' && writes++ === 0 ? 'ENOSPC' : undefined);
  expect(await step(driver, 1)).toBe(true);
});

test('after a failed fdatasync nothing is acknowledged any more, and the owner is told once', async () => {
  const disk = new FaultDisk();
  const failures: string[] = [];
  const driver = await open(disk, { onFailure: (error) => failures.push(error.message) });
  await step(driver, 1);
  disk.fault = ({ type }) => (type === 'sync' ? 'EIO' : undefined);
  await expect(step(driver, 2)).rejects.toThrow(`store: ${LOG} cannot be written: EIO`);
  disk.fault = () => undefined;
  await expect(step(driver, 3)).rejects.toThrow('cannot be written');
  expect(failures).toHaveLength(1);
  expect(show((await driver.range(everything)).entries)).toEqual(['a1=1', 'b1=1']);
  await driver[Symbol.asyncDispose]();
});

test('damage in the middle of the log is an error that says where, never a silent loss', async () => {
  const disk = new FaultDisk();
  const driver = await open(disk);
  for (let n = 1; n <= 3; n++) await step(driver, n);
  await driver[Symbol.asyncDispose]();
  disk.bytesOf(LOG)[100]! ^= 1;
  await expect(open(disk)).rejects.toThrow(
    /^store: \/data\/log-0000000000000001 is corrupt: the record at byte 32 is damaged, and records follow it \(the next at byte \d+\)$/,
  );
  disk.bytesOf(LOG)[100]! ^= 1;
  await using mended = await open(disk);
  expect(mended.revision).toBe(3n);
});

test('damage in the last record looks like a torn write, and the log goes on before it', async () => {
  const disk = new FaultDisk();
  const driver = await open(disk);
  for (let n = 1; n <= 3; n++) await step(driver, n);
  await driver[Symbol.asyncDispose]();
  disk.bytesOf(LOG)[disk.bytesOf(LOG).byteLength - 1]! ^= 1;
  await using again = await open(disk);
  expect(again.revision).toBe(2n);
});

test('a missing segment is an error that names the revisions', async () => {
  const disk = new FaultDisk();
  const driver = await open(disk);
  for (let n = 1; n <= 3; n++) await step(driver, n);
  await driver[Symbol.asyncDispose]();
  await disk.rename(LOG, `${DIRECTORY}/log-0000000000000009`);
  await expect(open(disk)).rejects.toThrow('revisions 1 to 8 are missing before it');
});

test('a snapshot takes the place of the log before it, and the log of what follows is kept', async () => {
  const disk = new FaultDisk();
  const driver = await open(disk, { snapshotBytes: SNAPSHOT_BYTES });
  for (let n = 1; n <= 60; n++) await step(driver, n);
  await driver[Symbol.asyncDispose]();
  const names = (await disk.list(DIRECTORY)).toSorted();
  expect(names.map((name) => name.split('-')[0])).toEqual(['log', 'snapshot']);
  await using again = await open(disk);
  expect(again.revision).toBe(60n);
  expect(show((await again.range(everything)).entries)).toEqual((await history(60))[60]);
});

test('where a snapshot finds no room the log stays, and a later one is written', async () => {
  const disk = new FaultDisk();
  const driver = await open(disk, { snapshotBytes: SNAPSHOT_BYTES });
  disk.fault = ({ path }) => (path.includes('snapshot') ? 'ENOSPC' : undefined);
  for (let n = 1; n <= 30; n++) await step(driver, n);
  expect((await disk.list(DIRECTORY)).filter((name) => name.startsWith('snapshot'))).toEqual([]);
  disk.fault = () => undefined;
  for (let n = 31; n <= 60; n++) await step(driver, n);
  await driver[Symbol.asyncDispose]();
  expect((await disk.list(DIRECTORY)).filter((name) => name.startsWith('snapshot'))).toHaveLength(1);
  await using again = await open(disk);
  expect(show((await again.range(everything)).entries)).toEqual((await history(60))[60]);
});

test('a directory that a living process holds is refused by name; one of a dead process is taken over', async () => {
  const disk = new FaultDisk();
  const alive = new Map([[41, 'boot'], [42, 'later']]);
  const as = (self: number): Processes => ({ self, startOf: (other) => alive.get(other) });
  const first = await open(disk, { processes: as(41) });
  await expect(open(disk, { processes: as(42) })).rejects.toThrow('data directory /data is in use by process 41');
  await expect(open(disk, { processes: as(41) })).rejects.toThrow('data directory /data is in use by process 41');
  alive.set(41, 'another process with the same id');
  const second = await open(disk, { processes: as(42) });
  await second[Symbol.asyncDispose]();
  expect(await disk.list(DIRECTORY)).not.toContain('lock');
  await first[Symbol.asyncDispose]();
});

test('a start brings back the recent past and not all of it', async () => {
  const disk = new FaultDisk();
  const driver = await open(disk);
  await Promise.all(Array.from({ length: 12_000 }, (_, n) => driver.commit({ expect: {}, ops: [{ type: 'put', key: `k${n % 10}`, value: Buffer.from(String(n)) }] })));
  await driver[Symbol.asyncDispose]();
  await using again = await open(disk);
  const abort = new AbortController();
  for await (const changes of again.after(7000n, abort.signal)) {
    expect(changes[0]?.revision).toBe(7001n);
    abort.abort();
  }
  await expect(again.after(4000n, new AbortController().signal)[Symbol.asyncIterator]().next()).rejects.toThrow('compacted');
  expect((await again.range(everything)).entries).toHaveLength(10);
});

test('a closed driver takes no more commits', async () => {
  const driver = await open(new FaultDisk());
  const last = step(driver, 1);
  await driver[Symbol.asyncDispose]();
  expect(await last).toBe(true);
  await expect(step(driver, 2)).rejects.toThrow('store: the driver is closed');
});
