/** What a validating policy makes of one request, for one parameter. */
import type { Turns } from '../../../base/turns.ts';
import type { Bindings } from '../../../cel/compile.ts';
import type { AuditAnnotation, Validation } from '../../../kinds/admissionregistration/validating-admission-policy.ts';
import { evaluateConditions } from './conditions.ts';
import { Evaluation, OutOfBudget, type Result } from './evaluation.ts';
import type { ValidatingInEffect } from './policies.ts';

export interface Refusal {
  /** Which of the validations. */
  readonly index: number;
  readonly message: string;
  /** `Invalid` where the policy gives none. */
  readonly reason?: string;
  /** Nothing was decided: evaluation failed. */
  readonly failed?: true;
}
export interface Judgement {
  readonly refusals: readonly Refusal[];
  readonly annotations: readonly { readonly key: string; readonly value: string }[];
  /** Annotations that could not be computed refuse the request whatever the binding's actions are. */
  readonly failedAnnotations: readonly string[];
}

const NOTHING: Judgement = { refusals: [], annotations: [], failedAnnotations: [] };
/** A longer message is not taken (MaxEvaluatedMessageExpressionSizeBytes). */
const LONGEST_MESSAGE = 5 * 1024;
const LONGEST_ANNOTATION = 10 * 1024;

/** All of it may cost seconds: between any two expressions, each of which has a limit of its own, others have their turn. */
export async function judge({ policy, programs }: ValidatingInEffect, bindings: Bindings, turns: Turns): Promise<Judgement> {
  const failsOpen = policy.spec.failurePolicy === 'Ignore';
  const failed = (message: string): Judgement => (failsOpen ? NOTHING : { ...NOTHING, refusals: [{ index: 0, message, failed: true }] });
  const matched = await evaluateConditions(programs.matchConditions, bindings, turns);
  if (!matched.ok) return failed(matched.message);
  if (!matched.matches) return NOTHING;
  try {
    const evaluation = new Evaluation(bindings, programs.variables);
    const results: Result[] = [];
    for (const { expression } of programs.validations) {
      const wait = turns.take();
      if (wait) await wait;
      results.push(evaluation.run(expression));
    }
    const refusals = results.flatMap((result, index): readonly Refusal[] => {
      if (!result.ok) return failsOpen ? [] : [{ index, message: result.message, failed: true }];
      if (result.value === true) return [];
      const validation = policy.spec.validations![index]!;
      const text = programs.validations[index]!.message;
      const said = text && messageOf(() => evaluation.run(text));
      if (said instanceof OutOfBudget) return failsOpen ? [] : [{ index, message: `failed messageExpression: ${said.message}`, failed: true }];
      return [{ index, message: said || fallback(validation), ...(validation.reason ? { reason: validation.reason } : {}) }];
    });
    return { refusals, ...annotationsOf(policy.spec.auditAnnotations ?? [], (index) => evaluation.run(programs.auditAnnotations[index]!), failsOpen) };
  } catch (error) {
    if (error instanceof OutOfBudget) return failed(error.message);
    throw error;
  }
}

/** One that is no line of text is as good as none. */
function messageOf(run: () => ReturnType<Evaluation['run']>): string | OutOfBudget {
  try {
    const result = run();
    const message = result.ok && typeof result.value === 'string' ? result.value.trim() : '';
    return message.length > LONGEST_MESSAGE || message.includes('\n') ? '' : message;
  } catch (error) {
    if (error instanceof OutOfBudget) return error;
    throw error;
  }
}

const fallback = ({ message = '', expression }: Validation): string => message.trim() || `failed expression: ${expression.trim()}`;

function annotationsOf(all: readonly AuditAnnotation[], run: (index: number) => ReturnType<Evaluation['run']>, failsOpen: boolean): Omit<Judgement, 'refusals'> {
  const annotations: { readonly key: string; readonly value: string }[] = [];
  const failedAnnotations: string[] = [];
  for (const [index, { key }] of all.entries()) {
    const result = run(index);
    if (!result.ok) failedAnnotations.push(result.message);
    else if (typeof result.value === 'string' && result.value.trim() !== '') annotations.push({ key, value: result.value.trim().slice(0, LONGEST_ANNOTATION) });
  }
  return { annotations, failedAnnotations: failsOpen ? [] : failedAnnotations };
}
