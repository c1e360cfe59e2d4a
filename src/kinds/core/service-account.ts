import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, list } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, integer } from '../cells.ts';
import { localObjectReference, objectReference } from './references.ts';

export const ServiceAccount = defineKind({
  group: '', version: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts',
  short: ['sa'], scope: 'Namespaced', package: 'api.core.v1',
  subresources: ['token'],
  fields: {
    secrets: list(objectReference()).keyedBy('name').tag(2),
    imagePullSecrets: list(localObjectReference()).tag(3),
    automountServiceAccountToken: boolean().pointer().tag(4),
  },
  columns: { Secrets: integer(({ secrets }) => secrets?.length ?? 0), Age: age },
});
export type ServiceAccount = InstanceOf<typeof ServiceAccount>;
