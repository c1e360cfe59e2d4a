import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import { silent } from '../../base/log.ts';
import { AuditLog, type AuditLogOptions } from './audit-log.ts';

async function inDirectory(work: (directory: string, options: AuditLogOptions & { readonly clock: ManualClock }) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'knarr-audit-'));
  try {
    await work(directory, { file: join(directory, 'logs', 'audit.log'), clock: new ManualClock(), log: silent });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

test('lines are written together, in order, the last ones when it ends', () => inDirectory(async (_, options) => {
  {
    await using audit = new AuditLog(options);
    audit.write('a\n');
    audit.write('b\n');
    await options.clock.advance(100);
    audit.write('c\n');
  }

  expect(await readFile(options.file, 'utf8')).toBe('a\nb\nc\n');
}));

test('a full file is put aside, and the oldest of those go', () => inDirectory(async (directory, options) => {
  for (const line of ['1\n', '2\n', '3\n', '4\n']) {
    const audit = new AuditLog({ ...options, maxBytes: 3, maxFiles: 2 });
    audit.write(line);
    await audit[Symbol.asyncDispose]();
    await options.clock.advance(1000);
  }

  const names = (await readdir(join(directory, 'logs'))).toSorted();
  const texts = await Promise.all(names.map((name) => readFile(join(directory, 'logs', name), 'utf8')));
  expect(names).toEqual(['audit-2026-01-01T00-00-02.000.log', 'audit-2026-01-01T00-00-03.000.log', 'audit.log']);
  expect(texts).toEqual(['2\n', '3\n', '4\n']);
}));
