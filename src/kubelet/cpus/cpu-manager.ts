/**
 * The CPU manager's static policy (https://kubernetes.io/docs/tasks/administer-cluster/cpu-management-policies/): a container of a
 * guaranteed pod that asks for whole processors has them to itself; all others share the rest. Written down, so that a
 * kubelet that was away knows whose they are.
 */
import { join } from 'node:path';
import { messageOf } from '../../base/message-of.ts';
import type { Container } from '../../kinds/core/container.ts';
import { qosClassOf } from '../../kinds/core/pod-qos.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { milliCpu } from '../containers/resources.ts';
import { mustDrain, readCheckpoint, writeCheckpoint } from '../checkpoint.ts';
import { initContainers, isSidecar } from '../pod.ts';
import { formatCpuSet, parseCpuSet, without } from './cpu-set.ts';
import type { CpuSet } from './cpu-set.ts';
import { AdmissionError } from './admission-error.ts';
import type { CpuPolicyOptions } from './policy-options.ts';
import { ofWholeCores, takeCpus, threadsPerCore } from './take.ts';
import type { Topology } from './topology.ts';

export interface CpuManager {
  /** Those no container has to itself: the shared pool. */
  readonly shared: CpuSet;
  /** Those a container may be given. */
  readonly assignable: CpuSet;
  of(uid: string, container: string): CpuSet | undefined;
  /** How many a container is to have to itself. */
  wanted(pod: Pod, container: Container): number;
  /** Free for the container: its pod's ended init containers leave theirs to it. */
  freeFor(pod: Pod, container: Container): CpuSet;
  /** @throws Error with upstream's text where there are too few */
  assign(pod: Pod, container: Container, numaNodes: readonly number[] | undefined): Promise<void>;
  release(uid: string): Promise<void>;
  readonly holders: readonly string[];
  /** Memory nodes of one socket are as good as one. */
  readonly bySocket: boolean;
}

export interface CpuManagerOptions {
  readonly rootDir: string;
  readonly topology: Topology;
  /** Of the system's: shared, never given away. */
  readonly reserved: CpuSet;
  readonly options?: CpuPolicyOptions;
}

/** Why a container cannot have whole cores. */
class SmtAlignmentError extends AdmissionError {
  constructor(text: string) {
    super('SMTAlignmentError', `SMT Alignment Error: ${text}`);
  }
}

const STATE = 'cpu_manager_state';

interface State {
  readonly policyName: string;
  readonly defaultCpuSet: string;
  readonly entries?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** @throws Error where nothing is reserved: then pods could take all there is */
export async function openCpuManager(options: CpuManagerOptions): Promise<CpuManager> {
  if (options.reserved.length === 0) throw new Error('[cpumanager] unable to determine reserved CPU resources for static policy');
  const state = await restore(options.rootDir, 'static');
  const manager = new StaticCpus(options, state);
  if (state) manager.check(state);
  await manager.save();
  return manager;
}

/** Whose processors are whose must not be forgotten in passing. @throws Error where another policy gave some away */
export const noCpuManager = (rootDir: string): Promise<unknown> => restore(rootDir, 'none');

/** @throws Error with upstream's text where the state cannot be believed, or is another policy's */
async function restore(rootDir: string, policy: 'none' | 'static'): Promise<State | undefined> {
  const path = join(rootDir, STATE);
  try {
    const state = (await readCheckpoint(path)) as State | undefined;
    if (state && state.policyName !== policy) throw new Error(`configured policy "${policy}" differs from state checkpoint policy ${JSON.stringify(state.policyName)}`);
    return state;
  } catch (error) {
    throw mustDrain(messageOf(error), { what: 'CPU manager', path });
  }
}

class StaticCpus implements CpuManager {
  readonly #options: CpuManagerOptions;
  readonly #all: CpuSet;
  readonly #held = new Map<string, Map<string, CpuSet>>();
  #saving: Promise<void> = Promise.resolve();

  constructor(options: CpuManagerOptions, state: State | undefined) {
    this.#options = options;
    this.#all = options.topology.cpus.map(({ id }) => id);
    for (const [uid, containers] of Object.entries(state?.entries ?? {})) {
      this.#held.set(uid, new Map(Object.entries(containers).map(([name, cpus]) => [name, parseCpuSet(cpus)])));
    }
  }

