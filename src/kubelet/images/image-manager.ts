/** Sees to it that a container's image is on the node, as its pull policy says. */
import type { Clock, Millis } from '../../base/clock.ts';
import { messageOf } from '../../base/message-of.ts';
import { TokenBucket } from '../../client/index.ts';
import type { Container } from '../../kinds/core/container.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { Secret } from '../../kinds/core/secret.ts';
import type { Cri } from '../cri/cri.ts';
import { CriError } from '../cri/cri.ts';
import type { Image, PodSandboxConfig } from '../cri/runtime-v1.ts';
import type { KubeletMetrics } from '../metrics/metrics.ts';
import type { ImagePullOptions } from '../options.ts';
import { StartError } from '../sync/start-error.ts';
import type { WaitingReason } from '../sync/start-error.ts';
import { Backoff, formatDuration } from '../sync/backoff.ts';
import { credentialsFor } from './credentials.ts';
import type { Credential } from './credentials.ts';
import type { CredentialProviders } from './providers.ts';
import type { PullRecords } from './pull-records.ts';
import { withDefaultTag } from './reference.ts';
import { Turnstile } from './turnstile.ts';

export interface ImageRequest {
  readonly pod: Pod;
  readonly container: Pick<Container, 'name' | 'image' | 'imagePullPolicy'>;
  readonly sandbox: PodSandboxConfig;
  readonly pullSecrets: () => Promise<readonly Secret[]>;
  readonly tell: (type: 'Normal' | 'Warning', reason: string, message: string) => void;
}

export interface ImageManager {
  /** @throws StartError with upstream's reason and message */
  ensure(request: ImageRequest, signal?: AbortSignal): Promise<Image>;
  forget(uid: string): void;
  /** All images there are: of others nothing needs to be remembered. */
  seen(ids: ReadonlySet<string>): Promise<void>;
}

/** How long a failed pull shows as such before it shows as backing off. */
const SHOW_FAILURE = 2000;

export const createImageManager = (options: ImageManagerOptions): ImageManager => new Images(options);

export interface ImageManagerOptions {
  readonly cri: Cri;
  readonly clock: Clock;
  readonly pulls?: Pick<ImagePullOptions, 'parallel' | 'rate'>;
  readonly metrics?: Pick<KubeletMetrics, 'imagePulled' | 'imageEnsured'>;
  /** Programs that know credentials beside the pod's Secrets. */
  readonly providers?: Pick<CredentialProviders, 'credentialsFor'> | undefined;
  /** Absent: whoever is on the node may use what is on it. */
  readonly records?: PullRecords | undefined;
  /** How long a pod's pull took. */
  readonly onPulled?: (uid: string, span: Millis) => void;
}

interface Pulling {
  readonly image: string;
  readonly request: ImageRequest;
  readonly credentials: readonly Credential[];
}

class Images implements ImageManager {
  readonly #options: ImageManagerOptions;
  readonly #backoff: Backoff;
  readonly #turnstile: Turnstile;
  readonly #bucket: TokenBucket | undefined;
  /** What the last pull of a key complained of, told again while its successor waits. */
  readonly #failures = new Map<string, { readonly at: number; readonly reason: WaitingReason; readonly message: string }>();

  constructor(options: ImageManagerOptions) {
    this.#options = options;
    this.#backoff = new Backoff(options.clock);
    this.#turnstile = new Turnstile(options.pulls?.parallel);
    this.#bucket = options.pulls?.rate && new TokenBucket(options.clock, options.pulls.rate);
  }

  async ensure(request: ImageRequest, signal?: AbortSignal): Promise<Image> {
    const { container, tell } = request;
    const image = referenceOf(request);
    const present = await this.#inspect(image, request, signal);
    const policy = container.imagePullPolicy ?? 'IfNotPresent';
    const credentials = await this.#credentials(image, request, present !== undefined && policy !== 'Always');
    const proves = present !== undefined && this.#options.records?.mustVerify(image, present.id, credentials) === true;
    const pulls = policy === 'Always' || (policy === 'IfNotPresent' && (!present || proves));
    this.#options.metrics?.imageEnsured({ present_locally: present !== undefined, pull_policy: policy, pull_required: pulls });
    if (pulls) return this.#pull({ image, request, credentials }, signal);
    if (present && !proves) {
      tell('Normal', 'Pulled', `Container image "${container.image}" already present on machine and can be accessed by the pod`);
      return present;
    }
    const message = `Container image "${container.image}" is ${present ? 'present with pull policy of Never but does not have the proper auth (image secret) that was used to pull the image' : 'not present with pull policy of Never'}`;
    tell('Warning', 'ErrImageNeverPull', message);
    throw new StartError('ErrImageNeverPull', message);
  }

  forget(uid: string): void {
    this.#backoff.forget(`${uid}_`);
    for (const key of this.#failures.keys()) if (key.startsWith(`${uid}_`)) this.#failures.delete(key);
  }

  async seen(ids: ReadonlySet<string>): Promise<void> {
    await this.#options.records?.keepOnly(ids);
  }

  /** Where nobody will ask for them they are not looked for: providers are programs. */
  async #credentials(image: string, { pod, pullSecrets }: ImageRequest, isThere: boolean): Promise<readonly Credential[]> {
    const { records, providers } = this.#options;
    if (isThere && !records) return [];
    const own = credentialsFor(image, await pullSecrets());
    return isThere ? own : [...own, ...((await providers?.credentialsFor(image, pod)) ?? [])];
  }

