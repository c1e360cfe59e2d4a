/**
 * When the node is short of something (https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/).
 * Pure: configuration and observations in, what is met and which conditions hold out.
 */
import type { Millis } from '../../base/clock.ts';
import { formatQuantity, parseQuantity, quantityOf, quantityValue } from '../../meta/quantity.ts';

/** Signal to the node condition it raises and the resource pods are evicted for. */
const SIGNALS = {
  'memory.available': ['MemoryPressure', 'memory'],
  'allocatableMemory.available': ['MemoryPressure', 'memory'],
  'nodefs.available': ['DiskPressure', 'ephemeral-storage'],
  'nodefs.inodesFree': ['DiskPressure', 'inodes'],
  'imagefs.available': ['DiskPressure', 'ephemeral-storage'],
  'imagefs.inodesFree': ['DiskPressure', 'inodes'],
  'containerfs.available': ['DiskPressure', 'ephemeral-storage'],
  'containerfs.inodesFree': ['DiskPressure', 'inodes'],
  'pid.available': ['PIDPressure', 'pids'],
} as const;

export type Signal = keyof typeof SIGNALS;
export type PressureCondition = (typeof SIGNALS)[Signal][0];
export type StarvedResource = (typeof SIGNALS)[Signal][1];

export const conditionOf = (signal: Signal): PressureCondition => SIGNALS[signal][0];
export const resourceOf = (signal: Signal): StarvedResource => SIGNALS[signal][1];

type Amount = { readonly count: number } | { readonly share: number };

export interface Threshold {
  readonly signal: Signal;
  /** Met when less than this is left. */
  readonly value: Amount;
  /** 0: at once (a hard threshold). */
  readonly grace: Millis;
  /** Once met, so much more has to be freed. */
  readonly minReclaim?: Amount;
}

/** As in KubeletConfiguration: signal to quantity or percentage, to duration. */
export interface EvictionConfig {
  readonly hard?: Readonly<Record<string, string>>;
  readonly soft?: Readonly<Record<string, string>>;
  readonly softGracePeriod?: Readonly<Record<string, Millis>>;
  readonly minimumReclaim?: Readonly<Record<string, string>>;
  /** Of pods evicted for a soft threshold, at most. */
  readonly maxPodGracePeriodSeconds?: number;
  /** A condition stays for so long after it was last met. */
  readonly pressureTransitionPeriod?: Millis;
}

export const DEFAULT_HARD: Readonly<Record<string, string>> = {
  'memory.available': '100Mi', 'nodefs.available': '10%', 'nodefs.inodesFree': '5%', 'imagefs.available': '15%', 'imagefs.inodesFree': '5%',
};

/** @throws Error where a signal or an amount is none */
export function parseThresholds({ hard = DEFAULT_HARD, soft = {}, softGracePeriod = {}, minimumReclaim = {} }: EvictionConfig): readonly Threshold[] {
  const reclaim = (signal: Signal) => (minimumReclaim[signal] === undefined ? {} : { minReclaim: parseAmount(signal, minimumReclaim[signal]) });
  const hardOnes = entries(hard).map(([signal, text]): Threshold => ({ signal, value: parseAmount(signal, text), grace: 0, ...reclaim(signal) }));
  const softOnes = entries(soft).map(([signal, text]): Threshold => {
    const grace = softGracePeriod[signal];
    if (grace === undefined) throw new Error(`grace period must be specified for the soft eviction threshold ${signal}`);
    return { signal, value: parseAmount(signal, text), grace, ...reclaim(signal) };
  });
  // What pods may use together is watched like the machine's memory.
  const allocatable = hardOnes.filter(({ signal }) => signal === 'memory.available').map((one): Threshold => ({ ...one, signal: 'allocatableMemory.available' }));
  return [...hardOnes, ...softOnes, ...allocatable].filter(({ value }) => ('count' in value ? value.count : value.share) > 0);
}

