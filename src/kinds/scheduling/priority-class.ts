import { forbidden } from '../../meta/field-error.ts';
import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, int32, string } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age } from '../cells.ts';
import { among, immutable } from '../checks.ts';

/** The most a user may set; the system's own are above. */
const HIGHEST = 1_000_000_000;
const SYSTEM: Readonly<Record<string, number>> = { 'system-cluster-critical': 2 * HIGHEST, 'system-node-critical': 2 * HIGHEST + 1000 };

function systemProblem(name: string, value: number, globalDefault: boolean): string | undefined {
  if (!Object.hasOwn(SYSTEM, name)) return `${name} is not a known system priority class`;
  if (SYSTEM[name] !== value) return `value of ${name} PriorityClass must be ${SYSTEM[name]}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}

export const PriorityClass = defineKind({
  group: 'scheduling.k8s.io', version: 'v1', kind: 'PriorityClass', plural: 'priorityclasses',
  short: ['pc'], scope: 'Cluster', package: 'api.scheduling.v1',
  description: 'A name for a priority.',
  fields: {
    value: int32().always().tag(2).describe('The priority of its pods; higher goes first.'),
    globalDefault: boolean().tag(3).describe('Whether pods that name no class get this one.'),
    description: string().tag(4).describe('What the class is for.'),
    preemptionPolicy: string().pointer().default('PreemptLowerPriority').tag(5).describe('Whether its pods displace lower ones: PreemptLowerPriority or Never.'),
  },
  columns: {
    Value: { type: 'integer', cell: ({ value }) => value ?? 0 },
    'Global-Default': { type: 'boolean', cell: ({ globalDefault }) => globalDefault ?? false },
    Age: age,
    PreemptionPolicy: ({ preemptionPolicy }) => preemptionPolicy,
  },
  *validate({ metadata, value = 0, globalDefault = false, preemptionPolicy }, at) {
    if (metadata.name.startsWith('system-')) {
      const problem = systemProblem(metadata.name, value, globalDefault);
      if (problem) yield forbidden(at.child('metadata').child('name'), `priority class names with 'system-' prefix are reserved for system use only. error: ${problem}`);
    } else if (value > HIGHEST) yield forbidden(at.child('value'), `maximum allowed value of a user defined priority is ${HIGHEST}`);
    yield* among(at.child('preemptionPolicy'), preemptionPolicy, ['PreemptLowerPriority', 'Never']);
  },
  *validateUpdate(priority, old, at) {
    if (priority.value !== old.value) yield forbidden(at.child('value'), 'may not be changed in an update.');
    yield* immutable(at.child('preemptionPolicy'), priority.preemptionPolicy === old.preemptionPolicy, priority.preemptionPolicy);
  },
});
export type PriorityClass = InstanceOf<typeof PriorityClass>;
