/** Literals that would fail whenever they are evaluated are refused at once. */
import { childrenOf, type Node } from './ast.ts';
import type { Checked } from './checker.ts';
import { durationOf } from './libraries/conversions.ts';
import { regexOf } from './pattern.ts';
import type { Problem } from './source.ts';
import { timestampOf } from './time.ts';
import { EvaluationError } from './values.ts';

/** Function → which argument, and what it must be good for. */
const LITERALS: Readonly<Record<string, (text: string) => unknown>> = { duration: durationOf, timestamp: timestampOf, matches: regexOf };

export function literalProblems({ root }: Pick<Checked, 'root'>): readonly Problem[] {
  const problems: Problem[] = [];
  const visit = (node: Node): void => {
    for (const child of childrenOf(node)) visit(child);
    if (node.kind !== 'call' || !Object.hasOwn(LITERALS, node.name)) return;
    const literal = node.args.at(-1);
    if (literal?.kind !== 'literal' || typeof literal.value !== 'string') return;
    try {
      LITERALS[node.name]!(literal.value);
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      problems.push({ at: literal.at, message: `invalid ${node.name} argument` });
    }
  };
  visit(root);
  return problems;
}
