import type { Family } from '../../base/metrics/family.ts';

/** This process, under the names that every Prometheus client gives. */
export function* processMetrics(): Iterable<Family> {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  const one = (value: number) => [{ labels: '', value }];
  yield { name: 'process_cpu_seconds_total', type: 'counter', help: 'Total user and system CPU time spent in seconds.', samples: one((user + system) / 1e6) };
  yield { name: 'process_resident_memory_bytes', type: 'gauge', help: 'Resident memory size in bytes.', samples: one(rss) };
  yield { name: 'process_start_time_seconds', type: 'gauge', help: 'Start time of the process since unix epoch in seconds.', samples: one(performance.timeOrigin / 1000) };
  yield { name: 'nodejs_heap_size_used_bytes', type: 'gauge', help: 'Process heap size used from Node.js in bytes.', samples: one(heapUsed) };
}
