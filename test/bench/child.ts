/** The bench's own program again, as a process apart: what is measured must not share a core's time with who measures. */
import { spawn } from 'node:child_process';

export interface Child extends AsyncDisposable {
  /** The next line that it prints. */
  line(): Promise<string>;
  write(text: string): void;
}

export function childOf(args: readonly string[], command: readonly string[] = []): Child {
  const [program = process.execPath, ...before] = [...command, process.execPath];
  const child = spawn(program, [...before, process.argv[1]!, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  let text = '';
  let wake = (): void => {};
  child.stdout.on('data', (chunk) => {
    text += String(chunk);
    wake();
  });
  return {
    async line() {
      while (!text.includes('\n')) await new Promise<void>((resolve) => (wake = resolve));
      const [first = '', ...rest] = text.split('\n');
      text = rest.join('\n');
      return first;
    },
    write: (line) => void child.stdin.write(line),
    async [Symbol.asyncDispose]() {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await gone;
    },
  };
}
