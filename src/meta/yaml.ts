import { isPair, LineCounter, parseDocument, visit } from 'yaml';
import { ApiError } from './api-error.ts';

/** What YAML says, as JSON data. */
export interface YamlData {
  readonly value: unknown;
  /** `line 4: key "a" already set in map`, for each key that a map holds twice: the last counts. */
  readonly duplicates: readonly string[];
}

/** What came of reading a text, kept until somebody asks what it says. */
export type ParsedYaml = { readonly data: YamlData } | { readonly error: unknown };

/** What was found where a text was read before, else what it says now. @throws as readYaml */
export function yamlData(text: string, parsed: ParsedYaml | undefined): YamlData {
  if (!parsed) return readYaml(text);
  if ('error' in parsed) throw parsed.error;
  return parsed.data;
}

/** Longer texts describe nothing that a store with etcd's limits would take, and reading them would hold up everyone else. */
export const MAX_YAML = 1.5 * 1024 * 1024;

/**
 * Reads one document. Aliases that would make much of little are refused.
 * @throws Error in one line where it is no YAML, ApiError where it is too long
 */
export function readYaml(text: string): YamlData {
  if (text.length > MAX_YAML) throw new ApiError('RequestEntityTooLarge', `Request entity too large: limit is ${MAX_YAML}`);
  const lines = new LineCounter();
  // The reader's own search for duplicates compares every key with every other.
  const document = parseDocument(text, { uniqueKeys: false, merge: true, logLevel: 'error', lineCounter: lines });
  if (document.errors.length > 0) throw new Error(document.errors[0]!.message.split('\n')[0]!);
  const value: unknown = document.toJS();
  checkNumbers(value);
  const duplicates: string[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Set<unknown>();
      for (const pair of map.items) {
        const key: unknown = isPair(pair) && typeof pair.key === 'object' && pair.key !== null && 'value' in pair.key ? pair.key.value : undefined;
        if (key !== undefined && seen.has(key)) duplicates.push(`line ${lineOf(lines, pair.key)}: key ${JSON.stringify(key)} already set in map`);
        seen.add(key);
      }
    },
  });
  return { value, duplicates };
}

function lineOf(lines: LineCounter, node: unknown): number {
  const start = typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range) ? Number(node.range[0]) : 0;
  return lines.linePos(start).line;
}

/** JSON has no words for these. */
function checkNumbers(value: unknown): void {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new Error(`json: unsupported value: ${Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'}`);
  }
  if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) checkNumbers(inner);
}
