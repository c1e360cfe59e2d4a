/**
 * Programs that know credentials for registries: `kubelet.config.k8s.io/v1` CredentialProviderConfig and the protocol
 * `credentialprovider.kubelet.k8s.io/v1` (https://kubernetes.io/docs/tasks/administer-cluster/kubelet-credential-provider/; service
 * accounts' tokens: KEP-4412).
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Clock, Millis } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { messageOf } from '../../base/message-of.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { parseDuration } from '../../meta/duration.ts';
import { covers, credentialsAmong, targetOf } from './credentials.ts';
import type { Credential, DockerAuth } from './credentials.ts';
import type { CredentialProvider } from './provider-config.ts';

const REQUEST_TIMEOUT: Millis = 60_000;

/** The ServiceAccount a pod runs as, with a token for the audience. */
export interface AccountOf {
  (pod: Pod, audience: string): Promise<{ readonly uid: string; readonly name: string; readonly namespace: string; readonly annotations: Readonly<Record<string, string>>; readonly token: string }>;
}

export interface ProvidersOptions {
  readonly providers: readonly CredentialProvider[];
  readonly binDir: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly accountOf: AccountOf;
  readonly run?: RunProgram;
}

/** @returns its output; rejects where it fails */
export type RunProgram = (program: { readonly file: string; readonly args: readonly string[]; readonly env: Readonly<Record<string, string>>; readonly input: string }, signal?: AbortSignal) => Promise<string>;

interface Answer {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly cacheKeyType?: string;
  readonly cacheDuration?: string;
  readonly auth?: Readonly<Record<string, DockerAuth>> | null;
}

type Account = Awaited<ReturnType<AccountOf>>;

export class CredentialProviders {
  readonly #options: ProvidersOptions;
  readonly #cache = new Map<string, { readonly until: Millis; readonly auth: Readonly<Record<string, DockerAuth>> }>();
  readonly #asking = new Map<string, Promise<Readonly<Record<string, DockerAuth>>>>();

  constructor(options: ProvidersOptions) {
    this.#options = options;
  }

  /** Of every provider that is for the image, in their order; one that fails is as one that knows none. */
  async credentialsFor(image: string, pod: Pod): Promise<readonly Credential[]> {
    const { providers, log } = this.#options;
    const target = targetOf(image);
    const wanted = providers.filter(({ matchImages }) => matchImages.some((pattern) => covers(pattern.replace(/\/$/, ''), target)));
    const found = await Promise.all(wanted.map(async (provider) => {
      try {
        const account = await this.#accountFor(provider, pod);
        if (account === 'lacking') return [];
        const auths = await this.#ask(provider, target, account);
        const source = account && { uid: account.uid, namespace: account.namespace, name: account.name };
        return credentialsAmong(image, auths).map((auth): Credential => ({ auth, ...(source ? { source } : {}) }));
      } catch (error) {
        log.warn('a credential provider failed', { provider: provider.name, image: target, error: messageOf(error) });
        return [];
      }
    }));
    return found.flat();
  }

  async #accountFor({ tokenAttributes }: CredentialProvider, pod: Pod): Promise<Account | 'lacking' | undefined> {
    if (!tokenAttributes) return undefined;
    const { serviceAccountTokenAudience, requireServiceAccount, requiredServiceAccountAnnotationKeys = [] } = tokenAttributes;
    if (!pod.spec.serviceAccountName) return requireServiceAccount ? 'lacking' : undefined;
    const account = await this.#options.accountOf(pod, serviceAccountTokenAudience);
    return requiredServiceAccountAnnotationKeys.every((key) => key in account.annotations) ? account : 'lacking';
  }

  /** One question at a time for each image; answers are kept as the program says. */
  #ask(provider: CredentialProvider, target: string, account: Account | undefined): Promise<Readonly<Record<string, DockerAuth>>> {
    const who = account === undefined ? '' : identityOf(provider, account);
    const now = this.#options.clock.now();
    for (const scope of [target, target.split('/')[0]!, '<global>']) {
      const known = this.#cache.get(JSON.stringify([provider.name, scope, who]));
      if (known && now < known.until) return Promise.resolve(known.auth);
    }
    const key = JSON.stringify([provider.name, target, who]);
    const asking = this.#asking.get(key) ?? this.#run(provider, target, { account, who }).finally(() => this.#asking.delete(key));
    this.#asking.set(key, asking);
    return asking;
  }

  async #run(provider: CredentialProvider, target: string, { account, who }: { readonly account: Account | undefined; readonly who: string }): Promise<Readonly<Record<string, DockerAuth>>> {
    const { binDir, clock, run = runProgram } = this.#options;
    const { name, args = [], env = [], apiVersion, defaultCacheDuration } = provider;
    const request = { kind: 'CredentialProviderRequest', apiVersion, image: target, ...(account ? { serviceAccountToken: account.token, ...annotationsFor(provider, account) } : {}) };
    const output = await run({ file: join(binDir, name), args, env: Object.fromEntries(env.map((one) => [one.name, one.value])), input: JSON.stringify(request) }, AbortSignal.timeout(REQUEST_TIMEOUT));
    const answer = JSON.parse(output) as Answer;
    if (answer.apiVersion !== apiVersion || answer.kind !== 'CredentialProviderResponse') throw new Error(`unexpected answer: ${String(answer.apiVersion)} ${String(answer.kind)}`);
    const scope = { Image: target, Registry: target.split('/')[0]!, Global: '<global>' }[answer.cacheKeyType ?? ''];
    if (scope === undefined) throw new Error(`credential provider plugin did not return a valid cacheKeyType: ${JSON.stringify(answer.cacheKeyType ?? '')}`);
    const auth = answer.auth ?? {};
    const span = parseDuration(answer.cacheDuration ?? defaultCacheDuration);
    for (const [key, { until }] of this.#cache) if (until <= clock.now()) this.#cache.delete(key);
    if (span > 0) this.#cache.set(JSON.stringify([name, scope, who]), { until: clock.now() + span, auth });
    return auth;
  }
}

function annotationsFor({ tokenAttributes }: CredentialProvider, { annotations }: Account): object {
  const keys = [...(tokenAttributes?.requiredServiceAccountAnnotationKeys ?? []), ...(tokenAttributes?.optionalServiceAccountAnnotationKeys ?? [])];
  const told = Object.fromEntries(keys.filter((key) => key in annotations).map((key) => [key, annotations[key]]));
  return Object.keys(told).length > 0 ? { serviceAccountAnnotations: told } : {};
}

/** An answer for one account or one token is nobody else's. */
const identityOf = (provider: CredentialProvider, account: Account): string => (provider.tokenAttributes?.cacheType === 'Token'
  ? createHash('sha256').update(account.token).digest('hex')
  : JSON.stringify([account.namespace, account.name, account.uid, annotationsFor(provider, account)]));

const runProgram: RunProgram = ({ file, args, env, input }, signal) => new Promise((resolve, reject) => {
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'], ...(signal ? { signal } : {}) });
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  child.on('error', reject);
  // It may end without having read what it was asked.
  child.stdin.on('error', () => {});
  child.on('close', (code) => (code === 0 ? resolve(Buffer.concat(out).toString('utf8')) : reject(new Error(`error execing credential provider plugin ${file}: exit status ${code}: ${Buffer.concat(err).toString('utf8').slice(0, 1000)}`))));
  child.stdin.end(input);
});
