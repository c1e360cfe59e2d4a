import type { HeaderChanges } from '../action.ts';

/** Changes of headers, ready for bytes. */
export interface Edits {
  readonly drops: ReadonlySet<string>;
  readonly lines: Buffer;
}

/** Of the connection and of the body's length: no rule's to change. */
const OURS = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'upgrade', 'keep-alive', 'te', 'trailer']);
const IS_NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
const known = new WeakMap<HeaderChanges, Edits>();

/** What several changes say, the earlier first. */
export function editsOf(changes: readonly (HeaderChanges | undefined)[]): readonly Edits[] {
  return changes.flatMap((change) => (change ? [editsFor(change)] : []));
}

function editsFor(change: HeaderChanges): Edits {
  const found = known.get(change);
  if (found) return found;
  const [set, add] = [change.set ?? [], change.add ?? []].map((list) => list.filter(([name]) => mayChange(name))) as [[string, string][], [string, string][]];
  const lines = [...set, ...add].map(([name, value]) => `${name}: ${plainValue(value)}\r\n`).join('');
  const edits = { drops: new Set([...(change.remove ?? []), ...set.map(([name]) => name)].filter(mayChange)), lines: Buffer.from(lines, 'latin1') };
  known.set(change, edits);
  return edits;
}

export const mayChange = (name: string): boolean => IS_NAME.test(name) && !OURS.has(name);

/** Without what would end a line or is no octet. */
export const plainValue = (value: string): string => value.replaceAll(/[^\t\u0020-\u007e\u0080-\u00ff]/g, ' ').trim();
