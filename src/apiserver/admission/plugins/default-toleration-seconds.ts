import type { AdmissionPlugin } from '../admission.ts';

interface Toleration {
  readonly key?: string;
  readonly operator?: string;
  readonly effect?: string;
}

const KEYS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];
/** How long a pod stays on a node that has fallen silent. */
const SECONDS = 300;

/** Keeps pods for five minutes on nodes that are not ready or not reachable. */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  on: { operations: ['CREATE', 'UPDATE'], resources: ['pods'] },

  mutate({ object }) {
    const spec = object['spec'] as { readonly tolerations?: readonly Toleration[] };
    const tolerations = spec.tolerations ?? [];
    const missing = KEYS.filter((key) => !tolerations.some((one) => tolerates(one, key)));
    if (missing.length === 0) return object;
    const added = missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: SECONDS }));
    return { ...object, spec: { ...spec, tolerations: [...tolerations, ...added] } };
  },
};

const tolerates = ({ key = '', effect = '' }: Toleration, taint: string): boolean =>
  (key === taint || key === '') && (effect === 'NoExecute' || effect === '');
