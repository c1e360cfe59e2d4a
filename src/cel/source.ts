/** One expression's text, and how errors show where in it they are (cel-go's common.Errors). */
export interface Problem {
  /** Code units from the start. */
  readonly at: number;
  readonly message: string;
}

/** More errors than this are not told. */
const MOST_REPORTED = 100;

/** As Issues.String prints them: each with its line and a caret under the place. */
export function describeProblems(text: string, problems: readonly Problem[]): string {
  const shown = problems.toSorted((a, b) => a.at - b.at).slice(0, MOST_REPORTED).map((problem) => describe(text, problem));
  const more = problems.length - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more error${more === 1 ? '' : 's'} were truncated`] : [])].join('\n');
}

function describe(text: string, { at, message }: Problem): string {
  const before = text.slice(0, at).split('\n');
  const line = text.split('\n')[before.length - 1] ?? '';
  const characters = [...before.at(-1)!];
  const dots = characters.map((character) => (isWide(character) ? '．' : '.')).join('');
  const next = String.fromCodePoint(line.codePointAt(before.at(-1)!.length) ?? 0x20);
  const caret = isWide(next) ? '＾' : '^';
  return `ERROR: <input>:${before.length}:${characters.length + 1}: ${message}\n | ${line.replaceAll('\t', ' ')}\n | ${dots}${caret}`;
}

/** cel-go takes all that needs more than one byte for wide. */
const isWide = (character: string): boolean => character.codePointAt(0)! > 0x7f;
