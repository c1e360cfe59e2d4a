import type { InstanceOf } from '../../meta/resource.ts';
import { object, part, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { objectMeta } from '../../schema/object-meta.ts';
import { resourceClaimSpec } from './device-claim.ts';

export const resourceClaimTemplateSpec = part(() =>
  object('api.resource.v1.ResourceClaimTemplateSpec', {
    metadata: objectMeta().default({}).tag(1),
    spec: resourceClaimSpec().required().default({}).tag(2),
  }));
export type ResourceClaimTemplateSpec = TypeOf<ReturnType<typeof resourceClaimTemplateSpec>>;

export const ResourceClaimTemplate = defineKind({
  group: 'resource.k8s.io', version: 'v1', kind: 'ResourceClaimTemplate', plural: 'resourceclaimtemplates',
  scope: 'Namespaced', package: 'api.resource.v1',
  description: 'A claim to be copied for each pod.',
  spec: resourceClaimTemplateSpec().required(),
});
export type ResourceClaimTemplate = InstanceOf<typeof ResourceClaimTemplate>;
