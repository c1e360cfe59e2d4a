import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { ProgramFailed, type ProgramResult, type RunOptions } from '../../base/program.ts';

export interface ExecOptions extends RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Runs programs on this machine: a seam, so that tests can watch what would be run. */
export interface Exec {
  /** Resolves whatever the exit code; 127 where the program is not there. A RunProgram. */
  run(command: string, args: readonly string[], options?: ExecOptions): Promise<ProgramResult>;
  /** Resolves with what it printed. @throws ProgramFailed unless it exits with 0 */
  must(command: string, args: readonly string[], options?: ExecOptions): Promise<string>;
}

export const machineExec: Exec = {
  run: (command, args, options = {}) => new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      // sbin is not on every user's path, and iptables and ip live there.
      env: { ...process.env, PATH: `${process.env.PATH ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`, LC_ALL: 'C', ...options.env },
      signal: options.signal,
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    if (options.onLine) createInterface(child.stdout!).on('line', options.onLine);
    else child.stdout!.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr!.on('data', (chunk: Buffer) => err.push(chunk));
    child.stdin?.on('error', () => {}); // it may exit before it has read everything
    child.stdin?.end(options.input);
    const text = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString();
    child.on('error', (error) => resolve({ code: 127, stdout: text(out), stderr: error.message }));
    child.on('close', (code, signal) => resolve({ code: code ?? 128, stdout: text(out), stderr: text(err) || (signal ?? '') }));
  }),
  async must(command, args, options) {
    const outcome = await machineExec.run(command, args, options);
    if (outcome.code !== 0) throw new ProgramFailed(command, args, outcome);
    return outcome.stdout;
  },
};
