import type { NamedExpression } from '../../../kinds/admissionregistration/expressions.ts';
import type { Bindings } from '../../../cel/compile.ts';
import type { Turns } from '../../../base/turns.ts';
import { CONDITIONS_BUDGET, Evaluation, OutOfBudget, type Result } from './evaluation.ts';

/** What came of match conditions: whether all hold, or why that cannot be told. */
export type Matched = { readonly ok: true; readonly matches: boolean } | { readonly ok: false; readonly message: string };

/** One that is false decides, whatever became of the others. Between any two, others have their turn. */
export async function evaluateConditions(conditions: readonly NamedExpression[], bindings: Bindings, turns: Turns): Promise<Matched> {
  if (conditions.length === 0) return { ok: true, matches: true };
  const evaluation = new Evaluation(bindings, [], CONDITIONS_BUDGET);
  const failures: string[] = [];
  try {
    // All are evaluated before one is looked at: a budget that runs out is an error whatever was false.
    const results: Result[] = [];
    for (const { compiled } of conditions) {
      const wait = turns.take();
      if (wait) await wait;
      results.push(evaluation.run(compiled));
    }
    for (const result of results) {
      if (!result.ok) failures.push(result.message);
      else if (result.value === false) return { ok: true, matches: false };
    }
  } catch (error) {
    if (!(error instanceof OutOfBudget)) throw error;
    return { ok: false, message: error.message };
  }
  const distinct = [...new Set(failures)];
  return distinct.length === 0 ? { ok: true, matches: true } : { ok: false, message: distinct.length === 1 ? distinct[0]! : `[${distinct.join(', ')}]` };
}
