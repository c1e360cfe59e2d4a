import { defineDefaultClass } from './default-class.ts';

/** An Ingress that names no class gets the default one. */
export const defaultIngressClass = defineDefaultClass({
  name: 'DefaultIngressClass', resource: 'ingresses.networking.k8s.io', field: 'ingressClassName', oldAnnotation: 'kubernetes.io/ingress.class',
  classes: { group: 'networking.k8s.io', plural: 'ingressclasses' },
  annotations: ['ingressclass.kubernetes.io/is-default-class'],
});
