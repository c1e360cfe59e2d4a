import type { Millis } from '../../base/clock.ts';
import type { Line } from './exposition.ts';

/** One reading of what somebody used: processor time grows, memory is what is held. */
export interface Reading {
  readonly at: Millis;
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
  /** When a container began; its counter began with it. */
  readonly started?: Millis;
}

/** One visit to a node: the node's own reading, and its containers' by `namespace/pod/container`. */
export interface Sample {
  readonly node: Reading | undefined;
  readonly containers: ReadonlyMap<string, Reading>;
}

export interface Usage {
  /** The end of the time it was measured over, and how long that was. */
  readonly at: Millis;
  readonly window: Millis;
  readonly cpuNanoCores: number;
  readonly memoryBytes: number;
}

/** @param now for lines that do not say when they were measured */
export function sampleOf(lines: readonly Line[], now: Millis): Sample {
  const found = new Map<string, { at?: Millis; cpu?: number; memory?: number; started?: number }>();
  const note = (key: string, { at, value }: Line, field: 'cpu' | 'memory' | 'started') => {
    const one = found.get(key) ?? {};
    one[field] = value;
    // The moment of the processor's counter is the one that rates are made of.
    if (field === 'cpu' || (field === 'memory' && one.at === undefined)) one.at = at ?? now;
    found.set(key, one);
  };
  for (const line of lines) {
    const { namespace = '', pod = '', container = '' } = line.labels;
    if (line.name === 'node_cpu_usage_seconds_total') note('', line, 'cpu');
    else if (line.name === 'node_memory_working_set_bytes') note('', line, 'memory');
    else if (line.name === 'container_cpu_usage_seconds_total') note(`${namespace}/${pod}/${container}`, line, 'cpu');
    else if (line.name === 'container_memory_working_set_bytes') note(`${namespace}/${pod}/${container}`, line, 'memory');
    else if (line.name === 'container_start_time_seconds') note(`${namespace}/${pod}/${container}`, line, 'started');
  }
  const readings = new Map([...found].flatMap(([key, { at = now, cpu, memory, started }]): [string, Reading][] =>
    (cpu === undefined || memory === undefined ? [] : [[key, { at, cpuSeconds: cpu, memoryBytes: memory, ...(started === undefined ? {} : { started: started * 1000 }) }]])));
  const node = readings.get('');
  readings.delete('');
  return { node, containers: readings };
}

/** Less is too little to make a rate of. */
const LEAST_WINDOW: Millis = 1000;

/**
 * What was used between two readings, or since the container began where there is no earlier one of it; undefined where neither
 * can be said.
 */
export function usageBetween(before: Reading | undefined, after: Reading | undefined): Usage | undefined {
  if (!after) return undefined;
  const isSame = before && after.cpuSeconds >= before.cpuSeconds;
  const from = isSame ? before : after.started === undefined ? undefined : { at: after.started, cpuSeconds: 0 };
  const window = from ? after.at - from.at : 0;
  if (!from || window < (isSame ? 1 : LEAST_WINDOW)) return undefined;
  return { at: after.at, window, cpuNanoCores: Math.round(((after.cpuSeconds - from.cpuSeconds) * 1e12) / window), memoryBytes: after.memoryBytes };
}
