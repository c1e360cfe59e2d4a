import type { Logger } from '../../../base/log.ts';
import type { Random } from '../../../base/random.ts';
import type { Mvcc } from '../../mvcc.ts';
import type { Files } from './files.ts';
import { CorruptStore, filesOf } from './header.ts';
import { Segment, readSegment } from './segment.ts';
import type { SegmentEnd } from './segment.ts';
import { UNFINISHED, readSnapshot } from './snapshot.ts';

/**
 * Revisions of the past that a start brings back, up to twice as many: readers that were connected a moment ago go on where
 * they were, and a long log does not fill the memory with values that are overwritten.
 */
const KEPT_HISTORY = 5000n;

export interface Place {
  readonly directory: string;
  readonly files: Files;
  readonly random: Random;
  readonly log: Logger;
}

export interface Recovered {
  /** Where new commits go. */
  readonly segment: Segment;
  /** Bytes of log since the snapshot that it was read on top of. */
  readonly logBytes: number;
}

/**
 * Reads the newest snapshot and the log after it into `state`, which is empty. What a torn write left at the very end is
 * cut off: nobody was told that it is there.
 * @throws CorruptStore where anything else is not as it was written
 */
export async function recover(place: Place, state: Mvcc): Promise<Recovered> {
  const { directory, files, random } = place;
  await removeUnfinished(place);
  const names = await files.list(directory);
  const snapshot = filesOf('snapshot', names).at(-1);
  if (snapshot) {
    const { entries, revision } = await readSnapshot(files, `${directory}/${snapshot.name}`);
    state.load(entries, revision);
  }
  const base = state.revision;
  const logs = filesOf('log', names).filter((_, at, all) => (all[at + 1]?.revision ?? base + 2n) > base + 1n);
  let logBytes = 0;
  let last: Segment | undefined;
  for (const [at, { name, revision }] of logs.entries()) {
    const path = `${directory}/${name}`;
    if (revision > state.revision + 1n) throw new CorruptStore(path, `revisions ${state.revision + 1n} to ${revision - 1n} are missing before it`);
    const isLast = at === logs.length - 1;
    const end = await replay({ ...place, isLast }, path, state);
    logBytes += end?.offset ?? 0;
    if (end && isLast) last = await Segment.reopen(files, path, end);
  }
  const segment = last ?? (await Segment.create(files, directory, { first: state.revision + 1n, random }));
  await dropBefore(place, base);
  return { segment, logBytes };
}

/** Reads one segment. Undefined where the last one was cut off before it held anything: it is gone then. */
async function replay(place: Place & { isLast: boolean }, path: string, state: Mvcc): Promise<SegmentEnd | undefined> {
  const base = state.revision;
  const end = await readSegment(place.files, path, (change) => {
    if (change.revision <= base) return; // in the snapshot already
    if (change.revision !== state.revision + 1n) {
      throw new CorruptStore(path, `revision ${change.revision} follows revision ${state.revision}`);
    }
    state.apply(change);
    if (change.revision % KEPT_HISTORY === 0n) state.compact(change.revision - KEPT_HISTORY);
  });
  if (!end) {
    if (!place.isLast) throw new CorruptStore(path, 'its header is missing');
    await place.files.remove(path);
  } else if (end.torn) {
    if (!place.isLast) throw new CorruptStore(path, `the record at byte ${end.offset} is damaged, and later segments follow it`);
    place.log.warn('store: cut off a torn write at the end of the log', { path, offset: end.offset });
  }
  return end;
}

/** Drops snapshots older than the one at `revision`, and the segments that it holds whole. */
export async function dropBefore({ directory, files }: Place, revision: bigint): Promise<void> {
  const names = await files.list(directory);
  const snapshots = filesOf('snapshot', names).filter((file) => file.revision < revision);
  const logs = filesOf('log', names).filter((_, at, all) => (all[at + 1]?.revision ?? revision + 2n) <= revision + 1n);
  for (const { name } of [...snapshots, ...logs]) await files.remove(`${directory}/${name}`);
}

async function removeUnfinished({ directory, files }: Place): Promise<void> {
  for (const name of await files.list(directory)) {
    if (name.endsWith(UNFINISHED)) await files.remove(`${directory}/${name}`);
  }
}
