import { labels } from './family.ts';
import type { Family } from './family.ts';

/** What a process knows of itself. */
export interface ProcessFacts {
  readonly startTimeSeconds: number;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly virtualBytes?: number;
  readonly openFds?: number;
  readonly maxFds?: number;
}

/** Under the names that every Prometheus client gives them. */
export function* processMetrics(facts: ProcessFacts): Iterable<Family> {
  const one = (value: number) => [{ labels: '', value }];
  yield { name: 'process_start_time_seconds', type: 'gauge', help: 'Start time of the process since unix epoch in seconds.', samples: one(facts.startTimeSeconds) };
  yield { name: 'process_cpu_seconds_total', type: 'counter', help: 'Total user and system CPU time spent in seconds.', samples: one(facts.cpuSeconds) };
  yield { name: 'process_resident_memory_bytes', type: 'gauge', help: 'Resident memory size in bytes.', samples: one(facts.residentBytes) };
  if (facts.virtualBytes !== undefined) yield { name: 'process_virtual_memory_bytes', type: 'gauge', help: 'Virtual memory size in bytes.', samples: one(facts.virtualBytes) };
  if (facts.openFds !== undefined) yield { name: 'process_open_fds', type: 'gauge', help: 'Number of open file descriptors.', samples: one(facts.openFds) };
  if (facts.maxFds !== undefined) yield { name: 'process_max_fds', type: 'gauge', help: 'Maximum number of open file descriptors.', samples: one(facts.maxFds) };
}

export interface BuildFacts {
  readonly gitVersion?: string;
  readonly gitCommit?: string;
  readonly buildDate?: string;
  readonly platform?: string;
}

export function buildInfo({ gitVersion = '', gitCommit = '', buildDate = '', platform = '' }: BuildFacts): Family {
  const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(gitVersion) ?? [];
  return {
    name: 'kubernetes_build_info', type: 'gauge',
    help: 'A metric with a constant \'1\' value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.',
    samples: [{ labels: labels({ build_date: buildDate, compiler: '', git_commit: gitCommit, git_tree_state: 'clean', git_version: gitVersion, go_version: '', major, minor, platform }), value: 1 }],
  };
}
