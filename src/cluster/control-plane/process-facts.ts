import { readdirSync, readFileSync } from 'node:fs';
import type { ProcessFacts } from '../../apiserver/index.ts';

const PAGE_BYTES = 4096;

/** This process, for `/metrics`; what /proc alone knows only where there is one. */
export function processFacts(): ProcessFacts {
  const { user, system } = process.cpuUsage();
  return {
    startTimeSeconds: performance.timeOrigin / 1000,
    cpuSeconds: (user + system) / 1e6,
    residentBytes: process.memoryUsage.rss(),
    ...fromProc(),
  };
}

function fromProc(): Partial<ProcessFacts> {
  try {
    const pages = Number(readFileSync('/proc/self/statm', 'utf8').split(' ')[0]);
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return { virtualBytes: pages * PAGE_BYTES, openFds: readdirSync('/proc/self/fd').length, ...(limit ? { maxFds: Number(limit) } : {}) };
  } catch {
    return {};
  }
}
