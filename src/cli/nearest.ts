import type { Command } from 'commander';

/** Adds the nearest known flag or command to commander's complaint about one it does not know. */
export function suggestNearest(message: string, command: Command): string {
  const [, kind, given] = /unknown (option|command) '([^']+)'/.exec(message) ?? [];
  if (kind === undefined || given === undefined) return message;
  const known = kind === 'command'
    ? command.commands.map((child) => child.name())
    : ['--help', ...command.options.flatMap((option) => option.long ?? [])];
  const nearest = nearestTo(given.split('=')[0]!, known);
  return nearest === undefined ? message : `${message}; did you mean ${nearest}?`;
}

/** The candidate with the fewest edits to `word`; the first of equals. */
export function nearestTo(word: string, candidates: readonly string[]): string | undefined {
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of candidates) {
    const distance = editDistance(word, name);
    if (!best || distance < best.distance) best = { name, distance };
  }
  return best?.name;
}

/** Insertions, deletions and substitutions that lead from `a` to `b` (Levenshtein), one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