  async #inspect(image: string, { container, tell }: ImageRequest, signal?: AbortSignal): Promise<Image | undefined> {
    try {
      return await this.#options.cri.imageStatus(image, signal);
    } catch (error) {
      signal?.throwIfAborted();
      const message = `Failed to inspect image "${container.image}": ${messageOf(error)}`;
      tell('Warning', 'InspectFailed', message);
      throw new StartError('ImageInspectError', message);
    }
  }

  async #pull(pulling: Pulling, signal?: AbortSignal): Promise<Image> {
    const { pod, container, tell } = pulling.request;
    const { clock, metrics, onPulled } = this.#options;
    const key = `${pod.metadata.uid}_${container.image}`;
    this.#refuseTooSoon(key, pulling.request);
    tell('Normal', 'Pulling', `Pulling image "${container.image}"`);
    const asked = clock.monotonic();
    let began = asked;
    try {
      const pulled = await this.#turnstile.through(() => {
        began = clock.monotonic();
        return this.#pullNow(pulling, signal);
      }, signal);
      this.#failures.delete(key);
      const [took, waited] = [clock.monotonic() - began, clock.monotonic() - asked];
      metrics?.imagePulled(pulled.size, took);
      onPulled?.(pod.metadata.uid, waited);
      tell('Normal', 'Pulled', `Successfully pulled image "${container.image}" in ${goSeconds(took)} (${goSeconds(waited)} including waiting). Image size: ${pulled.size} bytes.`);
      return pulled;
    } catch (error) {
      signal?.throwIfAborted();
      const complaint = messageOf(error);
      tell('Warning', 'Failed', `Failed to pull image "${container.image}": ${complaint}`);
      const { reason, message } = pullFailure(container.image ?? '', complaint);
      this.#backoff.next(key, clock.now());
      this.#failures.set(key, { at: clock.now(), reason, message });
      // Soon after, it shows as waiting for the next pull.
      throw new StartError(reason, message, { retryIn: SHOW_FAILURE });
    }
  }

  #refuseTooSoon(key: string, { container, tell }: ImageRequest): void {
    const failure = this.#failures.get(key);
    const wait = failure === undefined ? 0 : this.#backoff.remaining(key, failure.at);
    if (!failure || wait === 0) return;
    const message = `Back-off pulling image "${container.image}"`;
    tell('Normal', 'BackOff', message);
    throw new StartError('ImagePullBackOff', `${message}: ${failure.reason}: ${failure.message}`, { retryIn: wait });
  }

  async #pullNow({ image, request: { pod, sandbox }, credentials: known }: Pulling, signal?: AbortSignal): Promise<Image> {
    const { cri, records, providers } = this.#options;
    if (this.#bucket && !this.#bucket.tryTake()) throw new Error('pull QPS exceeded');
    // Those of a program were not asked for while the image seemed to be there for everybody.
    const credentials = known.length > 0 || !providers ? known : await providers.credentialsFor(image, pod);
    const used = await pullWithAny(cri, { image, sandbox, credentials }, signal);
    const pulled = await cri.imageStatus(image, signal);
    if (!pulled) throw new Error(`the runtime does not have "${image}" after pulling it`);
    await records?.pulled(image, pulled.id, used);
    return pulled;
  }
}

function referenceOf({ container: { image = '' }, tell }: ImageRequest): string {
  try {
    return withDefaultTag(image);
  } catch (error) {
    const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": ${messageOf(error)}`;
    tell('Warning', 'InspectFailed', message);
    throw new StartError('InvalidImageName', message);
  }
}

/** Tries each credential in turn, or none where none is known. @returns the one that did it @throws with what all of them met */
async function pullWithAny(cri: Cri, { image, sandbox, credentials }: { readonly image: string; readonly sandbox: PodSandboxConfig; readonly credentials: readonly Credential[] }, signal?: AbortSignal): Promise<Credential | undefined> {
  const complaints: string[] = [];
  for (const credential of credentials.length > 0 ? credentials : [undefined]) {
    try {
      await cri.pullImage(image, credential ? { sandbox, auth: credential.auth } : { sandbox }, signal);
      return credential;
    } catch (error) {
      signal?.throwIfAborted();
      // Without gRPC's words where its code says nothing; runtimes name special failures first.
      complaints.push(error instanceof CriError && error.code === 'Unknown' ? error.description : messageOf(error));
    }
  }
  const different = [...new Set(complaints)];
  throw new Error(different.length === 1 ? different[0] : `[${different.join(', ')}]`);
}

/** What a runtime calls a failure, in upstream's words. */
function pullFailure(image: string, complaint: string): { readonly reason: WaitingReason; readonly message: string } {
  for (const [reason, why] of [['RegistryUnavailable', 'the registry is unavailable'], ['SignatureValidationFailed', 'the signature validation failed']] as const) {
    if (complaint.startsWith(reason)) return { reason, message: `image pull failed for ${image} because ${why}${complaint.slice(reason.length)}` };
  }
  return { reason: 'ErrImagePull', message: complaint };
}

/** `1.234s`, `87ms`, as Go prints it rounded to the millisecond. */
function goSeconds(millis: number): string {
  const whole = Math.round(millis);
  if (whole < 1000) return `${whole}ms`;
  if (whole < 60_000) return `${whole / 1000}s`;
  const fraction = whole % 1000;
  return formatDuration(whole).replace(/s$/, fraction === 0 ? 's' : `${String(fraction / 1000).slice(1)}s`);
}
