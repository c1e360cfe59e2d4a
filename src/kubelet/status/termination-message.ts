/** A container's last words: the file it was given to write to, or the end of its log. */
import { open } from 'node:fs/promises';
import { parseLogLine } from '../server/log-line.ts';
import type { PodRuntime, RuntimeContainer } from '../sync/pod-runtime.ts';

const MOST_FILE_BYTES = 4096;
const MOST_LOG_BYTES = 2048;
const MOST_LOG_LINES = 80;

/** By container id, of all that have ended. `known` holds what was read before: an ended container says no more. */
export async function terminationMessages(runtime: PodRuntime, known: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, string>> {
  const ended = runtime.containers.filter(({ state }) => state === 'exited');
  return new Map(await Promise.all(ended.map(async (container) => [container.id, known.get(container.id) ?? (await lastWords(container))] as const)));
}

async function lastWords(container: RuntimeContainer): Promise<string> {
  const { terminationMessage, exitCode, reason, logPath } = container;
  if (!terminationMessage) return '';
  const written = await readEnd(terminationMessage.hostPath, MOST_FILE_BYTES);
  // One that could not even be started has no log.
  if (written !== '' || terminationMessage.policy !== 'FallbackToLogsOnError' || exitCode === 0 || reason === 'ContainerCannotRun') return written;
  const log = await readEnd(logPath, 4 * MOST_LOG_BYTES);
  const text = log.split('\n').map((line) => parseLogLine(Buffer.from(line))?.content.toString('utf8') ?? '').join('');
  // A last line without an end is a line.
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  return lines.slice(-MOST_LOG_LINES).join('').slice(-MOST_LOG_BYTES);
}

/** '' where there is nothing to read. */
async function readEnd(path: string, bytes: number): Promise<string> {
  if (path === '') return '';
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return '';
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, Math.max(0, size - bytes));
    return buffer.subarray(0, bytesRead).toString('utf8');
  } finally {
    await file.close();
  }
}
