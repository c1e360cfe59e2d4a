import { deepEqual } from '../../../base/deep-equal.ts';
import type { Toleration } from '../../../kinds/core/toleration.ts';
import { forbiddenRequest, type ApiError } from '../../../meta/api-error.ts';
import type { AnyObject } from '../../../meta/object.ts';
import { compareQuantity, parseQuantity } from '../../../meta/quantity.ts';
import type { Core } from '../../core.ts';
import type { AdmissionPlugin } from '../admission.ts';

type Amounts = Readonly<Record<string, string>>;

interface Spec {
  readonly runtimeClassName?: string;
  readonly overhead?: Amounts;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly Toleration[];
}

interface RuntimeClass {
  readonly overhead?: { readonly podFixed?: Amounts };
  readonly scheduling?: { readonly nodeSelector?: Readonly<Record<string, string>>; readonly tolerations?: readonly Toleration[] };
}

/** A pod costs what its runtime takes besides its containers, and goes where the runtime is known (KEP-585, KEP-688). */
export const runtimeClass: AdmissionPlugin = {
  name: 'RuntimeClass',
  on: { operations: ['CREATE'], resources: ['pods'] },

  mutate({ object, name }, core) {
    const spec = object['spec'] as Spec;
    if (!spec.runtimeClassName) return object;
    const found = classNamed(core, spec.runtimeClassName);
    if (!found) throw rejected(name, `RuntimeClass ${JSON.stringify(spec.runtimeClassName)} not found`);
    const { overhead, scheduling } = found as AnyObject & RuntimeClass;
    return { ...object, spec: { ...spec, ...(overhead ? costing(spec, overhead.podFixed ?? {}, name) : {}), ...(scheduling ? placed(spec, scheduling, name) : {}) } };
  },

  validate({ object, name }, core) {
    const { runtimeClassName, overhead } = object['spec'] as Spec;
    if (!overhead || Object.keys(overhead).length === 0) return;
    const { overhead: declared } = (runtimeClassName ? (classNamed(core, runtimeClassName) ?? {}) : {}) as RuntimeClass;
    if (!declared) throw rejected(name, 'Pod Overhead set without corresponding RuntimeClass defined Overhead');
    if (!sameAmounts(overhead, declared.podFixed ?? {})) throw rejected(name, MISMATCH);
  },
};

const MISMATCH = "Pod's Overhead doesn't match RuntimeClass's defined Overhead";
const rejected = (pod: string, why: string): ApiError => forbiddenRequest({ group: '', plural: 'pods' }, pod, `pod rejected: ${why}`);
const classNamed = ({ resources }: Core, name: string): AnyObject | undefined => resources.of('node.k8s.io', 'runtimeclasses')?.cache.object('', name);

function costing({ overhead }: Spec, podFixed: Amounts, pod: string): Pick<Spec, 'overhead'> {
  if (overhead && Object.keys(overhead).length > 0 && !sameAmounts(overhead, podFixed)) throw rejected(pod, MISMATCH);
  return { overhead: podFixed };
}

function placed({ nodeSelector = {}, tolerations = [] }: Spec, scheduling: NonNullable<RuntimeClass['scheduling']>, pod: string): Pick<Spec, 'nodeSelector' | 'tolerations'> {
  const wanted = Object.entries(scheduling.nodeSelector ?? {});
  for (const [key, value] of wanted) {
    const own = nodeSelector[key];
    if (own !== undefined && own !== value) throw rejected(pod, `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`);
  }
  const more = (scheduling.tolerations ?? []).filter((one) => !tolerations.some((own) => deepEqual(own, one)));
  return {
    ...(wanted.length > 0 ? { nodeSelector: { ...nodeSelector, ...scheduling.nodeSelector } } : {}),
    ...(more.length > 0 ? { tolerations: [...tolerations, ...more] } : {}),
  };
}

function sameAmounts(a: Amounts, b: Amounts): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => b[key] !== undefined && compareQuantity(parseQuantity(a[key]!), parseQuantity(b[key])) === 0);
}
