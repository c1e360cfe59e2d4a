/** Container logs as `kubectl logs` wants them: from the end, from a time, followed, cut off. */
import { open, readdir, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Clock, Millis } from '../../base/clock.ts';
import { parseLogLine } from './log-line.ts';
import type { LogLine } from './log-line.ts';

export interface LogOptions {
  /** The last so many lines; all unless said. */
  readonly tailLines?: number | undefined;
  /** Nothing older, in milliseconds since the epoch. */
  readonly since?: Millis | undefined;
  readonly timestamps?: boolean | undefined;
  readonly limitBytes?: number | undefined;
  readonly stream?: 'stdout' | 'stderr' | undefined;
  readonly follow?: boolean | undefined;
}

export interface LogReading {
  readonly path: string;
  readonly clock: Clock;
  /** Asked at the end of the file while following: whether more may come. */
  readonly isRunning: () => Promise<boolean>;
}

const CHUNK = 64 * 1024;
const POLL: Millis = 100;
/** The runtime is asked less often than the file is looked at. */
const POLLS_A_QUESTION = 5;
const NEWLINE = 0x0a;

/** Ends at the end of the log, or when following, with the container. */
export async function* readLogs({ path, clock, isRunning }: LogReading, options: LogOptions, signal: AbortSignal): AsyncGenerator<Buffer> {
  let file = await open(path, 'r');
  try {
    const picker = new Picker(options);
    let position = await tailPosition(file, options.tailLines);
    let rest: Buffer = Buffer.alloc(0);
    let over = false;
    let next: FileHandle | undefined;
    let idle = 0;
    let settled = false;
    while (!signal.aborted && !picker.full) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK), 0, CHUNK, position);
      if (bytesRead > 0) {
        position += bytesRead;
        const text = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
        const end = text.lastIndexOf(NEWLINE) + 1;
        rest = text.subarray(end);
        const out = picker.pick(text.subarray(0, end));
        if (out.length > 0) yield out;
        settled = false;
        continue;
      }
      // What was written between the last read and the container's end, or the log's rotation, is read once more.
      if (!options.follow) return;
      if (next && settled) {
        await file.close();
        [file, next, position, rest, settled] = [next, undefined, 0, Buffer.alloc(0), false];
        continue;
      }
      next ??= await successor(file, path);
      if (next) {
        // The runtime may still be writing to the old one what came before it opened the new one.
        settled = true;
        await clock.sleep(POLL, signal).catch(() => {});
        continue;
      }
      if (over) return;
      if (idle++ % POLLS_A_QUESTION === 0) over = !(await isRunning());
      if (!over) await clock.sleep(POLL, signal).catch(() => {});
    }
  } finally {
    await file.close();
  }
}

/** The file that has taken this one's place, when logs were rotated: the present one, or where a slow reader has missed it, one put aside since. */
async function successor(file: FileHandle, path: string): Promise<FileHandle | undefined> {
  const [now, own] = [await stat(path).catch(() => undefined), await file.stat()];
  if (now === undefined || now.ino === own.ino) return undefined;
  const prefix = `${basename(path)}.`;
  const aside = (await readdir(dirname(path)).catch(() => [])).filter((name) => name.startsWith(prefix) && !name.endsWith('.gz') && !name.endsWith('.tmp')).toSorted();
  for (const name of aside) {
    const found = await stat(join(dirname(path), name)).catch(() => undefined);
    if (found && found.ino !== own.ino && found.birthtimeMs > own.birthtimeMs) return open(join(dirname(path), name), 'r');
  }
  return open(path, 'r');
}

/** Chooses and formats whole records, up to the limit. */
class Picker {
  readonly #options: LogOptions;
  #left: number;
  /** A time stands before each line, not before each part of one. */
  #midLine = false;

  constructor(options: LogOptions) {
    this.#options = options;
    this.#left = options.limitBytes ?? Infinity;
  }

  get full(): boolean {
    return this.#left <= 0;
  }

  pick(records: Buffer): Buffer {
    const out: Buffer[] = [];
    for (let at = 0; at < records.length && this.#left > 0;) {
      const end = records.indexOf(NEWLINE, at);
      const line = parseLogLine(records.subarray(at, end));
      at = end + 1;
      if (!line || !this.#wants(line)) continue;
      const bytes = this.#format(line).subarray(0, this.#left);
      this.#left -= bytes.length;
      out.push(bytes);
    }
    return Buffer.concat(out);
  }

  #wants({ time, stream }: LogLine): boolean {
    const { since, stream: wanted } = this.#options;
    return (wanted === undefined || stream === wanted) && (since === undefined || Date.parse(time) >= since);
  }

  #format({ time, content }: LogLine): Buffer {
    const stamped = this.#options.timestamps && !this.#midLine;
    this.#midLine = content.at(-1) !== NEWLINE;
    return stamped ? Buffer.concat([Buffer.from(`${time} `), content]) : content;
  }
}

/** Where the last `lines` records begin. Partial records count as their lines' beginnings do: close enough, as upstream has it. */
async function tailPosition(file: FileHandle, lines: number | undefined): Promise<number> {
  const { size } = await file.stat();
  if (lines === undefined) return 0;
  if (lines === 0) return size;
  let seen = 0;
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - CHUNK);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
    for (let at = bytesRead - 1; at >= 0; at--) {
      // The newline at the very end closes the last line, it does not begin another.
      if (buffer[at] === NEWLINE && start + at !== size - 1 && ++seen === lines) return start + at + 1;
    }
    end = start;
  }
  return 0;
}
