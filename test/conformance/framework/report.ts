import type { Entry } from '../catalogue.ts';
import type { Outcome } from './runner.ts';
import type { TestCase } from './test-case.ts';

/** `sig-apps` of `[sig-apps] Deployment …`. */
export const sigOf = (codename: string): string => /^\[([^\]]+)\]/.exec(codename)?.[1] ?? 'other';

interface Counts {
  passed: number;
  failed: number;
  missing: number;
}
const say = ({ passed, failed, missing }: Counts): string => `${passed} passed, ${failed} failed, ${missing} missing`;

/** The end of a run: failures, MUSTs nobody asserts, and the counts, for each sig and in all. */
export function report(entries: readonly Entry[], tests: readonly TestCase[], outcomes: readonly Outcome[]): string {
  const byName = new Map(outcomes.map((outcome) => [outcome.codename, outcome]));
  const testOf = new Map(tests.map((test) => [test.codename, test]));
  const sigs = new Map<string, Counts>();
  const all: Counts = { passed: 0, failed: 0, missing: 0 };
  for (const { codename } of entries) {
    const sig = sigs.get(sigOf(codename)) ?? { passed: 0, failed: 0, missing: 0 };
    sigs.set(sigOf(codename), sig);
    const outcome = byName.get(codename);
    const verdict = outcome ? (outcome.passed ? 'passed' : 'failed') : 'missing';
    sig[verdict]++;
    all[verdict]++;
  }
  const failures = outcomes.filter(({ passed }) => !passed).map(({ codename, why }) => `  ${codename}\n    ${why?.replaceAll('\n', '\n    ')}`);
  const silent = entries.flatMap(({ codename, musts }) => {
    const labelled = testOf.get(codename)?.musts.length ?? 0;
    return labelled >= musts ? [] : [`  ${musts - labelled} of ${musts}: ${codename}`];
  });
  const width = Math.max(...[...sigs.keys()].map((sig) => sig.length));
  return [
    ...(silent.length > 0 ? ['MUSTs without a labelled assertion:', ...silent, ''] : []),
    ...(failures.length > 0 ? ['Failures:', ...failures, ''] : []),
    ...[...sigs].map(([sig, counts]) => `${sig.padEnd(width)}  ${say(counts)}`),
    say(all),
  ].join('\n');
}
