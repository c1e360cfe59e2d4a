import type { InstanceOf } from '../../meta/resource.ts';
import { object, part, string, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, NONE } from '../cells.ts';
import { ingressClassErrors, ingressClassUpdateErrors } from './networking-validation.ts';

export const ingressClassParametersReference = part(() =>
  object('api.networking.v1.IngressClassParametersReference', {
    apiGroup: string().pointer().tag(1).describe('The object\'s group.'),
    kind: string().required().tag(2).describe('Its kind.'),
    name: string().required().tag(3).describe('Its name.'),
    scope: string().pointer().default('Cluster').tag(4).describe('Cluster or Namespace.'),
    namespace: string().pointer().tag(5).describe('Its namespace.'),
  }));
export type IngressClassParametersReference = TypeOf<ReturnType<typeof ingressClassParametersReference>>;

export const ingressClassSpec = part(() =>
  object('api.networking.v1.IngressClassSpec', {
    controller: string().tag(1).describe('Who implements the class.'),
    parameters: ingressClassParametersReference().tag(2).describe('An object with further settings.'),
  }));
export type IngressClassSpec = TypeOf<ReturnType<typeof ingressClassSpec>>;

export const IngressClass = defineKind({
  group: 'networking.k8s.io', version: 'v1', kind: 'IngressClass', plural: 'ingressclasses',
  scope: 'Cluster', package: 'api.networking.v1',
  description: 'A kind of ingress and who implements it.',
  spec: ingressClassSpec(),
  validate: ingressClassErrors,
  validateUpdate: ingressClassUpdateErrors,
  columns: {
    Controller: ({ spec }) => spec.controller ?? '',
    Parameters: ({ spec: { parameters } }) => (parameters ? `${parameters.kind}${parameters.apiGroup ? `.${parameters.apiGroup}` : ''}/${parameters.name}` : NONE),
    Age: age,
  },
});
export type IngressClass = InstanceOf<typeof IngressClass>;
