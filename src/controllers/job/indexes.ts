/** Sets of completion indexes as a Job's status writes them: `1,3-5,7`. */
export type Indexes = ReadonlySet<number>;

/** Reads `1,3-5`; what lies at `limit` or beyond, or is no number, is left out. */
export function parseIndexes(text: string | undefined, limit: number): Set<number> {
  const indexes = new Set<number>();
  for (const part of text ? text.split(',') : []) {
    const [first, last = first] = part.split('-').map(Number);
    for (let index = first!; index <= Math.min(last!, limit - 1); index++) indexes.add(index);
  }
  return indexes;
}

/** Writes runs of two as `1,2` and longer ones as `1-3`. */
export function formatIndexes(indexes: Indexes): string {
  const runs: [number, number][] = [];
  for (const index of [...indexes].sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run && run[1] === index - 1) run[1] = index;
    else runs.push([index, index]);
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : last === first + 1 ? `${first},${last}` : `${first}-${last}`)).join();
}