const entries = (list: Readonly<Record<string, string>>): readonly (readonly [Signal, string])[] => Object.entries(list).map(([name, text]) => {
  if (!isSignal(name)) throw new Error(`unsupported eviction signal ${name}`);
  return [name, text];
});
const isSignal = (name: string): name is Signal => name in SIGNALS;

function parseAmount(signal: Signal, text: string): Amount {
  if (!text.endsWith('%')) {
    const count = quantityValue(parseQuantity(text));
    if (count < 0) throw new Error(`eviction threshold ${signal} must be positive: ${text}`);
    return { count };
  }
  const percent = Number(text.slice(0, -1));
  if (!(percent >= 0 && percent <= 100)) throw new Error(`eviction percentage threshold ${signal} must be >= 0% and <= 100%: ${text}`);
  return { share: percent / 100 };
}

export interface Observation {
  readonly available: number;
  readonly capacity: number;
}

export type Observations = ReadonlyMap<Signal, Observation>;

const resolve = (amount: Amount, { capacity }: Observation): number => ('count' in amount ? amount.count : Math.floor(capacity * amount.share));

function isMet({ signal, value, minReclaim }: Threshold, observations: Observations, withReclaim: boolean): boolean {
  const seen = observations.get(signal);
  return seen !== undefined && seen.available < resolve(value, seen) + (withReclaim && minReclaim ? resolve(minReclaim, seen) : 0);
}

/** Those that are not satisfied even with what is to be freed beyond them. */
export const unsatisfied = (thresholds: readonly Threshold[], observations: Observations): readonly Threshold[] => thresholds.filter((one) => isMet(one, observations, true));

/** What is remembered from one look to the next. */
export interface PressureState {
  readonly firstMet: ReadonlyMap<Threshold, Millis>;
  /** Those that were met long enough last time. */
  readonly acting: readonly Threshold[];
  readonly lastSeen: ReadonlyMap<PressureCondition, Millis>;
}

export const NO_PRESSURE: PressureState = { firstMet: new Map(), acting: [], lastSeen: new Map() };

export interface Look {
  readonly thresholds: readonly Threshold[];
  readonly observations: Observations;
  readonly transitionPeriod: Millis;
  readonly now: Millis;
}

export interface Pressure {
  readonly state: PressureState;
  readonly conditions: readonly PressureCondition[];
  /** Those that pods are to be evicted for, the most urgent first: memory. */
  readonly acting: readonly Threshold[];
}

export function look(before: PressureState, { thresholds, observations, transitionPeriod, now }: Look): Pressure {
  const met = thresholds.filter((one) => isMet(one, observations, false) || (before.acting.includes(one) && isMet(one, observations, true)));
  const firstMet = new Map(met.map((one) => [one, before.firstMet.get(one) ?? now]));
  const lastSeen = new Map([...before.lastSeen, ...met.map(({ signal }) => [conditionOf(signal), now] as const)]);
  const acting = met.filter((one) => now - firstMet.get(one)! >= one.grace).toSorted((a, b) => Number(resourceOf(b.signal) === 'memory') - Number(resourceOf(a.signal) === 'memory'));
  const stays = (condition: PressureCondition) => now - lastSeen.get(condition)! < transitionPeriod || lastSeen.get(condition) === now;
  return { state: { firstMet, acting, lastSeen }, conditions: [...lastSeen.keys()].filter(stays).toSorted(), acting };
}

/** `Threshold quantity: 100Mi, available: 90Mi. `, of the first that concerns the resource. */
export function thresholdWords(resource: StarvedResource, thresholds: readonly Threshold[], observations: Observations): string {
  const found = thresholds.find(({ signal }) => resourceOf(signal) === resource && observations.has(signal));
  const seen = found && observations.get(found.signal);
  const show = (amount: number) => formatQuantity(quantityOf(amount, resource === 'memory' || resource === 'ephemeral-storage' ? 'BinarySI' : 'DecimalSI'));
  return found && seen ? `Threshold quantity: ${show(resolve(found.value, seen))}, available: ${show(seen.available)}. ` : '';
}
