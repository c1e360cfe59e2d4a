import type { Taint } from '../../kinds/core/toleration.ts';
import { labelValueProblems, qualifiedNameProblems } from '../../meta/names.ts';

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** Of those a node registers with. */
export function* taintErrors(taints: readonly Taint[]): Iterable<string> {
  for (const { key, value = '', effect, timeAdded } of taints) {
    const isWrong = qualifiedNameProblems(key).length > 0 || labelValueProblems(value).length > 0 || !EFFECTS.includes(effect);
    if (isWrong) yield `invalid taint: {${key} ${value} ${effect} ${timeAdded ?? '<nil>'}}`;
    if (timeAdded !== undefined) yield 'invalid configuration: taint.TimeAdded is not nil';
  }
}
