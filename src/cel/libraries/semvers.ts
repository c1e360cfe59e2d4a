import type { Library } from '../signature.ts';
import { opaque } from '../types.ts';
import { CelObject, EvaluationError } from '../values.ts';

const TYPE = opaque('kubernetes.Semver');
/** semver.org's own expression. */
const SHAPE = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?$/;

class SemverValue extends CelObject {
  readonly type = TYPE;
  readonly numbers: readonly number[];
  readonly before: readonly string[];
  constructor(numbers: readonly number[], before: readonly string[]) {
    super();
    this.numbers = numbers;
    this.before = before;
  }
  override equals(other: unknown): boolean {
    return other instanceof SemverValue && order(this, other) === 0;
  }
}

/** `v1.2` and `1.02.3` made what they mean: what `normalize` allows. */
function normalized(text: string): string {
  const [, core = '', rest = ''] = /^v?([\d.]*)([^]*)$/.exec(text) ?? [];
  const numbers = core.split('.').map((number) => number.replace(/^0+(?=\d)/, ''));
  return [...numbers, ...Array<string>(Math.max(0, 3 - numbers.length)).fill('0')].join('.') + rest;
}

function tryParse(text: string, normalize = false): SemverValue | undefined {
  const match = SHAPE.exec(normalize ? normalized(text) : text);
  return match ? new SemverValue(match.slice(1, 4).map(Number), match[4]?.split('.') ?? []) : undefined;
}

/** @throws EvaluationError */
export function parseSemver(text: string, normalize = false): SemverValue {
  const version = tryParse(text, normalize);
  if (version) return version;
  if (text === '') throw new EvaluationError('Version string empty');
  throw new EvaluationError(text.split('.').length < 3 ? 'No Major.Minor.Patch elements found' : `Invalid character(s) found in version "${text}"`);
}

/** What is before a release comes before it; numbers come before words. */
function order(a: SemverValue, b: SemverValue): number {
  for (const [at, number] of a.numbers.entries()) if (number !== b.numbers[at]) return number < b.numbers[at]! ? -1 : 1;
  if (a.before.length === 0 || b.before.length === 0) return Math.sign(b.before.length - a.before.length);
  for (let at = 0; at < Math.max(a.before.length, b.before.length); at++) {
    const [left, right] = [a.before[at], b.before[at]];
    if (left === right) continue;
    if (left === undefined || right === undefined) return left === undefined ? -1 : 1;
    const [leftNumber, rightNumber] = [/^\d+$/.test(left), /^\d+$/.test(right)];
    if (leftNumber && rightNumber) return Number(left) < Number(right) ? -1 : 1;
    if (leftNumber !== rightNumber) return leftNumber ? -1 : 1;
    return left < right ? -1 : 1;
  }
  return 0;
}

export const semvers: Library = {
  'semver(string): kubernetes.Semver': (text: string) => parseSemver(text),
  'semver(string, bool): kubernetes.Semver': parseSemver,
  'isSemver(string): bool': (text: string) => tryParse(text) !== undefined,
  'isSemver(string, bool): bool': (text: string, normalize: boolean) => tryParse(text, normalize) !== undefined,
  'kubernetes.Semver.isGreaterThan(kubernetes.Semver): bool': (a: SemverValue, b: SemverValue) => order(a, b) > 0,
  'kubernetes.Semver.isLessThan(kubernetes.Semver): bool': (a: SemverValue, b: SemverValue) => order(a, b) < 0,
  'kubernetes.Semver.compareTo(kubernetes.Semver): int': order,
  'kubernetes.Semver.major(): int': ({ numbers }: SemverValue) => numbers[0]!,
  'kubernetes.Semver.minor(): int': ({ numbers }: SemverValue) => numbers[1]!,
  'kubernetes.Semver.patch(): int': ({ numbers }: SemverValue) => numbers[2]!,
};
