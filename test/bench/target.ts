/** What is measured: an API server as processes of this machine, and how to speak to it. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { issueCa, issueLeaf, type KeyPair } from '../../src/wire/node/issue.ts';
import { ensurePki, requirePair } from '../../src/cluster/pki/ensure.ts';
import { layoutOf } from '../../src/cluster/layout.ts';
import { planCluster, writeSettings } from '../../src/cluster/settings.ts';
import { connect, type HttpTransport } from '../../src/wire/node/http-client.ts';
import { freePort } from './machine.ts';
import { reportOf, type ServerReport } from './report.ts';
import type { ServeConfig } from './serve.ts';

export interface Target extends AsyncDisposable {
  readonly name: string;
  /** Whose cost is counted. */
  readonly pids: readonly number[];
  /** From the start of the last process to the first 200 on /readyz. */
  readonly readyMillis: number;
  /** A member of system:masters: prepares. */
  readonly admin: HttpTransport;
  /** Bound by RBAC: measures. */
  connectUser(): HttpTransport;
  /** Ends those connections. */
  disconnectUsers(): Promise<void>;
  /** For another process that is to connect as the user. */
  readonly user: UserConnection;
  /** The same for the member of system:masters. */
  readonly root: UserConnection;
}

export interface UserConnection {
  readonly url: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface Identities {
  readonly ca: KeyPair;
  readonly serving: KeyPair;
  readonly admin: KeyPair;
  readonly user: KeyPair;
}

export const USER = 'bench';
/** For node, of every knarr started: to profile it. */
export const serverFlags: string[] = [];
const READY_WITHIN_MILLIS = 60_000;

export function makeIdentities(ca: KeyPair = issueCa('bench-ca', Date.now(), systemRandom)): Identities {
  const issue = (commonName: string, organizations: readonly string[], use: 'client' | 'server'): KeyPair =>
    issueLeaf({ commonName, organizations, use, dnsNames: ['localhost'], addresses: ['127.0.0.1'] }, ca, { now: Date.now(), random: systemRandom });
  return { ca, serving: issue('kube-apiserver', [], 'server'), admin: issue('bench-admin', ['system:masters'], 'client'), user: issue(USER, [], 'client') };
}

export interface KnarrTarget extends Target {
  /** How the server's process fares; delays are those since the last report. Collects garbage first where node exposes that. */
  report(): Promise<ServerReport>;
}

/** The API server and its store alone, in one process: what a request costs. @param flags of node's */
export async function startKnarrApi(directory: string, flags: readonly string[] = []): Promise<KnarrTarget> {
  const identities = makeIdentities();
  const port = await freePort();
  const config = join(directory, 'serve.json');
  await mkdir(directory, { recursive: true });
  const serving: ServeConfig = {
    directory: join(directory, 'store'), port, tls: identities.serving, clientCa: identities.ca.cert, audit: join(directory, 'audit.log'), report: join(directory, 'report.json'),
  };
  await writeFile(config, JSON.stringify(serving));
  const child = start(process.execPath, [...serverFlags, ...flags, process.argv[1]!, 'serve', config], join(directory, 'knarr.log'));
  const target = await ready('knarr', identities, { port, children: [child] });
  return { ...target, report: () => reportOf(child.pid!, serving.report) };
}

/** The whole control plane, as `knarr up` runs it: what standing still costs. */
export async function startKnarrControlPlane(directory: string, simulated = 0, { legacyApis = false } = {}): Promise<KnarrTarget> {
  const layout = layoutOf(directory);
  const port = await freePort();
  const wishes = { port, nodes: 0, simulated, legacyServiceAccountTokens: false, legacyApis };
  const settings = planCluster(wishes, { hostname: 'bench', addresses: ['192.0.2.1'] }, { slot: 0 });
  await mkdir(directory, { recursive: true });
  await writeSettings(layout, settings);
  const effects = { clock: systemClock, random: systemRandom };
  await ensurePki(layout, { ...settings, nodes: [] }, effects);
  const identities = makeIdentities(await requirePair(layout, 'ca'));
  const [program, reporting] = ['control-plane.js', 'bench-reporting.js'].map((file) => join(import.meta.dirname, file));
  const report = join(directory, 'report.json');
  const child = start('env', [`KNARR_BENCH_REPORT=${report}`, process.execPath, ...serverFlags, '--import', reporting!, program!, directory], join(directory, 'control-plane.log'));
  const target = await ready('control plane', identities, { port, children: [child] });
  return { ...target, report: () => reportOf(child.pid!, report) };
}

export function start(program: string, args: readonly string[], log: string): ChildProcess {
  // One shell word for all: the log is read only when something fails.
  return spawn('sh', ['-c', 'log="$0"; exec "$@" >"$log" 2>&1', log, program, ...args], { stdio: 'ignore' });
}

export async function ready(name: string, { ca, admin, user }: Identities, { port, children }: { port: number; children: readonly ChildProcess[] }): Promise<Target> {
  const options = { url: `https://127.0.0.1:${port}`, ca: ca.cert };
  const asAdmin = connect({ ...options, ...admin });
  const users: HttpTransport[] = [];
  const disconnectUsers = async () => {
    for (const transport of users.splice(0)) await transport[Symbol.asyncDispose]();
  };
  const stop = async () => {
    await disconnectUsers();
    await asAdmin[Symbol.asyncDispose]();
    await Promise.all(children.map(ended));
  };
  let readyMillis: number;
  try {
    readyMillis = await untilReady(name, asAdmin, children);
  } catch (error) {
    await stop();
    throw error;
  }
  const connectUser = () => {
    const transport = connect({ ...options, ...user });
    users.push(transport);
    return transport;
  };
  return { name, readyMillis, admin: asAdmin, pids: children.map(({ pid }) => pid!), connectUser, disconnectUsers, user: { ...options, ...user }, root: { ...options, ...admin }, [Symbol.asyncDispose]: stop };
}

async function untilReady(name: string, admin: HttpTransport, children: readonly ChildProcess[]): Promise<number> {
  const started = performance.now();
  for (;;) {
    const status = await admin({ method: 'GET', url: '/readyz', headers: {}, peer: { address: '' }, signal: AbortSignal.timeout(2000) }).then((answer) => answer.status, () => 0);
    if (status === 200) return performance.now() - started;
    if (performance.now() - started > READY_WITHIN_MILLIS) throw new Error(`${name} is not ready after a minute; the last answer of /readyz was ${status}`);
    if (children.some(({ exitCode }) => exitCode !== null)) throw new Error(`${name} ended at once; its log is gone with its directory: try --keep`);
    await systemClock.sleep(5);
  }
}

/** Asked to end, and waited for. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGTERM');
  await gone;
}
