import { isExtended } from '../../../kinds/core/resource-validation.ts';
import type { PodSpec } from '../../../kinds/core/pod-spec.ts';
import type { Toleration } from '../../../kinds/core/toleration.ts';
import type { AdmissionPlugin } from '../admission.ts';

/** Nodes with special devices can be tainted with the devices' names: pods that ask for such devices tolerate it (https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#extendedresourcetoleration). */
export const extendedResourceToleration: AdmissionPlugin = {
  name: 'ExtendedResourceToleration',
  on: { operations: ['CREATE', 'UPDATE'], resources: ['pods'] },

  mutate({ object }) {
    const spec = object['spec'] as PodSpec;
    const asked = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].flatMap(({ resources }) => Object.keys(resources?.requests ?? {}));
    const had: readonly Toleration[] = spec.tolerations ?? [];
    const more = [...new Set(asked)].filter(isExtended).toSorted().map((key) => ({ key, operator: 'Exists', effect: 'NoSchedule' }))
      .filter((one) => !had.some(({ key, operator, effect }) => key === one.key && operator === one.operator && effect === one.effect));
    return more.length === 0 ? object : { ...object, spec: { ...spec, tolerations: [...had, ...more] } };
  },
};
