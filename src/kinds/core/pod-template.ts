import type { InstanceOf } from '../../meta/resource.ts';
import { object, part, type TypeOf } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { objectMeta } from '../../schema/object-meta.ts';
import { containerImages, containerNames, formatLabels } from '../cells.ts';
import { withFields } from '../change.ts';
import { defaultPodTemplate } from './pod-defaults.ts';
import { templateWithoutGated } from './pod-gates.ts';
import { podSpec } from './pod-spec.ts';
import { podTemplateErrors } from './pod-validation.ts';
import { workloadWarnings } from './pod-warnings.ts';

export const podTemplateSpec = part(() =>
  object('api.core.v1.PodTemplateSpec', {
    metadata: objectMeta().default({}).tag(1).describe('Labels, annotations and finalizers of the pods to be made.'),
    spec: podSpec().default({}).tag(2).describe('What the pods to be made are like.'),
  }));
export type PodTemplateSpec = TypeOf<ReturnType<typeof podTemplateSpec>>;

export const PodTemplate = defineKind({
  group: '', version: 'v1', kind: 'PodTemplate', plural: 'podtemplates',
  scope: 'Namespaced', package: 'api.core.v1',
  description: 'A pod to be copied.',
  fields: {
    template: podTemplateSpec().default({}).tag(2).describe('What pods made from it are like.'),
  },
  columns: {
    Containers: ({ template }) => containerNames(template),
    Images: ({ template }) => containerImages(template),
    'Pod Labels': ({ template }) => formatLabels(template.metadata.labels),
  },
  defaults: (one) => withFields(one, { template: defaultPodTemplate(one.template) }),
  prepareForCreate: (one) => withFields(one, { template: templateWithoutGated(one.template) }),
  prepareForUpdate: (one, old) => withFields(one, { template: templateWithoutGated(one.template, old.template) }),
  validate: ({ template }, at) => podTemplateErrors(template, at.child('template')),
  warnings: (one, old) => workloadWarnings(one, old, { of: one.template, at: 'template' }),
});
export type PodTemplate = InstanceOf<typeof PodTemplate>;
