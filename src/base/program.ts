/** What a finished program left. */
export interface ProgramResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  /** Ends the program. */
  readonly signal?: AbortSignal;
  /** Told of each line as it is printed, for programs that go on; the result is then without them. */
  readonly onLine?: (line: string) => void;
}

/** Runs a program of this machine; resolves whatever its exit code, with 127 where it is not there. */
export type RunProgram = (command: string, args: readonly string[], options?: RunOptions) => Promise<ProgramResult>;

/** A program that had to succeed and did not. */
export class ProgramFailed extends Error {
  readonly result: ProgramResult;
  constructor(command: string, args: readonly string[], result: ProgramResult) {
    const said = (result.stderr || result.stdout).trim().split('\n').slice(-3).join('; ');
    super(`${command} ${args.join(' ')}: ${said || `exit code ${result.code}`}`);
    this.name = 'ProgramFailed';
    this.result = result;
  }
}

/** What it printed. @throws ProgramFailed unless it exits with 0 */
export async function mustRun(run: RunProgram, command: string, args: readonly string[], input?: string): Promise<string> {
  const result = await run(command, args, input === undefined ? {} : { input });
  if (result.code !== 0) throw new ProgramFailed(command, args, result);
  return result.stdout;
}

/** Sets a kernel parameter, `net/ipv4/ip_forward`, in the network namespace that programs run in. False where the kernel has none. */
export async function setSysctl(run: RunProgram, name: string, value: string): Promise<boolean> {
  const { code } = await run('sh', ['-c', 'test "$(cat "$0")" = "$1" || echo "$1" > "$0"', `/proc/sys/${name}`, value]);
  return code === 0;
}
