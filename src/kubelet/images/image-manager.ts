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

export function createImageManager({ cri, clock }: { readonly cri: Cri; readonly clock: Clock }): ImageManager {
  const backoff = new Backoff(clock);
  /** What the last pull of a key complained of, told again while its successor waits. */
  const failures = new Map<string, { readonly at: number; readonly message: string }>();

  const inspect = async (image: string, { container, tell }: ImageRequest, signal?: AbortSignal): Promise<Image | undefined> => {
    try {
      return await cri.imageStatus(image, signal);
    } catch (error) {
      signal?.throwIfAborted();
      const message = `Failed to inspect image "${container.image}": ${messageOf(error)}`;
      tell('Warning', 'InspectFailed', message);
      throw new StartError('ImageInspectError', message);
    }
  };

  const pull = async (image: string, request: ImageRequest, signal?: AbortSignal): Promise<Image> => {
    const { pod, container, sandbox, pullSecrets, tell } = request;
    const key = `${pod.metadata.uid}_${container.image}`;
    const failure = failures.get(key);
    const wait = failure === undefined ? 0 : backoff.remaining(key, failure.at);
    if (failure && wait > 0) {
      const message = `Back-off pulling image "${container.image}"`;
      tell('Normal', 'BackOff', message);
      throw new StartError('ImagePullBackOff', `${message}: ErrImagePull: ${failure.message}`, { retryIn: wait });
    }
    tell('Normal', 'Pulling', `Pulling image "${container.image}"`);
    const began = clock.monotonic();
    try {
      await pullWithAny(cri, { image, sandbox, credentials: [...credentialsFor(image, await pullSecrets()), undefined] }, signal);
      const pulled = await cri.imageStatus(image, signal);
      if (!pulled) throw new Error(`the runtime does not have "${image}" after pulling it`);
      failures.delete(key);
      const took = goSeconds(clock.monotonic() - began);
      tell('Normal', 'Pulled', `Successfully pulled image "${container.image}" in ${took} (${took} including waiting). Image size: ${pulled.size} bytes.`);
      return pulled;
    } catch (error) {
      signal?.throwIfAborted();
      const message = messageOf(error);
      tell('Warning', 'Failed', `Failed to pull image "${container.image}": ${message}`);
      backoff.next(key, clock.now());
      failures.set(key, { at: clock.now(), message });
      // Soon after, it shows as waiting for the next pull.
      throw new StartError('ErrImagePull', message, { retryIn: SHOW_FAILURE });
    }
  };

  return {
    async ensure(request, signal) {
      const { container, tell } = request;
      const image = referenceOf(request);
      const present = await inspect(image, request, signal);
      const policy = container.imagePullPolicy ?? 'IfNotPresent';
      if (policy === 'Always' || (policy === 'IfNotPresent' && !present)) return pull(image, request, signal);
      if (present) {
        tell('Normal', 'Pulled', `Container image "${container.image}" already present on machine and can be accessed by the pod`);
        return present;
      }
      const message = `Container image "${container.image}" is not present with pull policy of Never`;
      tell('Warning', 'ErrImageNeverPull', message);
      throw new StartError('ErrImageNeverPull', message);
    },
    forget(uid) {
      backoff.forget(`${uid}_`);
      for (const key of failures.keys()) if (key.startsWith(`${uid}_`)) failures.delete(key);
    },
  };
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
