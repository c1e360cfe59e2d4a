import type { Node } from './ast.ts';
import { childrenOf } from './ast.ts';
import { check, type Checked } from './checker.ts';
import { codeOf } from './code.ts';
import { environmentOf, type Variables } from './environment.ts';
import { estimateCost } from './estimate.ts';
import { parse } from './parser.ts';
import type { Range } from './range.ts';
import { describeProblems, type Problem } from './source.ts';
import { type CelType, nameOfType, type ObjectType, sameType } from './types.ts';
import { literalProblems } from './validators.ts';
import { EvaluationError, lift, OverBudget } from './values.ts';

/** As much as one evaluation may cost (upstream's PerCallLimit). */
export const PER_CALL_LIMIT = 1_000_000;

export interface CompileOptions {
  readonly variables: Variables;
  /** The result is of exactly one of these types; any, where none is given. */
  readonly returns?: readonly CelType[];
  /** Message types that `Name{…}` may construct. */
  readonly struct?: (name: string) => ObjectType | undefined;
}

/** `reason` is what upstream puts behind the field's path. */
export type Compiled = { readonly ok: true; readonly program: Program } | { readonly ok: false; readonly reason: string };

/** By variable; JSON values, or any of the classes in values.ts. A value that is not there yields an error where it is asked for. */
export type Bindings = Readonly<Record<string, unknown>>;

export type Evaluation =
  | { readonly ok: true; readonly value: unknown; readonly cost: number }
  | { readonly ok: false; readonly message: string; readonly cost: number; readonly overBudget: boolean };

/** A compiled expression; holds no state. */
export interface Program {
  readonly source: string;
  readonly type: CelType;
  /** The least and the most it may cost, by its types. */
  readonly cost: Range;
  /** Whether it speaks of the variable. */
  uses(variable: string): boolean;
  /** @param limit what it may cost */
  evaluate(bindings: Bindings, limit?: number): Evaluation;
}

export function compileExpression(source: string, { variables, returns, struct }: CompileOptions): Compiled {
  const environment = environmentOf(variables, struct);
  const parsed = parse(source);
  if (!parsed.ok) return refused(source, parsed.problems);
  const result = check(parsed.root, environment);
  if (!result.ok) return refused(source, result.problems);
  const { checked } = result;
  const wrong = literalProblems(checked);
  if (wrong.length > 0) return refused(source, wrong);
  if (returns && !returns.some((type) => sameType(type, checked.type))) return { ok: false, reason: mustBe(returns) };
  return { ok: true, program: programOf(source, checked) };
}

const refused = (source: string, problems: readonly Problem[]): Compiled => ({ ok: false, reason: `compilation failed: ${describeProblems(source, problems)}` });

const mustBe = (types: readonly CelType[]): string =>
  types.length === 1 ? `must evaluate to ${nameOfType(types[0]!)}` : `must evaluate to one of [${types.map(nameOfType).join(' ')}]`;

function programOf(source: string, checked: Checked): Program {
  const code = codeOf(checked);
  let cost: Range | undefined;
  return {
    source,
    type: checked.type,
    get cost() {
      return (cost ??= estimateCost(checked));
    },
    uses: (variable) => mentions(checked.root, variable),
    evaluate(bindings, limit = PER_CALL_LIMIT) {
      const frame = { bindings, locals: [], cost: 0, limit };
      try {
        const value = lift(code(frame));
        return { ok: true, value, cost: frame.cost };
      } catch (error) {
        // The engine's own limits, of texts' length and of the stack, are limits of the budget too.
        const failure = error instanceof RangeError ? new OverBudget() : error;
        if (!(failure instanceof EvaluationError) && !(failure instanceof OverBudget)) throw error;
        return { ok: false, message: failure.message, cost: frame.cost, overBudget: failure instanceof OverBudget };
      }
    },
  };
}

function mentions(node: Node, variable: string): boolean {
  if (node.kind === 'ident') return node.name === variable;
  const bound = node.kind === 'fold' ? node.variables : node.kind === 'bind' || node.kind === 'optional-map' ? [node.name] : [];
  if (!bound.includes(variable)) return childrenOf(node).some((child) => mentions(child, variable));
  const outside = node.kind === 'fold' ? node.range : node.kind === 'bind' ? node.init : node.kind === 'optional-map' ? node.target : node;
  return mentions(outside, variable);
}
