/** Sees to it that a container's image is on the node, as its pull policy says. */
import type { Clock } from '../../base/clock.ts';
import type { Container } from '../../kinds/core/container.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { Secret } from '../../kinds/core/secret.ts';
import type { Cri } from '../cri/cri.ts';
import type { Image, PodSandboxConfig } from '../cri/runtime-v1.ts';
import { StartError } from '../sync/start-error.ts';
import { Backoff, formatDuration } from '../sync/backoff.ts';
import { credentialsFor } from './credentials.ts';
import { withDefaultTag } from './reference.ts';

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
}

/** How long a failed pull shows as such before it shows as backing off. */
const SHOW_FAILURE = 2000;

export const createImageManager = (options: ImageManagerOptions): ImageManager => new Images(options);

export interface ImageManagerOptions {
  readonly cri: Cri;
  readonly clock: Clock;
}

class Images implements ImageManager {
  readonly #cri: Cri;
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  /** What the last pull of a key complained of, told again while its successor waits. */
  readonly #failures = new Map<string, { readonly at: number; readonly message: string }>();

  constructor({ cri, clock }: ImageManagerOptions) {
    this.#cri = cri;
    this.#clock = clock;
    this.#backoff = new Backoff(clock);
  }

  async ensure(request: ImageRequest, signal?: AbortSignal): Promise<Image> {
    const { container, tell } = request;
    const image = referenceOf(request);
    const present = await this.#inspect(image, request, signal);
    const policy = container.imagePullPolicy ?? 'IfNotPresent';
    if (policy === 'Always' || (policy === 'IfNotPresent' && !present)) return this.#pull(image, request, signal);
    if (present) {
      tell('Normal', 'Pulled', `Container image "${container.image}" already present on machine and can be accessed by the pod`);
      return present;
    }
    const message = `Container image "${container.image}" is not present with pull policy of Never`;
    tell('Warning', 'ErrImageNeverPull', message);
    throw new StartError('ErrImageNeverPull', message);
  }

  forget(uid: string): void {
    this.#backoff.forget(`${uid}_`);
    for (const key of this.#failures.keys()) if (key.startsWith(`${uid}_`)) this.#failures.delete(key);
  }

  async #inspect(image: string, { container, tell }: ImageRequest, signal?: AbortSignal): Promise<Image | undefined> {
    try {
      return await this.#cri.imageStatus(image, signal);
    } catch (error) {
      signal?.throwIfAborted();
      const message = `Failed to inspect image "${container.image}": ${messageOf(error)}`;
      tell('Warning', 'InspectFailed', message);
      throw new StartError('ImageInspectError', message);
    }
  }

  async #pull(image: string, request: ImageRequest, signal?: AbortSignal): Promise<Image> {
    const { pod, container, tell } = request;
    const key = `${pod.metadata.uid}_${container.image}`;
    this.#refuseTooSoon(key, request);
    tell('Normal', 'Pulling', `Pulling image "${container.image}"`);
    const began = this.#clock.monotonic();
    try {
      const pulled = await this.#pullNow(image, request, signal);
      this.#failures.delete(key);
      const took = goSeconds(this.#clock.monotonic() - began);
      tell('Normal', 'Pulled', `Successfully pulled image "${container.image}" in ${took} (${took} including waiting). Image size: ${pulled.size} bytes.`);
      return pulled;
    } catch (error) {
      signal?.throwIfAborted();
      const message = messageOf(error);
      tell('Warning', 'Failed', `Failed to pull image "${container.image}": ${message}`);
      this.#backoff.next(key, this.#clock.now());
      this.#failures.set(key, { at: this.#clock.now(), message });
      // Soon after, it shows as waiting for the next pull.
      throw new StartError('ErrImagePull', message, { retryIn: SHOW_FAILURE });
    }
  }

  #refuseTooSoon(key: string, { container, tell }: ImageRequest): void {
    const failure = this.#failures.get(key);
    const wait = failure === undefined ? 0 : this.#backoff.remaining(key, failure.at);
    if (!failure || wait === 0) return;
    const message = `Back-off pulling image "${container.image}"`;
    tell('Normal', 'BackOff', message);
    throw new StartError('ImagePullBackOff', `${message}: ErrImagePull: ${failure.message}`, { retryIn: wait });
  }

  async #pullNow(image: string, { sandbox, pullSecrets }: ImageRequest, signal?: AbortSignal): Promise<Image> {
    await pullWithAny(this.#cri, { image, sandbox, credentials: [...credentialsFor(image, await pullSecrets()), undefined] }, signal);
    const pulled = await this.#cri.imageStatus(image, signal);
    if (!pulled) throw new Error(`the runtime does not have "${image}" after pulling it`);
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

/** Tries each credential in turn, then none; the last complaint counts. */
async function pullWithAny(
  cri: Cri,
  { image, sandbox, credentials }: { readonly image: string; readonly sandbox: PodSandboxConfig; readonly credentials: readonly (ReturnType<typeof credentialsFor>[number] | undefined)[] },
  signal?: AbortSignal,
): Promise<void> {
  for (const [index, auth] of credentials.entries()) {
    try {
      await cri.pullImage(image, auth === undefined ? { sandbox } : { sandbox, auth }, signal);
      return;
    } catch (error) {
      if (index === credentials.length - 1 || signal?.aborted) throw error;
    }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** `1.234s`, `87ms`, as Go prints it rounded to the millisecond. */
function goSeconds(millis: number): string {
  const whole = Math.round(millis);
  if (whole < 1000) return `${whole}ms`;
  if (whole < 60_000) return `${whole / 1000}s`;
  const fraction = whole % 1000;
  return formatDuration(whole).replace(/s$/, fraction === 0 ? 's' : `${String(fraction / 1000).slice(1)}s`);
}
