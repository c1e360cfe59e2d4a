import type { AdmissionPlugin } from '../admission.ts';

interface Taint {
  readonly key: string;
  readonly effect: string;
}

const NOT_READY: Taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

/** A node is born tainted, so that nothing lands on it before its conditions are known. */
export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  on: { operations: ['CREATE'], resources: ['nodes'] },

  mutate({ object }) {
    const spec = (object['spec'] ?? {}) as { readonly taints?: readonly Taint[] };
    const taints = spec.taints ?? [];
    if (taints.some(({ key, effect }) => key === NOT_READY.key && effect === NOT_READY.effect)) return object;
    return { ...object, spec: { ...spec, taints: [...taints, NOT_READY] } };
  },
};
