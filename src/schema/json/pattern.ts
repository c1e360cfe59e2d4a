import { PatternError } from '../../meta/regexp/parse.ts';
import { regexOf } from '../../meta/regexp/regex.ts';

/** Whether text matches somewhere, in time linear in its length; undefined where the pattern is none (RE2's syntax). */
export function patternTester(pattern: string): ((text: string) => boolean) | undefined {
  if (patternProblem(pattern) !== undefined) return undefined;
  const regex = regexOf(pattern);
  return (text) => regex.test(text);
}

/** What is wrong with a pattern, in Go's words. */
export function patternProblem(pattern: string): string | undefined {
  try {
    regexOf(pattern);
    return undefined;
  } catch (error) {
    if (error instanceof PatternError) return error.message;
    throw error;
  }
}
