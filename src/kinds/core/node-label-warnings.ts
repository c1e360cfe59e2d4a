/** Labels of nodes that have a newer name, and what upstream says of who still selects by the old one. */
import type { FieldPath } from '../../meta/field-error.ts';
import { labelValueProblems } from '../../meta/names.ts';
import type { LabelSelector } from '../meta/label-selector.ts';
import type { NodeSelectorTerm } from './node-selector.ts';

const RENAMED: ReadonlyMap<string, string> = new Map([
  ['failure-domain.beta.kubernetes.io/zone', 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'],
  ['failure-domain.beta.kubernetes.io/region', 'deprecated since v1.17; use "topology.kubernetes.io/region" instead'],
  ['beta.kubernetes.io/instance-type', 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead'],
  ['beta.kubernetes.io/os', 'deprecated since v1.14; use "kubernetes.io/os" instead'],
  ['beta.kubernetes.io/arch', 'deprecated since v1.14; use "kubernetes.io/arch" instead'],
]);

export const nodeLabelDeprecation = (key: string): string | undefined => RENAMED.get(key);

/** @param checkValues whether values that no label can have are told of, where validation lets them pass */
export function* nodeTermWarnings({ matchExpressions = [] }: NodeSelectorTerm, checkValues: boolean, at: FieldPath): Iterable<string> {
  for (const [index, { key, values = [] }] of matchExpressions.entries()) {
    const here = at.child('matchExpressions').index(index);
    const why = nodeLabelDeprecation(key);
    if (why) yield `${here.child('key')}: ${key} is ${why}`;
    if (!checkValues) continue;
    for (const [position, value] of values.entries()) {
      for (const problem of labelValueProblems(value)) yield `${here.child('values').index(position)}: ${problem}`;
    }
  }
}

export function* nodeLabelSelectorWarnings({ matchExpressions = [], matchLabels = {} }: LabelSelector, at: FieldPath): Iterable<string> {
  for (const [index, { key }] of matchExpressions.entries()) {
    const why = nodeLabelDeprecation(key);
    if (why) yield `${at.child('matchExpressions').index(index).child('key')}: ${key} is ${why}`;
  }
  for (const key of Object.keys(matchLabels)) {
    const why = nodeLabelDeprecation(key);
    if (why) yield `${at.child('matchLabels').child(key)}: ${why}`;
  }
}
