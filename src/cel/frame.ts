import type { Bindings } from './compile.ts';
import { OverBudget } from './values.ts';

/** One evaluation. */
export interface Frame {
  readonly bindings: Bindings;
  /** The values of macros' variables, by the slot the compiler gave them. */
  readonly locals: unknown[];
  cost: number;
  readonly limit: number;
}

/** A part of an expression, ready to run. @throws EvaluationError, OverBudget */
export type Code = (frame: Frame) => unknown;

export function charge(frame: Frame, cost: number): void {
  frame.cost += cost;
  if (frame.cost > frame.limit) throw new OverBudget();
}
