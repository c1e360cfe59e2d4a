/** What is measured: an API server as processes of this machine, and how to speak to it. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { issueCa, issueLeaf, type KeyPair } from '../../src/cluster/pki/issue.ts';
import { ensurePki, requirePair } from '../../src/cluster/pki/ensure.ts';
import { layoutOf } from '../../src/cluster/layout.ts';
import { planCluster, writeSettings } from '../../src/cluster/settings.ts';
import { connect, type HttpTransport } from '../../src/wire/node/http-client.ts';
import { freePort } from './machine.ts';

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
}

interface Identities {
  readonly ca: KeyPair;
  readonly serving: KeyPair;
  readonly admin: KeyPair;
  readonly user: KeyPair;
}

export const USER = 'bench';
const READY_WITHIN_MILLIS = 60_000;

function makeIdentities(ca: KeyPair = issueCa('bench-ca', Date.now(), systemRandom)): Identities {
  const issue = (commonName: string, organizations: readonly string[], use: 'client' | 'server'): KeyPair =>
    issueLeaf({ name: commonName, issuer: 'ca', commonName, organizations, use, dnsNames: ['localhost'], addresses: ['127.0.0.1'] }, ca, { now: Date.now(), random: systemRandom });
  return { ca, serving: issue('kube-apiserver', [], 'server'), admin: issue('bench-admin', ['system:masters'], 'client'), user: issue(USER, [], 'client') };
}

/** The API server and its store alone, in one process: what a request costs. */
export async function startKnarrApi(directory: string): Promise<Target> {
  const identities = makeIdentities();
  const port = await freePort();
  const config = join(directory, 'serve.json');
  await mkdir(directory, { recursive: true });
  await writeFile(config, JSON.stringify({ directory: join(directory, 'store'), port, tls: identities.serving, clientCa: identities.ca.cert }));
  const child = start(process.execPath, [process.argv[1]!, 'serve', config], join(directory, 'knarr.log'));
  return ready('knarr', identities, { port, children: [child] });
}

/** The whole control plane, as `knarr up` runs it: what standing still costs. */
export async function startKnarrControlPlane(directory: string): Promise<Target> {
  const layout = layoutOf(directory);
  const port = await freePort();
  const wishes = { port, nodes: 0, simulated: 0, legacyServiceAccountTokens: false };
  const settings = planCluster(wishes, { hostname: 'bench', addresses: ['192.0.2.1'] }, { slot: 0 });
  await mkdir(directory, { recursive: true });
  await writeSettings(layout, settings);
  const effects = { clock: systemClock, random: systemRandom };
  await ensurePki(layout, { ...settings, nodes: [] }, effects);
  const identities = makeIdentities(await requirePair(layout, 'ca'));
  const program = join(import.meta.dirname, 'control-plane.js');
  const child = start(process.execPath, [program, directory], join(directory, 'control-plane.log'));
  return ready('control plane', identities, { port, children: [child] });
}

/** kube-apiserver and etcd, from a directory that holds both. */
export async function startPeer(directory: string, programs: string): Promise<Target> {
  for (const name of ['etcd', 'kube-apiserver']) if (!existsSync(join(programs, name))) throw new Error(`no ${name} in ${programs}`);
  const identities = makeIdentities();
  const [port, etcdPort, etcdPeerPort] = await Promise.all([freePort(), freePort(), freePort()]);
  await mkdir(directory, { recursive: true });
  const files = await writePems(directory, identities);
  const etcd = start(join(programs, 'etcd'), [
    '--data-dir', join(directory, 'etcd'), '--listen-client-urls', `http://127.0.0.1:${etcdPort}`, '--advertise-client-urls', `http://127.0.0.1:${etcdPort}`,
    '--listen-peer-urls', `http://127.0.0.1:${etcdPeerPort}`,
  ], join(directory, 'etcd.log'));
  const server = start(join(programs, 'kube-apiserver'), [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`, `--secure-port=${port}`, '--bind-address=127.0.0.1', '--authorization-mode=RBAC',
    `--client-ca-file=${files.ca}`, `--tls-cert-file=${files.cert}`, `--tls-private-key-file=${files.key}`, '--service-cluster-ip-range=10.96.0.0/16',
    '--service-account-issuer=https://kubernetes.default.svc', `--service-account-key-file=${files.publicKey}`, `--service-account-signing-key-file=${files.privateKey}`,
    `--cert-dir=${directory}`,
  ], join(directory, 'kube-apiserver.log'));
  return ready('kube-apiserver + etcd', identities, { port, children: [server, etcd] });
}

async function writePems(directory: string, { ca, serving }: Identities) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const texts = {
    ca: ca.cert, cert: serving.cert, key: serving.key,
    privateKey: privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
  const files = { ca: join(directory, 'ca.pem'), cert: join(directory, 'server.pem'), key: join(directory, 'server.key'), privateKey: join(directory, 'sa.key'), publicKey: join(directory, 'sa.pub') };
  for (const name of ['ca', 'cert', 'key', 'privateKey', 'publicKey'] as const) await writeFile(files[name], texts[name], { mode: 0o600 });
  return files;
}

function start(program: string, args: readonly string[], log: string): ChildProcess {
  // One shell word for all: the log is read only when something fails.
  return spawn('sh', ['-c', 'log="$0"; exec "$@" >"$log" 2>&1', log, program, ...args], { stdio: 'ignore' });
}

async function ready(name: string, { ca, admin, user }: Identities, { port, children }: { port: number; children: readonly ChildProcess[] }): Promise<Target> {
  const options = { url: `https://127.0.0.1:${port}`, ca: ca.cert };
  const asAdmin = connect({ ...options, ...admin });
  const users: HttpTransport[] = [];
  const stop = async () => {
    for (const transport of [asAdmin, ...users]) await transport[Symbol.asyncDispose]();
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
  return { name, readyMillis, admin: asAdmin, pids: children.map(({ pid }) => pid!), connectUser, [Symbol.asyncDispose]: stop };
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

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGTERM');
  await gone;
}
