/**
 * Probes of every running container, and what they have found. One worker for each probe of each container:
 *
 *     waiting (initialDelay; until the startup probe has passed) → probing every period → held (failed liveness or startup,
 *     until the container is another one)
 */
import type { Clock, Millis } from '../../base/clock.ts';
import type { Container } from '../../kinds/core/container.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { Probe } from '../../kinds/core/probe.ts';
import { initContainers, isSidecar } from '../pod.ts';
import type { ProbeVerdicts } from '../sync/plan.ts';
import { newestOf, podIps } from '../sync/pod-runtime.ts';
import type { PodRuntime, RuntimeContainer } from '../sync/pod-runtime.ts';
import type { ProbeAnswer, Prober } from './prober.ts';

export type ProbeType = 'liveness' | 'readiness' | 'startup';

export interface ProbeManager extends ProbeVerdicts, Disposable {
  /** Begins, goes on with and ends probes so that they fit what runs. */
  sync(pod: Pod, runtime: PodRuntime): void;
  forget(uid: string): void;
  /** undefined: no such probe, or it has not said yet and the container was running before this kubelet. */
  hasStarted(containerId: string): boolean | undefined;
  isReady(containerId: string): boolean | undefined;
}

export interface ProbeManagerOptions {
  readonly clock: Clock;
  readonly prober: Prober;
  /** A verdict changed: the pod wants a sync. */
  readonly onChange: (uid: string) => void;
  readonly tell: (pod: Pod, container: string, message: { readonly reason: 'Unhealthy' | 'ProbeWarning'; readonly text: string }) => void;
  /** Each answer, and how long it took to come. */
  readonly onProbed?: (at: { readonly pod: Pod['metadata']; readonly container: string; readonly type: ProbeType }, result: 'successful' | 'failed' | 'unknown', span: Millis) => void;
  /** Containers that were running before it keep the readiness they had until probed. */
  readonly startedAt: Millis;
}

interface Worker {
  readonly type: ProbeType;
  readonly containerId: string;
  pod: Pod;
  container: Container;
  podIp: string;
  readonly runningSince: Millis;
  verdict: boolean | undefined;
  last: boolean | undefined;
  streak: number;
  held: boolean;
  timer: Disposable | undefined;
}

const RESULTS = { success: 'successful', warning: 'successful', failure: 'failed', unknown: 'unknown' } as const;
const TITLES = { liveness: 'Liveness', readiness: 'Readiness', startup: 'Startup' } as const;

export function createProbeManager(options: ProbeManagerOptions): ProbeManager {
  return new Probes(options);
}

class Probes implements ProbeManager {
  readonly #options: ProbeManagerOptions;
  readonly #workers = new Map<string, Worker>();
  #disposed = false;

  constructor(options: ProbeManagerOptions) {
    this.#options = options;
  }

  sync(pod: Pod, runtime: PodRuntime): void {
    const wanted = new Set<string>();
    for (const container of [...pod.spec.containers, ...initContainers(pod).filter(isSidecar)]) {
      const latest = newestOf(runtime, container.name);
      if (latest?.state !== 'running') continue;
      for (const [type, probe] of probesOf(container)) {
        // A pod on its way out is only asked whether it can still serve.
        if (!probe || (type !== 'readiness' && pod.metadata.deletionTimestamp !== undefined)) continue;
        const key = `${pod.metadata.uid}/${latest.id}/${type}`;
        wanted.add(key);
        this.#begin(key, { type, pod, container, latest, podIp: podIps(runtime)[0] ?? pod.status.podIP ?? '' });
      }
    }
    for (const key of this.#workers.keys()) if (key.startsWith(`${pod.metadata.uid}/`) && !wanted.has(key)) this.#end(key);
  }

  forget(uid: string): void {
    for (const key of this.#workers.keys()) if (key.startsWith(`${uid}/`)) this.#end(key);
  }

  livenessFailed = (id: string): boolean => this.#verdict(id, 'liveness') === false;
  startupFailed = (id: string): boolean => this.#verdict(id, 'startup') === false;
  started = (id: string): boolean => this.#worker(id, 'startup') === undefined || this.#verdict(id, 'startup') === true;

  hasStarted(id: string): boolean | undefined {
    return this.#known(id, 'startup');
  }

  isReady(id: string): boolean | undefined {
    return this.#known(id, 'readiness');
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    for (const key of this.#workers.keys()) this.#end(key);
  }

  #known(id: string, type: ProbeType): boolean | undefined {
    const worker = this.#worker(id, type);
    if (!worker) return undefined;
    const adopted = worker.runningSince < this.#options.startedAt;
    return worker.verdict ?? (adopted ? undefined : false);
  }

  #worker(id: string, type: ProbeType): Worker | undefined {
    for (const worker of this.#workers.values()) if (worker.containerId === id && worker.type === type) return worker;
    return undefined;
  }

  #verdict = (id: string, type: ProbeType): boolean | undefined => this.#worker(id, type)?.verdict;

  #begin(key: string, { type, pod, container, latest, podIp }: { readonly type: ProbeType; readonly pod: Pod; readonly container: Container; readonly latest: RuntimeContainer; readonly podIp: string }): void {
    const known = this.#workers.get(key);
    if (known) return void Object.assign(known, { pod, container, podIp });
    const worker: Worker = {
      type, containerId: latest.id, pod, container, podIp, runningSince: latest.startedAt,
      verdict: undefined, last: undefined, streak: 0, held: false, timer: undefined,
    };
    this.#workers.set(key, worker);
    this.#schedule(key, worker, this.#delay(worker));
  }

  #end(key: string): void {
    this.#workers.get(key)?.timer?.[Symbol.dispose]();
    this.#workers.delete(key);
  }

