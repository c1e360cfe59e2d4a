import { compileExpression, type Program } from '../../cel/compile.ts';
import { BOOL, bounded, DYN, mapOf, nameOfType, objectOf, opaque, STRING } from '../../cel/types.ts';

/** As large as ResourceSlices let them be: devices' attributes and capacities, their domains and names, and texts among their values. */
const MOST_PER_DEVICE = 32;
const LONGEST_DOMAIN = 63;
const LONGEST_NAME = 32;
const LONGEST_VALUE = 64;
/** What an expression may cost. */
const MOST_COST = 1_000_000;

const byDomain = (value: Parameters<typeof mapOf>[1]) =>
  bounded(mapOf(bounded(STRING, LONGEST_DOMAIN), bounded(mapOf(bounded(STRING, LONGEST_NAME), value), MOST_PER_DEVICE)), MOST_PER_DEVICE);

/** The device a selector judges: attributes and capacity by domain, then by name. */
const DEVICE = objectOf('DRADevice', {
  driver: { property: 'driver', type: bounded(STRING, LONGEST_DOMAIN) },
  attributes: { property: 'attributes', type: byDomain(bounded(DYN, LONGEST_VALUE)) },
  capacity: { property: 'capacity', type: byDomain(opaque('kubernetes.Quantity')) },
  allowMultipleAllocations: { property: 'allowMultipleAllocations', type: BOOL },
});

export type CompiledSelector = { readonly ok: true; readonly program: Program } | { readonly ok: false; readonly problem: 'invalid' | 'too complex'; readonly reason: string };

export function compileSelector(expression: string): CompiledSelector {
  const compiled = compileExpression(expression, { variables: { device: DEVICE } });
  if (!compiled.ok) return { ok: false, problem: 'invalid', reason: compiled.reason };
  const { type, cost } = compiled.program;
  if (type.kind !== 'bool' && type.kind !== 'dyn') return { ok: false, problem: 'invalid', reason: `must evaluate to bool or the unknown type, not ${nameOfType(type)}` };
  return cost.max > MOST_COST ? { ok: false, problem: 'too complex', reason: 'too complex, exceeds cost limit' } : compiled;
}
