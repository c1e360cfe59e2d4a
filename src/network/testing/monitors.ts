import type { RunProgram } from '../../base/program.ts';
import type { KernelPart } from '../kernel-watch.ts';

/** The programs by which the kernel is watched, saying what a test has them say. */
export class Monitors {
  readonly #running = new Map<KernelPart, { readonly say: (line: string) => void; readonly end: (code: number) => void }>();
  readonly #begun: KernelPart[] = [];

  readonly run: RunProgram = (_command, args, options = {}) => new Promise((resolve) => {
    const part = args.includes('monitor') ? 'links' : 'rules';
    const end = (code: number): void => resolve({ code, stdout: '', stderr: '' });
    this.#begun.push(part);
    this.#running.set(part, { say: options.onLine ?? (() => {}), end });
    options.signal?.addEventListener('abort', () => end(128), { once: true });
  });

  say(part: KernelPart, line: string): void {
    this.#running.get(part)?.say(line);
  }

  end(part: KernelPart, code = 1): void {
    this.#running.get(part)?.end(code);
  }

  /** How often it was. */
  begun(part: KernelPart): number {
    return this.#begun.filter((one) => one === part).length;
  }
}
