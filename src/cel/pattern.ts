import { PatternError } from '../meta/regexp/parse.ts';
import { type Regex, regexOf as patternOf } from '../meta/regexp/regex.ts';
import { EvaluationError } from './values.ts';

/** @throws EvaluationError in Go's words where it is no pattern */
export function regexOf(pattern: string): Regex {
  try {
    return patternOf(pattern);
  } catch (error) {
    if (error instanceof PatternError) throw new EvaluationError(error.message);
    throw error;
  }
}
