import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readText } from '../files.ts';
import type { Layout } from '../layout.ts';
import type { Identity } from './process.ts';

export type Records = Readonly<Record<string, Identity>>;

/** Who runs for this cluster, by name: read by the next supervisor and by `down`. */
const fileOf = (layout: Layout): string => join(layout.run, 'processes.json');

export async function readRecords(layout: Layout): Promise<Records> {
  const text = await readText(fileOf(layout));
  return text === undefined || text === '' ? {} : (JSON.parse(text) as Records);
}

/** Synchronous: no process may run for an instant without being written down. */
export function writeRecords(layout: Layout, records: Records): void {
  mkdirSync(layout.run, { recursive: true, mode: 0o700 });
  const draft = `${fileOf(layout)}.tmp`;
  writeFileSync(draft, JSON.stringify(records), { mode: 0o600 });
  renameSync(draft, fileOf(layout));
}
