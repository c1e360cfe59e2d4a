import { spawn } from 'node:child_process';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { programFile } from '../bundle.ts';
import { writeWhole } from '../files.ts';
import type { Layout } from '../layout.ts';

/** From here on the cluster is to run, until `down` says otherwise. */
export const wantSupervisor = (layout: Layout): Promise<void> => writeWhole(wantedFile(layout), '');

/** It runs in a session of its own, with its words in a file; it ends at once where it is not wanted or not the first. */
export async function startSupervisor(layout: Layout): Promise<void> {
  const file = join(layout.logs, 'supervisor.log');
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await using log = await open(file, 'a', 0o600);
  spawn(process.execPath, ['--enable-source-maps', programFile('supervisor'), layout.dataDir], {
    detached: true, stdio: ['ignore', log.fd, log.fd], cwd: '/',
  }).unref();
}

/** There while the cluster is to run: whoever misses the supervisor starts another one only then. */
export const wantedFile = (layout: Layout): string => join(layout.run, 'wanted');
