import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { parse } from 'yaml';
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/message-of.ts';
import { CredentialSource, execCredential, type Credential, type RunProgram } from './exec-credential.ts';
import { choose, impersonation, kubeConfigFrom, located, merged, NOTHING, type Chosen, type ClusterEntry, type KubeConfig, type UserEntry } from './kube-config.ts';

/** Where a pod finds who it is (ServiceAccount admission puts it there). */
const IN_POD = '/var/run/secrets/kubernetes.io/serviceaccount';
/** Tokens in files are rotated under the reader; client-go reads them anew each minute. */
const TOKEN_AGE = 60_000;

export interface WhichCluster {
  /** A kubeconfig file; without it `$KUBECONFIG` (several, joined), then `~/.kube/config`, then the pod one runs in. */
  readonly path?: string;
  readonly context?: string;
  readonly clock: Clock;
}

/** Everything a connection needs. */
export interface Target {
  readonly server: string;
  /** PEM; absent: the machine's own authorities. */
  readonly ca?: string;
  readonly serverName?: string;
  readonly insecure?: boolean;
  readonly namespace: string;
  /** Of every request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly credentials: CredentialSource;
}

/** Finds the cluster as kubectl would. @throws in client-go's words */
export async function findCluster({ path, context, clock }: WhichCluster): Promise<Target> {
  const files = path === undefined ? defaultFiles() : [path];
  if (files.length === 0) {
    if (context === undefined && inPod()) return podTarget(clock);
    throw new Error(context === undefined ? NOTHING : `context ${JSON.stringify(context)} does not exist`);
  }
  const config = merged(await Promise.all(files.map(readConfig)));
  return targetOf(choose(config, context), clock);
}

function defaultFiles(): readonly string[] {
  const named = (process.env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  return (named.length > 0 ? named : [join(homedir(), '.kube', 'config')]).filter((file) => existsSync(file));
}

async function readConfig(file: string): Promise<KubeConfig> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Error(`error loading config file ${JSON.stringify(file)}: ${messageOf(cause)}`, { cause });
  });
  return located(kubeConfigFrom(parse(text)), (path) => (isAbsolute(path) ? path : join(dirname(file), path)));
}

async function targetOf({ cluster, user, namespace }: Chosen, clock: Clock): Promise<Target> {
  if (cluster['proxy-url']) throw new Error(`proxy-url ${JSON.stringify(cluster['proxy-url'])} of a kubeconfig is not supported`);
  if (user['auth-provider']) throw new Error(`no Auth Provider found for name ${JSON.stringify(user['auth-provider'].name)}`);
  const ca = await pem(cluster['certificate-authority-data'], cluster['certificate-authority'], 'certificate-authority');
  const basic: Readonly<Record<string, string>> = user.username === undefined ? {} : { authorization: `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}` };
  return {
    server: cluster.server, namespace,
    ...(ca === undefined ? {} : { ca }),
    ...(cluster['tls-server-name'] ? { serverName: cluster['tls-server-name'] } : {}),
    ...(cluster['insecure-skip-tls-verify'] ? { insecure: true } : {}),
    headers: { ...basic, ...impersonation(user) },
    credentials: new CredentialSource(() => credentialOf(user, cluster, clock), clock),
  };
}

async function credentialOf(user: UserEntry, cluster: ClusterEntry, clock: Clock): Promise<Credential> {
  const [cert, key] = await Promise.all([
    pem(user['client-certificate-data'], user['client-certificate'], 'client-cert'), pem(user['client-key-data'], user['client-key'], 'client-key'),
  ]);
  const pair = cert === undefined || key === undefined ? {} : { cert, key };
  if (user.tokenFile) return { ...pair, ...(await tokenIn(user.tokenFile, clock)) };
  if (user.token) return { ...pair, token: user.token };
  return user.exec ? { ...pair, ...(await execCredential(user.exec, cluster, run)) } : pair;
}

const tokenIn = async (file: string, clock: Clock): Promise<Credential> =>
  ({ token: (await readNamed(file, 'token')).trim(), expires: clock.now() + TOKEN_AGE });

const inPod = (): boolean => Boolean(process.env['KUBERNETES_SERVICE_HOST'] && process.env['KUBERNETES_SERVICE_PORT'] && existsSync(join(IN_POD, 'token')));

async function podTarget(clock: Clock): Promise<Target> {
  const [host, port] = [process.env['KUBERNETES_SERVICE_HOST']!, process.env['KUBERNETES_SERVICE_PORT']!];
  const namespace = await readFile(join(IN_POD, 'namespace'), 'utf8').then((text) => text.trim(), () => 'default');
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`, namespace, headers: {},
    ca: await readNamed(join(IN_POD, 'ca.crt'), 'root CA'),
    credentials: new CredentialSource(() => tokenIn(join(IN_POD, 'token'), clock), clock),
  };
}

async function pem(data: string | undefined, file: string | undefined, what: string): Promise<string | undefined> {
  if (data) return Buffer.from(data, 'base64').toString();
  return file ? readNamed(file, what) : undefined;
}

function readNamed(file: string, what: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Error(`unable to read ${what} ${file}: ${messageOf(cause)}`, { cause });
  });
}

const run: RunProgram = ({ command, args, env }) => new Promise((resolve, reject) => {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  child.on('error', reject);
  child.on('close', (code) => resolve({ code: code ?? 1, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }));
});
