/** Ends containers in order: preStop first, then a request to stop, then, when the grace period is over, the kill. */
import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/message-of.ts';
import type { Container } from '../../kinds/core/container.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { LifecycleHandler } from '../../kinds/core/probe.ts';
import type { Cri } from '../cri/cri.ts';
import { containerNamed, initContainers, isSidecar } from '../pod.ts';
import { runHook } from './hooks.ts';
import { podIps } from './pod-runtime.ts';
import type { PodRuntime, RuntimeContainer } from './pod-runtime.ts';

export interface Killing {
  readonly cri: Cri;
  readonly clock: Clock;
  readonly tell: (container: string, event: { readonly type: 'Normal' | 'Warning'; readonly reason: string; readonly message: string }) => void;
}

export interface KillRequest {
  readonly pod: Pod;
  readonly runtime: PodRuntime;
  readonly container: RuntimeContainer;
  readonly message: string;
  readonly graceSeconds: number;
  /** Settles when those have ended that end before it. */
  readonly turn?: Promise<unknown>;
}

/** A container gets at least so long after it was asked to end, however long its preStop hook and others took. */
const LEAST_SECONDS = 2;

export async function killContainer({ cri, clock, tell }: Killing, { pod, runtime, container, message, graceSeconds, turn }: KillRequest, signal?: AbortSignal): Promise<void> {
  const spec = containerNamed(pod, container.name);
  tell(container.name, { type: 'Normal', reason: 'Killing', message });
  const began = clock.monotonic();
  const left = () => graceSeconds - (clock.monotonic() - began) / 1000;
  const preStop = spec?.lifecycle?.preStop;
  if (preStop && container.state === 'running' && graceSeconds > 0) {
    await runPreStop({ cri, clock, tell }, { pod, runtime, container, graceSeconds, handler: preStop, spec }, signal);
  }
  if (turn && left() > 0) {
    const patience = new AbortController();
    await Promise.race([turn, clock.sleep(left() * 1000, signal ? AbortSignal.any([signal, patience.signal]) : patience.signal).catch(() => signal?.throwIfAborted())]);
    patience.abort();
  }
  await cri.stopContainer(container.id, Math.max(LEAST_SECONDS, Math.ceil(left())), signal);
}

interface PreStop extends Omit<KillRequest, 'message'> {
  readonly handler: LifecycleHandler;
  readonly spec: Pick<Container, 'name' | 'ports'>;
}

/** Its failure and its being too slow are told, not thrown: the container ends all the same. */
async function runPreStop({ cri, clock, tell }: Killing, { pod, runtime, container, graceSeconds, handler, spec }: PreStop, signal?: AbortSignal): Promise<void> {
  const late = new AbortController();
  const either = signal ? AbortSignal.any([signal, late.signal]) : late.signal;
  using _alarm = clock.after(graceSeconds * 1000, () => late.abort());
  try {
    const podIp = podIps(runtime)[0] ?? pod.status.podIP ?? '';
    await Promise.race([
      runHook(handler, { container: spec, containerId: container.id, podIp }, { cri, clock, tell, signal: either }),
      new Promise<never>((_, reject) => either.addEventListener('abort', () => reject(either.reason), { once: true })),
    ]);
  } catch (error) {
    if (signal?.aborted) throw error;
    if (!late.signal.aborted) tell(container.name, { type: 'Warning', reason: 'FailedPreStopHook', message: `PreStopHook failed` });
  }
}

export interface PodKill {
  readonly pod: Pod;
  readonly runtime: PodRuntime;
  readonly graceSeconds: number;
}

/** What of a pod did not end; the message is what the FailedKillPod event says. */
export class KillPodError extends Error {
  constructor(failures: readonly string[], cause: unknown) {
    super(failures.length === 1 ? failures[0] : `[${failures.join(', ')}]`, { cause });
    this.name = 'KillPodError';
  }
}

/**
 * All are told at once, preStop hooks of sidecars included; but sidecars stop only when what they serve has: main
 * containers first, then the last sidecar, as long as there is time left. Then the sandboxes, even where a container
 * resists: their end takes it along.
 * @throws KillPodError
 */
export async function killPod(killing: Killing, { pod, runtime, graceSeconds }: PodKill, signal?: AbortSignal): Promise<void> {
  const alive = runtime.containers.filter(({ state }) => state === 'running' || state === 'unknown');
  const sidecars = initContainers(pod).filter(isSidecar).map(({ name }) => name).toReversed();
  const failures = new Failures(signal);
  const kill = (container: RuntimeContainer, turn?: Promise<unknown>) => failures.noted('KillContainer', container.name, () =>
    killContainer(killing, { pod, runtime, container, message: `Stopping container ${container.name}`, graceSeconds, ...(turn ? { turn } : {}) }, signal));
  const kills = alive.filter(({ name }) => !sidecars.includes(name)).map((container) => kill(container));
  for (const name of sidecars) {
    const turn = Promise.allSettled(kills);
    kills.push(...alive.filter((container) => container.name === name).map((container) => kill(container, turn)));
  }
  await Promise.allSettled(kills);
  signal?.throwIfAborted();
  // A sandbox that is not ready may still hold an address.
  for (const sandbox of runtime.sandboxes) await failures.noted('KillPodSandbox', pod.metadata.uid, () => killing.cri.stopPodSandbox(sandbox.id, signal));
  failures.throwAny();
}

class Failures {
  readonly #signal: AbortSignal | undefined;
  readonly #messages: string[] = [];
  #cause: unknown;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** @throws only what the signal says */
  async noted(action: 'KillContainer' | 'KillPodSandbox', target: string, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.#signal?.throwIfAborted();
      this.#cause = error;
      this.#messages.push(`failed to "${action}" for "${target}" with ${action}Error: ${JSON.stringify(messageOf(error))}`);
    }
  }

  throwAny(): void {
    if (this.#messages.length > 0) throw new KillPodError(this.#messages, this.#cause);
  }
}