  #schedule(key: string, worker: Worker, delay: Millis): void {
    if (this.#disposed || this.#workers.get(key) !== worker) return;
    worker.timer = this.#options.clock.after(delay, () => void this.#tick(key, worker));
  }

  async #tick(key: string, worker: Worker): Promise<void> {
    const probe = probesOf(worker.container).get(worker.type);
    if (!probe) return;
    const waits = worker.held || (worker.type !== 'startup' && !this.started(worker.containerId));
    if (!waits) await this.#probe(key, worker, probe);
    // After the startup probe has passed nothing asks it again, and who waits for readiness need not wait longer.
    if (worker.type === 'startup' && worker.verdict === true) return this.#hasten(worker);
    this.#schedule(key, worker, (probe.periodSeconds ?? 10) * 1000);
  }

  #hasten({ pod, containerId }: Worker): void {
    const key = `${pod.metadata.uid}/${containerId}/readiness`;
    const worker = this.#workers.get(key);
    if (!worker) return;
    worker.timer?.[Symbol.dispose]();
    this.#schedule(key, worker, this.#delay(worker));
  }

  /** Whatever clocks have done since, no longer than was asked for. */
  #delay({ type, container, runningSince }: Pick<Worker, 'type' | 'container' | 'runningSince'>): Millis {
    const delay = (probesOf(container).get(type)?.initialDelaySeconds ?? 0) * 1000;
    return Math.min(delay, Math.max(0, runningSince + delay - this.#options.clock.now()));
  }

  async #probe(key: string, worker: Worker, probe: Probe): Promise<void> {
    const { prober, tell, onChange, clock, onProbed } = this.#options;
    const began = clock.monotonic();
    const answer = await prober(probe, { container: worker.container, containerId: worker.containerId, podIp: worker.podIp });
    if (this.#disposed || this.#workers.get(key) !== worker) return;
    onProbed?.({ pod: worker.pod.metadata, container: worker.container.name, type: worker.type }, RESULTS[answer.result], clock.monotonic() - began);
    this.#report(worker, answer, tell);
    if (answer.result === 'unknown') return;
    const ok = answer.result !== 'failure';
    worker.streak = worker.last === ok ? worker.streak + 1 : 1;
    worker.last = ok;
    const threshold = ok ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
    if (worker.streak < threshold || worker.verdict === ok) return;
    const before = worker.verdict;
    worker.verdict = ok;
    if (!ok && worker.type !== 'readiness') worker.held = true;
    // A probe that only confirms what is assumed anyway changes nothing.
    const assumed = worker.type === 'liveness';
    if (before !== undefined || ok !== assumed) onChange(worker.pod.metadata.uid);
  }

  #report({ pod, container, type }: Worker, { result, output }: ProbeAnswer, tell: ProbeManagerOptions['tell']): void {
    if (result === 'warning') tell(pod, container.name, { reason: 'ProbeWarning', text: `${TITLES[type]} probe warning: ${output}` });
    if (result === 'failure') tell(pod, container.name, { reason: 'Unhealthy', text: `${TITLES[type]} probe failed: ${output}` });
    if (result === 'unknown') tell(pod, container.name, { reason: 'Unhealthy', text: `${TITLES[type]} probe errored and resulted in unknown state: ${output}` });
  }
}

const probesOf = ({ livenessProbe, readinessProbe, startupProbe }: Container): ReadonlyMap<ProbeType, Probe | undefined> =>
  new Map([['startup', startupProbe], ['liveness', livenessProbe], ['readiness', readinessProbe]] as const);
