import type { Millis } from '../../base/clock.ts';
import type { Line } from './exposition.ts';

/** One reading of what somebody used: processor time grows, memory is what is held. */
export interface Reading {
  readonly at: Millis;
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
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
  const found = new Map<string, { at?: Millis; cpu?: number; memory?: number }>();
  const note = (key: string, { at, value }: Line, field: 'cpu' | 'memory') => {
    const one = found.get(key) ?? {};
    one[field] = value;
    // The moment of the processor's counter is the one that rates are made of.
    if (field === 'cpu' || one.at === undefined) one.at = at ?? now;
    found.set(key, one);
  };
  for (const line of lines) {
    const { namespace = '', pod = '', container = '' } = line.labels;
    if (line.name === 'node_cpu_usage_seconds_total') note('', line, 'cpu');
    else if (line.name === 'node_memory_working_set_bytes') note('', line, 'memory');
    else if (line.name === 'container_cpu_usage_seconds_total') note(`${namespace}/${pod}/${container}`, line, 'cpu');
    else if (line.name === 'container_memory_working_set_bytes') note(`${namespace}/${pod}/${container}`, line, 'memory');
  }
  const readings = new Map([...found].flatMap(([key, { at = now, cpu, memory }]): [string, Reading][] =>
    (cpu === undefined || memory === undefined ? [] : [[key, { at, cpuSeconds: cpu, memoryBytes: memory }]])));
  const node = readings.get('');
  readings.delete('');
  return { node, containers: readings };
}

/** What was used between two readings; undefined where there are not two, or a counter began anew. */
export function usageBetween(before: Reading | undefined, after: Reading | undefined): Usage | undefined {
  if (!before || !after || after.at <= before.at || after.cpuSeconds < before.cpuSeconds) return undefined;
  const window = after.at - before.at;
  return { at: after.at, window, cpuNanoCores: Math.round(((after.cpuSeconds - before.cpuSeconds) * 1e12) / window), memoryBytes: after.memoryBytes };
}
