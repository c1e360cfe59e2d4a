import type { InstanceOf } from '../../meta/resource.ts';
import { object, part, type TypeOf } from '../../schema/field.ts';
import { deepEqual } from '../../base/deep-equal.ts';
import { defineKind } from '../../schema/kind.ts';
import { objectMeta } from '../../schema/object-meta.ts';
import { age } from '../cells.ts';
import { withFields } from '../change.ts';
import { annotationsAt, immutable, labelsAt } from '../checks.ts';
import { defaultClaimSpec } from './claim-defaults.ts';
import { deviceClaimErrors } from './claim-validation.ts';
import { resourceClaimSpec } from './device-claim.ts';

export const resourceClaimTemplateSpec = part(() =>
  object('api.resource.v1.ResourceClaimTemplateSpec', {
    metadata: objectMeta().default({}).tag(1).describe('Labels and annotations of the claims.'),
    spec: resourceClaimSpec().required().default({}).tag(2).describe('What the claims ask for.'),
  }));
export type ResourceClaimTemplateSpec = TypeOf<ReturnType<typeof resourceClaimTemplateSpec>>;

export const ResourceClaimTemplate = defineKind({
  group: 'resource.k8s.io', version: 'v1', kind: 'ResourceClaimTemplate', plural: 'resourceclaimtemplates',
  scope: 'Namespaced', package: 'api.resource.v1',
  description: 'A claim to be copied for each pod.',
  spec: resourceClaimTemplateSpec().required(),
  columns: { Age: age },
  defaults: (template) => withFields(template, { spec: withFields(template.spec, { spec: defaultClaimSpec(template.spec.spec) }) }),
  *validateCreate({ spec: { metadata, spec } }, at) {
    const here = at.child('spec');
    yield* annotationsAt(here.child('metadata').child('annotations'), metadata.annotations);
    yield* labelsAt(here.child('metadata').child('labels'), metadata.labels);
    yield* deviceClaimErrors(spec.devices, here.child('spec').child('devices'));
  },
  validateUpdate: ({ spec }, old, at) => immutable(at.child('spec'), deepEqual(spec, old.spec), spec),
});
export type ResourceClaimTemplate = InstanceOf<typeof ResourceClaimTemplate>;
