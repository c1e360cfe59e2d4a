/**
 * A small virtual machine with Debian's kernel, for what this one's lacks. It runs from memory, has no disk and no network, and
 * is talked with over one port. Where the processor cannot do it for us (no VMX or SVM: /dev/kvm then wants a kernel made for
 * it), QEMU computes every instruction: it boots in ten seconds instead of one.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProgramResult, RunProgram } from '../../../src/base/program.ts';
import { Lines, type Host, type Talk } from '../support/hosts.ts';
import { buildInitramfs } from './initramfs.ts';
import { unpacked } from './packages.ts';

const BOOT_MILLIS = 150_000;

export interface VirtualMachine extends Host, AsyncDisposable {}

/** Boots one; or says why there is none. */
export async function bootMachine(): Promise<VirtualMachine | { readonly lacks: string }> {
  if (process.arch !== 'x64') return { lacks: `its kernel is for amd64, and this is ${process.arch}` };
  const packages = await unpacked();
  if ('lacks' in packages) return packages;
  const directory = await mkdtemp(join(tmpdir(), 'knarr-vm-run-'));
  try {
    const { kernel, archive } = await buildInitramfs(packages.root, directory);
    return await boot({ root: packages.root, directory, kernel, archive });
  } catch (error) {
    const said = await readFile(join(directory, 'console'), 'utf8').catch(() => '');
    await rm(directory, { recursive: true, force: true });
    // A machine that is too slow or too small for it says nothing of us.
    return { lacks: `it does not boot: ${error instanceof Error ? error.message : String(error)} ${said.slice(-500)}` };
  }
}

interface Parts {
  readonly root: string;
  readonly directory: string;
  readonly kernel: string;
  readonly archive: string;
}

async function boot({ root, directory, kernel, archive }: Parts): Promise<VirtualMachine> {
  const cpu = await readFile('/proc/cpuinfo', 'utf8');
  const accelerated = /^flags.* (vmx|svm)( |$)/m.test(cpu) && (await access('/dev/kvm').then(() => true, () => false));
  const own = `${root}/usr/bin/qemu-system-x86_64`;
  const program = await access(own).then(() => own, () => 'qemu-system-x86_64');
  const libraries = [`${root}/usr/lib/x86_64-linux-gnu`, `${root}/lib/x86_64-linux-gnu`].join(':');
  const child = spawn(program, [
    '-M', 'pc', '-accel', accelerated ? 'kvm' : 'tcg', '-cpu', accelerated ? 'host' : 'qemu64', '-m', '512', '-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot',
    ...[`${root}/usr/share/qemu`, `${root}/usr/share/seabios`, '/usr/share/qemu', '/usr/share/seabios'].flatMap((path) => ['-L', path]),
    '-kernel', kernel, '-initrd', archive, '-append', 'console=ttyS0 quiet panic=-1 mitigations=off nokaslr random.trust_bootloader=on',
    '-serial', `file:${join(directory, 'console')}`,
    '-chardev', 'stdio,id=port,signal=off', '-device', 'virtio-serial-pci', '-device', 'virtserialport,chardev=port,name=port',
  ], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, LD_LIBRARY_PATH: libraries } });
  const machine = new Machine(child, directory);
  const late = setTimeout(() => child.kill('SIGKILL'), BOOT_MILLIS);
  await machine.ready;
  clearTimeout(late);
  return machine;
}

interface Program {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly exit: (code: number) => void;
}

class Machine implements VirtualMachine {
  readonly talkProgram = '/talk.pl';
  readonly patienceSeconds = 3;
  readonly programs = '/bin/';
  readonly slow = true;
  readonly ready: Promise<void>;
  readonly #child: ChildProcess;
  readonly #directory: string;
  readonly #programs = new Map<string, Program>();
  #next = 1;
  #text = '';

  constructor(child: ChildProcess, directory: string) {
    this.#child = child;
    this.#directory = directory;
    this.ready = new Promise((resolve, reject) => {
      this.#programs.set('0', { out: () => {}, err: () => {}, exit: () => resolve() });
      child.once('exit', (code, signal) => reject(new Error(`QEMU ended with ${code ?? signal}`)));
      child.once('error', reject);
    });
    child.stdin!.on('error', () => {}); // it may be gone
    child.stdout!.on('data', (chunk) => this.#hear(String(chunk)));
  }

  readonly run: RunProgram = (command, args, options) => {
    const result = { stdout: '', stderr: '' };
    return new Promise<ProgramResult>((resolve) => {
      const id = this.#start([command, ...args], {
        out: (text) => (result.stdout += text), err: (text) => (result.stderr += text), exit: (code) => resolve({ code, ...result }),
      });
      if (options?.input) this.#tell('write', id, options.input);
      this.#tell('end', id);
    });
  };

  talk(command: string, args: readonly string[]): Talk {
    const lines = new Lines();
    const id = this.#start([command, ...args], { out: (text) => lines.push(text), err: (text) => process.stderr.write(text), exit: () => {} });
    return { say: (line) => this.#tell('write', id, `${line}\n`), line: () => lines.next(), [Symbol.dispose]: () => this.#tell('kill', id) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    if (this.#child.exitCode === null && this.#child.kill('SIGKILL')) await gone;
    await rm(this.#directory, { recursive: true, force: true });
  }

  #start(words: readonly string[], program: Program): string {
    const id = String(this.#next++);
    this.#programs.set(id, program);
    this.#tell('run', id, words.join('\0'));
    return id;
  }

  #tell(verb: string, id: string, text = ''): void {
    this.#child.stdin!.write(`${verb} ${id} ${Buffer.from(text).toString('hex')}\n`);
  }

  #hear(chunk: string): void {
    const lines = (this.#text + chunk).split('\n');
    this.#text = lines.pop()!;
    for (const line of lines) {
      const [verb, id = '', rest = ''] = line.split(' ');
      const program = this.#programs.get(id);
      if (verb === 'out') program?.out(Buffer.from(rest, 'hex').toString());
      else if (verb === 'err') program?.err(Buffer.from(rest, 'hex').toString());
      else {
        program?.exit(Number(rest));
        this.#programs.delete(id);
      }
    }
  }
}
