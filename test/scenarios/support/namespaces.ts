/** What scenarios need of the machine: programs, network namespaces, and web requests from inside them. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { mustRun } from '../../../src/base/program.ts';
import type { RunProgram } from '../../../src/base/program.ts';

export const isRoot = process.platform === 'linux' && process.getuid?.() === 0;

export const run: RunProgram = (command, args, options) => runWith({}, command, args, options);

/** With more environment. */
export function runWith(env: Readonly<Record<string, string>>, ...[command, args, options]: Parameters<RunProgram>): ReturnType<RunProgram> {
  return new Promise((resolve) => {
    const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
    const child = spawn(command, args, { stdio: 'pipe', env: { ...process.env, PATH: path, ...env }, signal: options?.signal });
    let [stdout, stderr] = ['', ''];
    if (options?.onLine) createInterface(child.stdout).on('line', options.onLine);
    else child.stdout.on('data', (chunk) => (stdout += String(chunk)));
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    child.on('error', (error) => resolve({ code: 127, stdout, stderr: error.message }));
    child.on('close', (code) => resolve({ code: code ?? 128, stdout, stderr }));
    child.stdin.on('error', () => {}); // it may end before it has read everything
    child.stdin.end(options?.input);
  });
}

export const inside = (namespace: string): RunProgram => (command, args, options) => run('ip', ['netns', 'exec', namespace, command, ...args], options);

/** `ip` with these words; must succeed. */
export const ip = (line: string): Promise<string> => mustRun(run, 'ip', line.split(' '));

/** What an HTTP GET from a namespace brings: the body, or the error's code. */
export async function get(namespace: string, address: string): Promise<string> {
  const url = JSON.stringify(`http://${address}/`);
  const script = `fetch(${url}, { signal: AbortSignal.timeout(3000) }).then((r) => r.text()).catch((e) => e.cause?.code ?? e.name).then((t) => process.stdout.write(t))`;
  return (await inside(namespace)('node', ['-e', script])).stdout;
}

/** Answers `namespace, address of the caller` on port 80 until disposed. */
export async function serveIn(namespace: string): Promise<Disposable> {
  const script = `require('http').createServer((q, s) => { s.setHeader('connection', 'close'); s.end('${namespace} ' + q.socket.remoteAddress.replace('::ffff:', '')); }).listen(80, () => console.log('ready'))`;
  const child = spawn('ip', ['netns', 'exec', namespace, 'node', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return { [Symbol.dispose]: () => void child.kill('SIGKILL') };
}
