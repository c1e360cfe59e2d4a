import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
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
/** Lines are written out as they come: kept as strings they would burden each collection of garbage. */
const SLAB_BYTES = 256 << 10;
/** Slabs that wait for a disk that does not keep up; beyond them lines are lost, as upstream loses them. */
const MAX_SLABS = 256;

/** Writes audit lines in batches to a file that is rotated. What was told of before it is disposed is written. */
export class AuditLog implements AsyncDisposable {
  readonly #options: Required<AuditLogOptions>;
  #slabs: Buffer[] = [];
  #slab = Buffer.allocUnsafe(SLAB_BYTES);
  #filled = 0;
  #timer: Disposable | undefined;
  /** Stays open: to open it anew for each batch took a tenth of what a batch costs. */
  #open: FileHandle | undefined;
  #size = 0;
  #writing: Promise<void> = Promise.resolve();
  #isFailing = false;
  #lost = 0;

  constructor(options: AuditLogOptions) {
    this.#options = { maxBytes: 100 << 20, maxFiles: 10, ...options };
  }

  /** The sink: returns at once. */
  readonly write = (line: string): void => {
    // A character is three bytes at most.
    if (this.#filled + line.length * 3 > this.#slab.length) this.#nextSlab(line.length * 3);
    if (this.#slabs.length >= MAX_SLABS) this.#lost++;
    else this.#filled += this.#slab.write(line, this.#filled);
    if (!this.#timer) this.#flushSoon();
  };

  #nextSlab(atLeast: number): void {
    if (this.#filled > 0 && this.#slabs.length < MAX_SLABS) this.#slabs.push(this.#slab.subarray(0, this.#filled));
    this.#slab = Buffer.allocUnsafe(Math.max(SLAB_BYTES, atLeast));
    this.#filled = 0;
  }

  #flushSoon(): void {
    this.#timer = this.#options.clock.after(DELAY, () => {
      this.#writing = this.#flush().finally(() => {
        this.#timer = undefined;
        if (this.#filled > 0) this.#flushSoon();
      });
    });
  }

  async #flush(): Promise<void> {
    const { file, log, maxBytes } = this.#options;
    this.#nextSlab(0);
    const bytes = Buffer.concat(this.#slabs);
    this.#slabs = [];
    try {
      let handle = this.#open ?? await this.#begin();
      if (this.#size > 0 && this.#size + bytes.length > maxBytes) {
        await this.#rotate();
        handle = await this.#begin();
      }
      await handle.appendFile(bytes);
      this.#size += bytes.length;
      if (this.#isFailing || this.#lost > 0) log.warn('audit lines were lost; now they are written again', { lost: this.#lost });
      this.#isFailing = false;
      this.#lost = 0;
    } catch (error) {
      if (!this.#isFailing) log.error('audit lines cannot be written', { file, error: String(error) });
      this.#isFailing = true;
      await this.#close().catch(() => {}); // it may be another disk's by now
    }
  }

  async #begin(): Promise<FileHandle> {
    const { file } = this.#options;
    await mkdir(dirname(file), { recursive: true });
    this.#open = await open(file, 'a', 0o600);
    this.#size = (await this.#open.stat()).size;
    return this.#open;
  }

  async #close(): Promise<void> {
    const handle = this.#open;
    this.#open = undefined;
    await handle?.close();
  }

  /** `audit.log` becomes `audit-2026-01-02T03-04-05.678.log`. */
  async #rotate(): Promise<void> {
    const { file, clock, maxFiles } = this.#options;
    const stem = basename(file).replace(/\.log$/, '');
    const time = new Date(clock.now()).toISOString().replaceAll(':', '-').replace('Z', '');
    await this.#close();
    await rename(file, join(dirname(file), `${stem}-${time}.log`));
    const aside = (await readdir(dirname(file))).filter((name) => name.startsWith(`${stem}-`) && name.endsWith('.log')).toSorted();
    for (const name of aside.slice(0, Math.max(0, aside.length - maxFiles))) await rm(join(dirname(file), name), { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer?.[Symbol.dispose]();
    await this.#writing;
    this.#timer?.[Symbol.dispose]();
    if (this.#filled > 0) await this.#flush();
    await this.#close();
  }
}
