/** Where programs run: this machine, or a virtual one that has another kernel. */
import { spawn } from 'node:child_process';
import type { RunProgram } from '../../../src/base/program.ts';
import { run } from './namespaces.ts';

/** A program that is talked with, line by line. */
export interface Talk extends Disposable {
  say(line: string): void;
  /** The next line it prints. */
  line(): Promise<string>;
}

export interface Host {
  readonly run: RunProgram;
  talk(command: string, args: readonly string[]): Talk;
  /** Where `talk.pl` lies. */
  readonly talkProgram: string;
  /** How long an answer may take before it counts as none. */
  readonly patienceSeconds: number;
  /** Where programs lie, with a slash behind; empty where the PATH says so. Busybox takes names for its own programs first. */
  readonly programs: string;
  /** Whether programs take their time there. */
  readonly slow: boolean;
}

/** Programs of a host, in one of its network namespaces; nsenter(1), for `ip netns exec` mounts as well, which takes longer than most programs. */
export const within = (host: Host, namespace: string): RunProgram => (command, args, options) => host.run('nsenter', [`--net=/run/netns/${namespace}`, `${host.programs}${command}`, ...args], options);

/** Lines out of chunks, one by one for who asks. */
export class Lines {
  #text = '';
  #wake: () => void = () => {};

  push(chunk: string): void {
    this.#text += chunk;
    this.#wake();
  }

  async next(): Promise<string> {
    while (!this.#text.includes('\n')) await new Promise<void>((resolve) => (this.#wake = resolve));
    const [line = '', ...rest] = this.#text.split('\n');
    this.#text = rest.join('\n');
    return line;
  }
}

export const thisMachine: Host = {
  run,
  talkProgram: `${import.meta.dirname}/../vm/talk.pl`,
  patienceSeconds: 1.5,
  programs: '',
  slow: false,
  talk(command, args) {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = new Lines();
    child.stdout.on('data', (chunk) => lines.push(String(chunk)));
    child.stdin.on('error', () => {}); // it may be gone
    return { say: (line) => void child.stdin.write(`${line}\n`), line: () => lines.next(), [Symbol.dispose]: () => void child.kill('SIGKILL') };
  },
};
