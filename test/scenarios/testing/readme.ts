/** A walk written down: the commands of a README's `console` blocks and what they print, played and compared. */
import { must, run } from './run.ts';

export interface Step {
  readonly command: string;
  /** What is printed, whole or in part: a line `...` stands for any lines. None where the README shows nothing. */
  readonly output: readonly string[];
}

/** Every command of the console blocks, in order: a line that starts with `$ `, and the lines below it. */
export function stepsOf(markdown: string): readonly Step[] {
  const blocks = [...markdown.matchAll(/^```console\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
  return blocks.flatMap((text) => text.split(/^\$ /m).slice(1).map((step) => {
    const [command = '', ...output] = step.trimEnd().split('\n');
    return { command, output };
  }));
}

const ANY = '...';
/** The alphabet of names made up by the server, and of hashes (k8s.io/apimachinery, util/rand). */
const MADE_UP = '[bcdfghjklmnpqrstvwxz2456789]';
const HASH = new RegExp(`-(${MADE_UP}{8,10})(?![\\w])`, 'g');
const RANDOM = new RegExp(`-${MADE_UP}{5}(?![\\w])`, 'g');
const RANDOM_MARK = '-RANDOM';

/** Reads lines so that two plays of one walk read alike: ages, addresses and made-up names are masked, hashes numbered as they first appear. */
export function reader(): (lines: readonly string[]) => readonly string[] {
  const hashes: string[] = [];
  const numbered = (hash: string): string => {
    if (!hashes.includes(hash)) hashes.push(hash);
    return `-HASH${hashes.indexOf(hash)}`;
  };
  const masked = (line: string): string => line
    .replace(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/-\d{8,}(?!\w)/g, '-MINUTE') // a CronJob's Jobs
    .replace(HASH, (_, hash: string) => numbered(hash))
    .replace(RANDOM, RANDOM_MARK)
    .replace(/\b\d+\.\d+\.\d+\.\d+\b/g, 'ADDRESS')
    .replace(/\b(\d+[dhms])+\b/g, 'AGE')
    .replace(/^(node\/\S+) evicted$/, '$1 drained') // kubectl before v1.23
    .replace(/\s+/g, ' ').trim();
  return (lines) => lines.map(masked).filter((line) => line !== '');
}

/** Whether lines are the expected ones, all read by a reader. Lines that bear made-up names come in any order. */
export function matches(expected: readonly string[], actual: readonly string[]): boolean {
  const isMadeUp = [...expected, ...actual].some((line) => line.includes(RANDOM_MARK));
  if (!isMadeUp) return inOrder(expected, actual);
  if (!expected.includes(ANY)) return inOrder(expected.toSorted(), actual.toSorted());
  return expected.every((line) => line === ANY || actual.includes(line));
}

function inOrder([first, ...expected]: readonly string[], actual: readonly string[]): boolean {
  if (first === undefined) return actual.length === 0;
  if (first !== ANY) return first === actual[0] && inOrder(expected, actual.slice(1));
  return Array.from({ length: actual.length + 1 }, (_, skipped) => actual.slice(skipped)).some((rest) => inOrder(expected, rest));
}

/** Only asks: what it waits for comes in its own time, so that it is asked again until then. */
const ASKS = /^kubectl (get|logs|exec|top)\b/;

/**
 * Plays a README from the first command to the last; a command succeeds unless its output shows an error.
 * @throws where a command prints something else, or does not print it within `seconds`
 */
export async function playReadme(markdown: string, at: { readonly cwd: string; readonly env: Readonly<Record<string, string>>; readonly seconds: number }): Promise<void> {
  const [readExpected, readActual] = [reader(), reader()];
  for (const { command, output } of stepsOf(markdown)) {
    const expected = readExpected(output);
    const mayFail = output.some((line) => /^error/i.test(line));
    const until = performance.now() + at.seconds * 1000;
    for (;;) {
      const { code, stdout } = await run('sh', ['-c', `cd ${at.cwd} && exec 2>&1; ${command}`], { env: at.env });
      const isRight = (code === 0 || mayFail) && (output.length === 0 || matches(expected, readActual(stdout.split('\n'))));
      if (isRight) break;
      if (!ASKS.test(command) || performance.now() > until) {
        const events = await must('kubectl', ['get', 'events'], { env: at.env }).catch(String);
        throw new Error(`$ ${command}\nended with ${code} and printed\n${stdout}\ninstead of\n${output.join('\n')}\n\n${events}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}
