import type { AdmissionPlugin } from '../admission.ts';
import { defaultClass } from './default-class.ts';

const CLASSES = { group: 'networking.k8s.io', plural: 'ingressclasses', annotations: ['ingressclass.kubernetes.io/is-default-class'] };
/** How ingresses named their controller before there were classes. */
const OLD_ANNOTATION = 'kubernetes.io/ingress.class';

/** An Ingress that names no class gets the default one. */
export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  on: { operations: ['CREATE'], resources: ['ingresses.networking.k8s.io'] },

  mutate({ object }, core) {
    const spec = object['spec'] as { readonly ingressClassName?: string };
    if (spec.ingressClassName !== undefined || object.metadata.annotations?.[OLD_ANNOTATION] !== undefined) return object;
    const found = defaultClass(core, CLASSES);
    return found ? { ...object, spec: { ...spec, ingressClassName: found.metadata.name } } : object;
  },
};
