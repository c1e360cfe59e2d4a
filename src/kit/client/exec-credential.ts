import type { Clock, Millis } from '../../base/clock.ts';
import { messageOf } from '../../base/message-of.ts';
import type { ClusterEntry, ExecEntry } from './kube-config.ts';

/** What a client shows to say who it is. */
export interface Credential {
  readonly token?: string;
  /** PEM. */
  readonly cert?: string;
  readonly key?: string;
  /** It need not be asked for again before. */
  readonly expires?: Millis;
}

/** How a plugin's program is run: what it printed, or a throw that tells why it could not. */
export type RunProgram = (program: {
  readonly command: string; readonly args: readonly string[]; readonly env: Readonly<Record<string, string>>;
}) => Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>;

const GROUP = 'client.authentication.k8s.io';
const VERSIONS = [`${GROUP}/v1`, `${GROUP}/v1beta1`];

/** Asks a credential plugin of a kubeconfig (KEP-541). @throws in client-go's words, with the plugin's own hint */
export async function execCredential(exec: ExecEntry, cluster: ClusterEntry, run: RunProgram): Promise<Credential> {
  const { apiVersion = '', command } = exec;
  if (!VERSIONS.includes(apiVersion)) throw new Error(`exec plugin: invalid apiVersion ${JSON.stringify(apiVersion)}`);
  if (apiVersion === VERSIONS[0] && exec.interactiveMode === undefined) throw new Error(`interactiveMode must be specified for ${command} to use exec authentication plugin`);
  if (exec.interactiveMode === 'Always') throw new Error('exec plugin cannot support interactive mode: standard input is not a terminal');
  const info = { kind: 'ExecCredential', apiVersion, spec: { ...(exec.provideClusterInfo ? { cluster: clusterInfo(cluster) } : {}), interactive: false } };
  const env = Object.fromEntries((exec.env ?? []).map(({ name, value }) => [name, value]));
  const answer = await run({ command, args: exec.args ?? [], env: { ...env, KUBERNETES_EXEC_INFO: JSON.stringify(info) } }).catch((cause: unknown) => {
    const hint = exec.installHint ? `\n\n${exec.installHint}` : '';
    throw new Error(`getting credentials: exec: executable ${command} not found${hint}`, { cause });
  });
  if (answer.code !== 0) throw new Error(`getting credentials: exec: executable ${command} failed with exit code ${answer.code}${answer.stderr === '' ? '' : `: ${answer.stderr.trim()}`}`);
  return credentialIn(answer.stdout, apiVersion);
}

function credentialIn(text: string, apiVersion: string): Credential {
  const answer = parsed(text);
  if (answer.kind !== 'ExecCredential') throw new Error(`decoding stdout: no kind ${JSON.stringify(answer.kind ?? '')} is registered for ${GROUP}`);
  if (answer.apiVersion !== apiVersion) throw new Error(`exec plugin is configured to use API version ${apiVersion}, plugin returned version ${answer.apiVersion ?? ''}`);
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = answer.status ?? {};
  if (!answer.status) throw new Error("exec plugin didn't return a status field");
  if (!token && !cert && !key) throw new Error("exec plugin didn't return a token or cert/key pair");
  if (!cert !== !key) throw new Error('exec plugin returned only certificate or key, not both');
  return {
    ...(token ? { token } : {}), ...(cert && key ? { cert, key } : {}),
    ...(expirationTimestamp ? { expires: Date.parse(expirationTimestamp) } : {}),
  };
}

interface Answer {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly status?: { readonly token?: string; readonly clientCertificateData?: string; readonly clientKeyData?: string; readonly expirationTimestamp?: string };
}

function parsed(text: string): Answer {
  try {
    return JSON.parse(text) as Answer;
  } catch (cause) {
    throw new Error(`decoding stdout: ${messageOf(cause)}`, { cause });
  }
}

const clusterInfo = (cluster: ClusterEntry) => ({
  server: cluster.server,
  ...(cluster['tls-server-name'] ? { 'tls-server-name': cluster['tls-server-name'] } : {}),
  ...(cluster['insecure-skip-tls-verify'] ? { 'insecure-skip-tls-verify': true } : {}),
  ...(cluster['certificate-authority-data'] ? { 'certificate-authority-data': cluster['certificate-authority-data'] } : {}),
  config: null,
});

/** Where credentials come from, asked again when they have run out or were refused. */
export class CredentialSource {
  readonly #ask: () => Promise<Credential>;
  readonly #clock: Clock;
  #current: Promise<Credential> | undefined;
  #expires: Millis | undefined;

  constructor(ask: () => Promise<Credential>, clock: Clock) {
    this.#ask = ask;
    this.#clock = clock;
  }

  current(): Promise<Credential> {
    if (this.#expires !== undefined && this.#expires <= this.#clock.now()) this.refused();
    this.#current ??= this.#ask().then((credential) => {
      this.#expires = credential.expires;
      return credential;
    });
    // A failure is told to those who wait for it, and the next asks anew.
    this.#current.catch(() => this.refused());
    return this.#current;
  }

  /** The server did not take them: the next are asked for anew. */
  refused(): void {
    this.#current = undefined;
    this.#expires = undefined;
  }
}
