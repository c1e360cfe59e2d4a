/** Parsers of what callers write in queries, patches and fields. */
import { expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { isApiError } from '../../src/meta/api-error.ts';
import { canonicalDuration } from '../../src/meta/duration.ts';
import { formatFieldSelector, parseFieldSelector } from '../../src/meta/field-selector.ts';
import { applyJsonPatch } from '../../src/meta/json-patch.ts';
import { formatRequirements, matchesRequirements, parseLabelSelector } from '../../src/meta/label-selector.ts';
import { applyMergePatch } from '../../src/meta/merge-patch.ts';
import { addQuantity, canonicalQuantity, compareQuantity, parseQuantity, subtractQuantity } from '../../src/meta/quantity.ts';
import { canonicalMicroTime, canonicalTime } from '../../src/meta/time.ts';
import { deepFreeze, Sampler } from './samples.ts';

const ROUNDS = 20_000;
const LABELS: readonly Readonly<Record<string, string>>[] = [{}, { a: 'a' }, { app: '1', 'x/y': '' }];

function refusedOr<T>(attempt: () => T): T | undefined {
  try {
    return attempt();
  } catch (error) {
    if (isApiError(error)) return undefined;
    throw error;
  }
}

const words = (sampler: Sampler, alphabet: readonly string[], length: number) => Array.from({ length: sampler.upTo(length) }, () => sampler.of(alphabet)).join('');

test('label selectors parse or are refused, and print as what they are', () => {
  const sampler = new Sampler(seededRandom(1));
  const alphabet = ['a', 'app', 'x/y', '=', '==', '!=', '!', ' in ', ' notin ', '(', ')', ',', ' ', '>', '<', '1', '"', '\u0000'];
  for (let round = 0; round < ROUNDS; round++) {
    const terms = refusedOr(() => parseLabelSelector(words(sampler, alphabet, 12)));
    if (!terms) continue;
    const again = parseLabelSelector(formatRequirements(terms));
    for (const labels of LABELS) expect(matchesRequirements(again, labels)).toBe(matchesRequirements(terms, labels));
  }
});

test('field selectors parse or are refused, and print as what they are', () => {
  const sampler = new Sampler(seededRandom(2));
  for (let round = 0; round < ROUNDS; round++) {
    const terms = refusedOr(() => parseFieldSelector(words(sampler, ['a', 'metadata.name', '=', '!=', '==', ',', '\\', '\\,', '!', ' '], 10)));
    if (terms) expect(parseFieldSelector(formatFieldSelector(terms))).toEqual(terms);
  }
});

test('quantities have one canonical form, and sums come apart again', () => {
  const sampler = new Sampler(seededRandom(3));
  const alphabet = ['0', '1', '7', '999', '1024', '.', '-', '+', 'm', 'k', 'Ki', 'Gi', 'E', 'e', 'n', 'u'];
  for (let round = 0; round < ROUNDS; round++) {
    const text = words(sampler, alphabet, 6);
    const canonical = canonicalQuantity(text);
    if (canonical === undefined) continue;
    expect(canonicalQuantity(canonical)).toBe(canonical);
    const [a, b] = [parseQuantity(canonical), parseQuantity(sampler.of(['1', '500m', '3Gi']))];
    expect(compareQuantity(subtractQuantity(addQuantity(a, b), b), a)).toBe(0);
  }
});

test('times and durations have one canonical form or are refused', () => {
  const sampler = new Sampler(seededRandom(4));
  for (let round = 0; round < ROUNDS; round++) {
    const text = words(sampler, ['2026', '-', '01', '29', '31', 'T', ':', '23', '59', '60', '.', '5', 'Z', '+02:00', 'h', 'm', 's', 'µs', 'ms'], 14);
    for (const canonical of [canonicalTime, canonicalMicroTime, canonicalDuration]) {
      let once: string;
      try {
        once = canonical(text);
      } catch (error) {
        expect((error as Error).message).toMatch(/^(parsing time|time:) /);
        continue;
      }
      expect(canonical(once)).toBe(once);
    }
  }
});

test('patches give a value or are refused, and change nothing they were given', () => {
  const sampler = new Sampler(seededRandom(5));
  const path = () => words(sampler, ['/a', '/b', '/0', '/-', '/-1', '/__proto__', '/constructor', '/~1', '/~0', '/~', 'x'], 4);
  for (let round = 0; round < ROUNDS; round++) {
    const document = deepFreeze(sampler.garbage());
    const operations = Array.from({ length: sampler.upTo(4) }, () => ({
      op: sampler.of(['add', 'remove', 'replace', 'move', 'copy', 'test', 'none']), path: path(), from: path(), value: sampler.garbage(),
    }));
    refusedOr(() => applyJsonPatch(document, deepFreeze(sampler.chance(0.05) ? sampler.garbage() : operations)));
    applyMergePatch(document, deepFreeze(sampler.garbage()));
    expect(Object.keys(Object.prototype)).toEqual([]);
  }
});
