/** What every driver does, as one suite: a driver's own test calls `driverContract` with a way to open an empty store. */
import { describe, expect, test } from 'vitest';
import { Compacted, FutureRevision } from './driver.ts';
import type { Change, Driver, Entry, Revision } from './driver.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (value: Uint8Array): string => new TextDecoder().decode(value);
const put = (key: string, value: string) => ({ type: 'put', key, value: bytes(value) }) as const;
const del = (key: string) => ({ type: 'del', key }) as const;
const everything = { from: '', to: '', at: 0n, limit: 0 };
const pairs = (entries: readonly Entry[]): string[] => entries.map(({ key, value }) => `${key}=${textOf(value)}`);
const never = new AbortController().signal;

/** Commits operations that nothing stands against. */
async function write(driver: Driver, ...ops: (ReturnType<typeof put> | ReturnType<typeof del>)[]): Promise<Revision> {
  const done = await driver.commit({ expect: {}, ops });
  if (!done.ok) throw new Error('an unconditional commit conflicted');
  return done.revision;
}

/** The next `count` changes after `revision`. */
async function follow(driver: Driver, revision: Revision, count: number): Promise<Change[]> {
  const seen: Change[] = [];
  for await (const changes of driver.after(revision, never)) {
    seen.push(...changes);
    if (seen.length >= count) break;
  }
  return seen;
}

export function driverContract(name: string, open: () => Promise<Driver>): void {
  describe(`${name} keeps the driver contract:`, () => {
    commits(open);
    ranges(open);
    watches(open);
    compactions(open);
  });
}

function commits(open: () => Promise<Driver>): void {
  test('an empty store is at revision 0, and each commit takes the next one', async () => {
    await using driver = await open();
    expect(driver.revision).toBe(0n);
    expect(await write(driver, put('a', '1'), put('b', '1'))).toBe(1n);
    expect(await write(driver, put('a', '2'))).toBe(2n);
    expect(driver.revision).toBe(2n);
  });

  test('an entry remembers who created it and who wrote it last, until it is deleted', async () => {
    await using driver = await open();
    await write(driver, put('a', '1'));
    await write(driver, put('a', '2'));
    expect((await driver.range(everything)).entries).toMatchObject([{ key: 'a', createRevision: 1n, modRevision: 2n }]);
    await write(driver, del('a'));
    expect((await driver.range(everything)).entries).toEqual([]);
    await write(driver, put('a', '3'));
    expect((await driver.range(everything)).entries).toMatchObject([{ key: 'a', createRevision: 4n, modRevision: 4n }]);
  });

  test('a commit whose expectation fails writes nothing and shows what is there', async () => {
    await using driver = await open();
    await write(driver, put('a', '1'));
    const verdict = await driver.commit({ expect: { a: 0n, missing: 7n }, ops: [put('a', '2'), put('b', '2')] });
    expect(verdict.ok).toBe(false);
    expect(verdict.ok ? [] : pairs(verdict.actual)).toEqual(['a=1']);
    expect(driver.revision).toBe(1n);
    expect(pairs((await driver.range(everything)).entries)).toEqual(['a=1']);
  });

  test('of many that create the same key at once, one wins and the others see its entry', async () => {
    await using driver = await open();
    const verdicts = await Promise.all(
      Array.from({ length: 20 }, (_, n) => driver.commit({ expect: { a: 0n }, ops: [put('a', String(n))] })),
    );
    expect(verdicts.filter(({ ok }) => ok)).toEqual([{ ok: true, revision: 1n }]);
    for (const verdict of verdicts) if (!verdict.ok) expect(verdict.actual[0]?.modRevision).toBe(1n);
  });

  test('commits made at once build on one another in the order they were made', async () => {
    await using driver = await open();
    const verdicts = await Promise.all([
      driver.commit({ expect: { a: 0n }, ops: [put('a', '1')] }),
      driver.commit({ expect: { a: 1n }, ops: [put('a', '2')] }),
      driver.commit({ expect: { a: 2n }, ops: [del('a')] }),
      driver.commit({ expect: { a: 0n }, ops: [put('a', '4')] }),
    ]);
    expect(verdicts).toEqual([1n, 2n, 3n, 4n].map((revision) => ({ ok: true, revision })));
    expect((await driver.range(everything)).entries).toMatchObject([{ createRevision: 4n, modRevision: 4n }]);
  });

  test('deleting what is absent, or nothing at all, makes no revision', async () => {
    await using driver = await open();
    await write(driver, put('a', '1'));
    expect(await write(driver, del('b'))).toBe(1n);
    expect(await driver.commit({ expect: { a: 1n }, ops: [] })).toEqual({ ok: true, revision: 1n });
  });

  test('one key twice in a commit is refused', async () => {
    await using driver = await open();
    await expect(write(driver, put('a', '1'), del('a'))).rejects.toThrow('duplicate key given in txn request');
    expect(await write(driver, put('a', '1'))).toBe(1n);
  });
}

