/** Clusters as a user has them: the `knarr` program and kubectl, in a directory and on a port of their own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { get as httpGet } from 'node:http';
import { get as httpsGet } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kubectls } from './kubectl.ts';
import { must, run, type Finished, type RunOptions } from './run.ts';

export { must, run, type Finished, type RunOptions };

const ROOT = join(import.meta.dirname, '..', '..', '..');
export const KNARR = join(ROOT, 'bin', 'knarr.js');
export const example = (name: string): string => join(ROOT, 'examples', name);

/** The body of an answer, within five seconds. @throws where there is none, or it is an error and `anyStatus` was not asked for */
export function fetchText(url: string, options: { ca?: string; token?: string; anyStatus?: boolean } = {}): Promise<string> {
  const { ca, token, anyStatus = false } = options;
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    // Every question is a new connection: a Service chooses once for each.
    const asked = (url.startsWith('https:') ? httpsGet : httpGet)(url, { ca, headers, agent: false, timeout: 5000 }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const { statusCode = 0 } = response;
        if (anyStatus || statusCode < 400) resolve(text);
        else reject(new Error(`${url} answered ${statusCode}: ${text}`));
      });
    });
    asked.on('timeout', () => asked.destroy(new Error(`${url} did not answer in time`)));
    asked.on('error', reject);
  });
}

/** A port nobody listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '0.0.0.0', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Asks until the answer is truthy. @throws with the last answer or error when `seconds` have passed */
export async function eventually<T>(what: string, check: () => Promise<T>, seconds = 60): Promise<NonNullable<T>> {
  const until = performance.now() + seconds * 1000;
  let last: unknown;
  do {
    try {
      const answer = await check();
      if (answer) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  } while (performance.now() < until);
  throw new Error(`not within ${seconds} s: ${what}`, { cause: last });
}

export interface Cluster extends AsyncDisposable {
  readonly dataDir: string;
  readonly port: number;
  readonly kubeconfig: string;
  /** What `knarr up` said. */
  readonly said: string;
  /** Runs `knarr` on this cluster's data directory. */
  knarr(command: string, ...args: readonly string[]): Promise<Finished>;
  /** Runs kubectl as the admin and gives its output. @throws unless it succeeds */
  kubectl(...args: readonly string[]): Promise<string>;
  /** The same, with standard input. */
  kubectlWith(input: string, ...args: readonly string[]): Promise<string>;
  /** The same, whatever becomes of it. */
  tryKubectl(...args: readonly string[]): Promise<Finished>;
  /** kubectl beside the test: ended with it. */
  kubectlBeside(...args: readonly string[]): ChildProcess;
  up(...args: readonly string[]): Promise<Finished>;
  /** The process of a component, as `knarr status` knows it. */
  pidOf(component: string): Promise<number>;
}

/** Starts a cluster and stops it, data and all, when disposed. @param args further flags of `knarr up` */
export async function startCluster(args: readonly string[] = []): Promise<Cluster> {
  const client = (await kubectls()).at(-1)!.file;
  const dataDir = await mkdtemp(join(tmpdir(), 'knarr-e2e-'));
  const port = await freePort();
  const kubeconfig = join(dataDir, 'admin.kubeconfig');
  const beside: ChildProcess[] = [];
  const env = { KUBECONFIG: kubeconfig };
  const knarr = (command: string, ...rest: readonly string[]): Promise<Finished> => run(process.execPath, [KNARR, command, ...rest, '--data-dir', dataDir]);
  const up = (...rest: readonly string[]): Promise<Finished> => knarr('up', '--port', String(port), ...args, ...rest);
  const stop = async (): Promise<void> => {
    for (const child of beside) child.kill('SIGKILL');
    await knarr('down', '--purge');
    await rm(dataDir, { recursive: true, force: true });
  };
  const started = await up();
  if (started.code !== 0) {
    const logs = await run('sh', ['-c', `tail -n 15 ${dataDir}/logs/*.log`]);
    await stop();
    throw new Error(`knarr up ended with ${started.code}:\n${started.stderr}\n${logs.stdout}`);
  }
  return {
    dataDir, port, kubeconfig, said: started.stderr, knarr, up,
    kubectl: (...rest) => must(client, rest, { env }),
    kubectlWith: (input, ...rest) => must(client, rest, { env, input }),
    tryKubectl: (...rest) => run(client, rest, { env }),
    kubectlBeside(...rest) {
      const child = spawn(client, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
      beside.push(child);
      return child;
    },
    async pidOf(component) {
      const { stdout } = await knarr('status', '-o', 'json');
      const status = JSON.parse(stdout) as { components: readonly { name: string; pid?: number }[] };
      const pid = status.components.find(({ name }) => name === component)?.pid;
      if (pid === undefined) throw new Error(`${component} does not run:\n${stdout}`);
      return pid;
    },
    [Symbol.asyncDispose]: stop,
  };
}

/** The log of one of the cluster's processes, for failures. */
export const logOf = (cluster: Cluster, component: string): Promise<string> =>
  readFile(join(cluster.dataDir, 'logs', `${component}.log`), 'utf8').catch(() => '');
