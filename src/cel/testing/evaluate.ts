import { type Bindings, compileExpression } from '../compile.ts';
import { toJson } from '../json.ts';
import { type CelType, DYN } from '../types.ts';

/** What an expression comes to, as JSON; its error behind `! `. All variables are dyn unless their types are given. */
export function evaluated(source: string, bindings: Bindings = {}, types: Readonly<Record<string, CelType>> = {}): unknown {
  const variables = { ...Object.fromEntries(Object.keys(bindings).map((name) => [name, DYN])), ...types };
  const compiled = compileExpression(source, { variables });
  if (!compiled.ok) return `! ${compiled.reason}`;
  const result = compiled.program.evaluate(bindings, 10_000_000);
  return result.ok ? toJson(result.value) : `! ${result.message}`;
}

/** Why an expression is refused, `undefined` where it is not. */
export function refusal(source: string, variables: Readonly<Record<string, CelType>> = {}): string | undefined {
  const compiled = compileExpression(source, { variables });
  return compiled.ok ? undefined : compiled.reason;
}
