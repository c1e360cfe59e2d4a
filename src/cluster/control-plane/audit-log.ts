import { appendFile, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Clock, Millis } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';

export interface AuditLogOptions {
  readonly file: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** A file of that many bytes is put aside, under its name and the time. */
  readonly maxBytes?: number;
  /** Files put aside that are kept. */
  readonly maxFiles?: number;
}

/** Lines are written together, this long after the first of them. */
const DELAY: Millis = 100;
/** What waits for a disk that does not keep up; beyond it lines are lost, as upstream loses them. */
const MAX_WAITING = 200_000;

/** Writes audit lines in batches to a file that is rotated. What was told of before it is disposed is written. */
export class AuditLog implements AsyncDisposable {
  readonly #options: Required<AuditLogOptions>;
  #lines: string[] = [];
  #timer: Disposable | undefined;
  #size: number | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isFailing = false;
  #lost = 0;

  constructor(options: AuditLogOptions) {
    this.#options = { maxBytes: 100 << 20, maxFiles: 10, ...options };
  }

  /** The sink: returns at once. */
  readonly write = (line: string): void => {
    if (this.#lines.length >= MAX_WAITING) this.#lost++;
    else this.#lines.push(line);
    if (!this.#timer) this.#flushSoon();
  };

  #flushSoon(): void {
    this.#timer = this.#options.clock.after(DELAY, () => {
      this.#writing = this.#flush().finally(() => {
        this.#timer = undefined;
        if (this.#lines.length > 0) this.#flushSoon();
      });
    });
  }

  async #flush(): Promise<void> {
    const { file, log, maxBytes } = this.#options;
    const bytes = Buffer.from(this.#lines.join(''));
    this.#lines = [];
    try {
      if (this.#size === undefined) await mkdir(dirname(file), { recursive: true });
      this.#size ??= await stat(file).then(({ size }) => size, () => 0);
      if (this.#size > 0 && this.#size + bytes.length > maxBytes) await this.#rotate();
      await appendFile(file, bytes, { mode: 0o600 });
      this.#size += bytes.length;
      if (this.#isFailing || this.#lost > 0) log.warn('audit lines were lost; now they are written again', { lost: this.#lost });
      this.#isFailing = false;
      this.#lost = 0;
    } catch (error) {
      if (!this.#isFailing) log.error('audit lines cannot be written', { file, error: String(error) });
      this.#isFailing = true;
    }
  }

  /** `audit.log` becomes `audit-2026-01-02T03-04-05.678.log`. */
  async #rotate(): Promise<void> {
    const { file, clock, maxFiles } = this.#options;
    const stem = basename(file).replace(/\.log$/, '');
    const time = new Date(clock.now()).toISOString().replaceAll(':', '-').replace('Z', '');
    await rename(file, join(dirname(file), `${stem}-${time}.log`));
    this.#size = 0;
    const aside = (await readdir(dirname(file))).filter((name) => name.startsWith(`${stem}-`) && name.endsWith('.log')).toSorted();
    for (const name of aside.slice(0, Math.max(0, aside.length - maxFiles))) await rm(join(dirname(file), name), { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer?.[Symbol.dispose]();
    await this.#writing;
    this.#timer?.[Symbol.dispose]();
    if (this.#lines.length > 0) await this.#flush();
  }
}
