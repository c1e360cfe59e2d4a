import { forbiddenRequest } from '../../../meta/api-error.ts';
import type { AnyObject } from '../../../meta/object.ts';
import type { Core } from '../../core.ts';
import { derived } from '../../watch-cache/derived.ts';
import type { AdmissionPlugin, Attributes } from '../admission.ts';

const PODS = { group: '', plural: 'pods' };
const CLASSES = { group: 'scheduling.k8s.io', plural: 'priorityclasses' };

interface Spec {
  readonly priorityClassName?: string;
  readonly priority?: number;
  readonly preemptionPolicy?: string;
}

/** Turns a pod's priority class into its number, and keeps the default class the only one. */
export const priority: AdmissionPlugin = {
  name: 'Priority',
  on: { operations: ['CREATE', 'UPDATE'], resources: ['pods', 'priorityclasses.scheduling.k8s.io'] },

  mutate: (attributes, core) => (attributes.kind.kind === 'Pod' ? withPriority(attributes, core) : attributes.object),

  validate({ kind, object, name }, core) {
    if (kind.kind !== 'PriorityClass' || object['globalDefault'] !== true) return;
    const other = defaultClass(core);
    if (other && other.metadata.name !== name) {
      throw forbiddenRequest(CLASSES, name, `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`);
    }
  },
};

function withPriority({ object, old, name }: Attributes, core: Core): AnyObject {
  const spec = object['spec'] as Spec;
  if (old) {
    // Like upstream: an update that leaves the number out means the one there is.
    const was = old['spec'] as Spec;
    if (spec.priority !== undefined || was.priority === undefined || spec.priorityClassName !== was.priorityClassName) return object;
    return { ...object, spec: { ...spec, priority: was.priority } };
  }
  const chosen = spec.priorityClassName ? classNamed(core, spec.priorityClassName) : defaultClass(core);
  if (spec.priorityClassName && !chosen) throw forbiddenRequest(PODS, name, `no PriorityClass with name ${spec.priorityClassName} was found`);
  const value = Number(chosen?.['value'] ?? 0);
  const policy = String(chosen?.['preemptionPolicy'] ?? 'PreemptLowerPriority');
  if (spec.priority !== undefined && spec.priority !== value) {
    throw forbiddenRequest(PODS, name,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`);
  }
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    throw forbiddenRequest(PODS, name,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`);
  }
  return {
    ...object,
    spec: { ...spec, priority: value, preemptionPolicy: policy, ...(chosen ? { priorityClassName: chosen.metadata.name } : {}) },
  };
}

const cacheOf = ({ resources }: Core) => resources.of(CLASSES.group, CLASSES.plural)?.cache;
const classNamed = (core: Core, name: string): AnyObject | undefined => cacheOf(core)?.object('', name);

const globalDefault = derived((classes) => classes.find((one) => one['globalDefault'] === true));

function defaultClass(core: Core): AnyObject | undefined {
  const cache = cacheOf(core);
  return cache && globalDefault(cache);
}