  /** @throws Error with upstream's text where what is written down cannot be true of this machine */
  check({ defaultCpuSet }: State): void {
    const { reserved, options = {} } = this.#options;
    const shared = parseCpuSet(defaultCpuSet);
    const [said, kept] = [JSON.stringify(defaultCpuSet), JSON.stringify(formatCpuSet(reserved))];
    const given = [...this.#held].flatMap(([uid, containers]) => [...containers].map(([name, cpus]) => ({ uid, name, cpus })));
    if (shared.length === 0 && given.length > 0) throw new Error('default cpuset cannot be empty');
    if (options.strictReservation ? reserved.some((id) => shared.includes(id)) : !reserved.every((id) => shared.includes(id))) {
      throw new Error(options.strictReservation ? `some of strictly reserved cpus: ${kept} are present in defaultCpuSet: ${said}` : `not all reserved cpus: ${kept} are present in defaultCpuSet: ${said}`);
    }
    for (const { uid, name, cpus } of given) {
      if (cpus.some((id) => shared.includes(id))) throw new Error(`pod: ${uid}, container: ${name} cpuset: ${JSON.stringify(formatCpuSet(cpus))} overlaps with default cpuset ${said}`);
    }
    const whole = formatCpuSet([...shared, ...given.flatMap(({ cpus }) => cpus), ...(options.strictReservation ? reserved : [])].toSorted((a, b) => a - b));
    if (whole !== formatCpuSet(this.#all)) throw new Error(`current set of available CPUs ${JSON.stringify(formatCpuSet(this.#all))} doesn't match with CPUs in state ${JSON.stringify(whole)}`);
  }

  get bySocket(): boolean {
    return this.#options.options?.bySocket === true;
  }

  get shared(): CpuSet {
    const given = [...this.#held.values()].flatMap((containers) => [...containers.values()].flat());
    return without(this.#options.options?.strictReservation ? this.assignable : this.#all, given);
  }

  get assignable(): CpuSet {
    return without(this.#all, this.#options.reserved);
  }

  get holders(): readonly string[] {
    return [...this.#held.keys()];
  }

  of(uid: string, container: string): CpuSet | undefined {
    return this.#held.get(uid)?.get(container);
  }

  wanted(pod: Pod, { resources }: Container): number {
    if (qosClassOf(pod.spec) !== 'Guaranteed') return 0;
    const milli = milliCpu(resources?.requests ?? resources?.limits);
    return milli > 0 && milli % 1000 === 0 ? milli / 1000 : 0;
  }

  freeFor(pod: Pod, container: Container): CpuSet {
    const own = this.#held.get(pod.metadata.uid);
    const ended = initContainers(pod).filter((init) => !isSidecar(init) && init.name !== container.name).map(({ name }) => name);
    const lasting = [...(own ?? [])].filter(([name]) => !ended.includes(name)).flatMap(([, cpus]) => cpus);
    const reusable = without(ended.flatMap((name) => own?.get(name) ?? []), lasting);
    return [...new Set([...without(this.shared, this.#options.reserved), ...reusable])];
  }

  async assign(pod: Pod, container: Container, numaNodes: readonly number[] | undefined): Promise<void> {
    const count = this.wanted(pod, container);
    const { uid } = pod.metadata;
    if (count === 0 || this.of(uid, container.name)) return;
    const { topology, options = {} } = this.#options;
    const free = this.freeFor(pod, container);
    if (options.wholeCores) this.#needWholeCores(count, free);
    const near = numaNodes === undefined ? free : free.filter((id) => numaNodes.includes(topology.cpus.find((cpu) => cpu.id === id)!.numaNode));
    const taken = near.length >= count ? takeCpus(topology, near, count, options) : takeCpus(topology, free, count, options);
    if (!taken) throw new Error(`not enough cpus available to satisfy request: requested=${count}, available=${free.length}`);
    this.#held.set(uid, new Map([...(this.#held.get(uid) ?? []), [container.name, taken]]));
    await this.save();
  }

  #needWholeCores(count: number, free: CpuSet): void {
    const { topology } = this.#options;
    const threads = threadsPerCore(topology);
    if (count % threads !== 0) throw new SmtAlignmentError(`requested ${count} cpus not multiple cpus per core = ${threads}`);
    const whole = ofWholeCores(topology, free).length;
    if (count > whole) throw new SmtAlignmentError(`not enough free physical CPUs: available physical CPUs = ${whole}, requested CPUs = ${count}, CPUs per core = ${threads}`);
  }

  async release(uid: string): Promise<void> {
    if (this.#held.delete(uid)) await this.save();
  }

  save(): Promise<void> {
    const path = join(this.#options.rootDir, STATE);
    this.#saving = this.#saving.catch(() => {}).then(async () => {
      const entries = Object.fromEntries([...this.#held].map(([uid, containers]) => [uid, Object.fromEntries([...containers].map(([name, cpus]) => [name, formatCpuSet(cpus)]))]));
      const state: State = { policyName: 'static', defaultCpuSet: formatCpuSet(this.shared), entries };
      await writeCheckpoint(path, state);
    });
    return this.#saving;
  }
}
