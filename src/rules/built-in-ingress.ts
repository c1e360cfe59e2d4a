import type { Ingress } from '../kinds/networking/ingress.ts';
import type { IngressClass } from '../kinds/networking/ingress-class.ts';

/** Of an IngressClass: what every node's agent implements. */
export const INGRESS_CONTROLLER = 'knarr.dev/ingress';
/** The Service by which ingresses are reached: it is made with the first of them. */
export const INGRESS_SERVICE = { namespace: 'kube-system', name: 'knarr-ingress' } as const;
/** Where each agent listens: no privileged ports, which are the machine's own. */
export const INGRESS_PORTS = { http: 10_080, https: 10_443 } as const;

const LEGACY_CLASS = 'kubernetes.io/ingress.class';

/** Whether the built-in controller is meant: by the class, or by the name of one in the annotation of old. */
export function isBuiltInIngress({ metadata, spec }: Ingress, classes: readonly IngressClass[]): boolean {
  const name = spec.ingressClassName ?? metadata.annotations?.[LEGACY_CLASS];
  return classes.some((one) => one.metadata.name === name && one.spec.controller === INGRESS_CONTROLLER);
}
