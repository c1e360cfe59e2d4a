import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, list } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, plain } from '../cells.ts';
import { localObjectReference, objectReference } from './references.ts';

export const ServiceAccount = defineKind({
  group: '', version: 'v1', kind: 'ServiceAccount', plural: 'serviceaccounts',
  short: ['sa'], scope: 'Namespaced', package: 'api.core.v1',
  description: 'An identity for what runs in pods.',
  subresources: ['token'],
  fields: {
    secrets: list(objectReference()).keyedBy('name').tag(2).describe('Secrets that pods of this account may use, if the account enforces it.'),
    imagePullSecrets: list(localObjectReference()).tag(3).describe('Secrets with registry credentials given to pods of this account.'),
    automountServiceAccountToken: boolean().pointer().tag(4).describe('Whether pods of this account get its token, unless they say.'),
  },
  columns: { Secrets: plain(({ secrets }) => secrets?.length ?? 0), Age: age },
});
export type ServiceAccount = InstanceOf<typeof ServiceAccount>;
