import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock, Millis } from '../../base/clock.ts';

/** A program to keep running. It must not need its parent: it outlives the supervisor. */
export interface ProcessSpec {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** What it prints is added there. */
  readonly log: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Which process: its number and when it began, since numbers come round again. */
export interface Identity {
  readonly pid: number;
  /** Clock ticks after boot (proc(5), stat, field 22); '' where that is not known. */
  readonly began: string;
}

export interface RunningProcess extends Identity {
  /** Resolves with how it ended: `exit code 1`, `signal SIGKILL`, or `ended` where that is not known. */
  readonly ended: Promise<string>;
}

/** The machine's processes: a seam for tests. */
export interface Processes {
  start(spec: ProcessSpec): RunningProcess;
  /** The process of that identity, if it still lives: somebody else's child, so its end is found by looking. */
  adopt(identity: Identity): RunningProcess | undefined;
  lives(identity: Identity): boolean;
  /** Whether it was there to be told. */
  signal(identity: Identity, signal: NodeJS.Signals): boolean;
}

/** How often an adopted process is looked at. */
const LOOK: Millis = 500;

export function machineProcesses(clock: Clock): Processes {
  const lives = (identity: Identity): boolean => {
    const began = beganAt(identity.pid);
    return began !== undefined && (identity.began === '' || began === identity.began);
  };
  return {
    lives,
    start(spec) {
      mkdirSync(dirname(spec.log), { recursive: true });
      const log = openSync(spec.log, 'a', 0o600);
      try {
        const [program, ...args] = spec.command;
        const child = spawn(program, args, {
          detached: true, // a session of its own: neither the terminal nor the supervisor takes it along
          stdio: ['ignore', log, log],
          env: { ...process.env, PATH: `${process.env.PATH ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`, ...spec.env },
        });
        const ended = new Promise<string>((resolve) => {
          child.on('error', (error) => resolve(error.message));
          child.on('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
        });
        const pid = child.pid ?? -1;
        return { pid, began: beganAt(pid) ?? '', ended };
      } finally {
        closeSync(log);
      }
    },
    adopt(identity) {
      if (!lives(identity)) return undefined;
      const ended = new Promise<string>((resolve) => {
        const look = (): void => void (lives(identity) ? clock.after(LOOK, look) : resolve('ended'));
        look();
      });
      return { ...identity, ended };
    },
    signal(identity, signal) {
      if (!lives(identity)) return false;
      try {
        process.kill(identity.pid, signal);
        return true;
      } catch {
        return false; // it went between the look and the signal
      }
    },
  };
}

/** When a process began, or undefined when there is none or it only waits to be reaped. */
export function beganAt(pid: number): string | undefined {
  if (process.platform !== 'linux') {
    try {
      process.kill(pid, 0);
      return '';
    } catch {
      return undefined;
    }
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

export interface Ending {
  readonly processes: Processes;
  readonly clock: Clock;
  readonly patience: Millis;
  /** How it is asked; SIGTERM unless said. */
  readonly signal?: NodeJS.Signals;
}

/** Asks it to end and makes it after `patience`. Resolves when it has ended. */
export async function endProcess(identity: Identity, { processes, clock, patience, signal = 'SIGTERM' }: Ending): Promise<void> {
  const running = processes.adopt(identity);
  if (!running) return;
  processes.signal(identity, signal);
  const timer = clock.after(patience, () => void processes.signal(identity, 'SIGKILL'));
  await running.ended;
  timer[Symbol.dispose]();
}