function ranges(open: () => Promise<Driver>): void {
  test('a range is in key order, from its start up to but not including its end', async () => {
    await using driver = await open();
    await write(driver, put('/b/2', ''), put('/a/1', ''), put('/b/1', ''), put('/c', ''));
    const { entries } = await driver.range({ from: '/b/', to: '/b0', at: 0n, limit: 0 });
    expect(entries.map(({ key }) => key)).toEqual(['/b/1', '/b/2']);
    const tail = await driver.range({ from: '/b/2', to: '', at: 0n, limit: 0 });
    expect(tail.entries.map(({ key }) => key)).toEqual(['/b/2', '/c']);
  });

  test('a limit cuts the range and says whether there is more', async () => {
    await using driver = await open();
    await write(driver, put('a', ''), put('b', ''), put('c', ''));
    expect(await driver.range({ ...everything, limit: 2 })).toMatchObject({ more: true, entries: [{ key: 'a' }, { key: 'b' }] });
    expect(await driver.range({ ...everything, limit: 3 })).toMatchObject({ more: false, revision: 1n });
  });

  test('a range at an earlier revision shows the past, while its revision is the latest', async () => {
    await using driver = await open();
    await write(driver, put('a', '1'), put('b', '1'));
    await write(driver, put('a', '2'), put('c', '2'));
    await write(driver, del('b'));
    const past = await driver.range({ ...everything, at: 1n });
    expect(pairs(past.entries)).toEqual(['a=1', 'b=1']);
    expect(past.revision).toBe(3n);
    expect(pairs((await driver.range({ ...everything, at: 2n })).entries)).toEqual(['a=2', 'b=1', 'c=2']);
    expect(pairs((await driver.range(everything)).entries)).toEqual(['a=2', 'c=2']);
  });

  test('a range at a revision that has not happened throws', async () => {
    await using driver = await open();
    await expect(driver.range({ ...everything, at: 1n })).rejects.toThrow(FutureRevision);
  });

  test('a thousand keys written in any order come back sorted, without the deleted ones', async () => {
    await using driver = await open();
    const keys = Array.from({ length: 2000 }, (_, n) => `/k/${String((n * 7919) % 2000).padStart(4, '0')}`);
    await write(driver, ...keys.map((key) => put(key, key)));
    await write(driver, ...keys.slice(0, 1000).map((key) => del(key)));
    expect((await driver.range(everything)).entries.map(({ key }) => key)).toEqual(keys.slice(1000).toSorted());
  });
}

function watches(open: () => Promise<Driver>): void {
  test('a reader is told of every later commit, in order, past ones first', async () => {
    await using driver = await open();
    await write(driver, put('a', '1'));
    await write(driver, put('b', '1'), del('a'));
    const following = follow(driver, 0n, 3);
    await write(driver, put('c', '1'));
    expect(await following).toMatchObject([
      { revision: 1n, ops: [{ type: 'put', key: 'a' }] },
      { revision: 2n, ops: [{ type: 'put', key: 'b' }, { type: 'del', key: 'a' }] },
      { revision: 3n, ops: [{ type: 'put', key: 'c' }] },
    ]);
  });

  test('two readers miss nothing while many write', async () => {
    await using driver = await open();
    const readers = [follow(driver, 0n, 300), follow(driver, 100n, 200)];
    await Promise.all(Array.from({ length: 300 }, (_, n) => write(driver, put(`k${n % 7}`, String(n)))));
    const [all, late] = await Promise.all(readers);
    expect(all!.map(({ revision }) => Number(revision))).toEqual(Array.from({ length: 300 }, (_, n) => n + 1));
    expect(late).toEqual(all!.slice(100));
  });

  test('aborting ends the reader without an error', async () => {
    await using driver = await open();
    const abort = new AbortController();
    const reader = (async () => {
      for await (const _ of driver.after(0n, abort.signal)) return 'a change';
      return 'the end';
    })();
    abort.abort();
    expect(await reader).toBe('the end');
  });
}

function compactions(open: () => Promise<Driver>): void {
  test('compaction forgets the past and keeps what stands', async () => {
    await using driver = await open();
    await write(driver, put('a', '1'), put('b', '1'));
    await write(driver, put('a', '2'));
    await write(driver, del('b'));
    await write(driver, put('a', '4'));
    await driver.compact(3n);
    expect(pairs((await driver.range({ ...everything, at: 3n })).entries)).toEqual(['a=2']);
    expect(pairs((await driver.range(everything)).entries)).toEqual(['a=4']);
    await expect(driver.range({ ...everything, at: 2n })).rejects.toThrow(Compacted);
    expect(await write(driver, put('b', '5'))).toBe(5n);
  });

  test('a reader that starts before the compaction is told so, one at it continues', async () => {
    await using driver = await open();
    await write(driver, put('a', '1'));
    await write(driver, put('a', '2'));
    await write(driver, put('a', '3'));
    await driver.compact(2n);
    await expect(follow(driver, 1n, 1)).rejects.toThrow('mvcc: required revision has been compacted');
    expect(await follow(driver, 2n, 1)).toMatchObject([{ revision: 3n }]);
  });

  test('compacting what is compacted does nothing; compacting the future throws', async () => {
    await using driver = await open();
    await write(driver, put('a', '1'));
    await driver.compact(1n);
    await driver.compact(1n);
    await expect(driver.compact(2n)).rejects.toThrow(FutureRevision);
  });
}
