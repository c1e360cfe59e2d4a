import type { InstanceOf } from '../../meta/resource.ts';
import { boolean, bytes, map, string } from '../../schema/field.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, plain } from '../cells.ts';
import { isEmpty } from '../change.ts';
import { secretErrors, secretUpdateErrors } from './secret-validation.ts';

/** Base64 of the text's UTF-8. */
const encoded = (texts: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(texts).map(([key, text]) => {
    const bytes = new TextEncoder().encode(text);
    return [key, btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))];
  }));

export const Secret = defineKind({
  group: '', version: 'v1', kind: 'Secret', plural: 'secrets',
  scope: 'Namespaced', package: 'api.core.v1',
  description: 'Confidential values that pods read as files or variables.',
  fields: {
    data: map(bytes()).tag(2).describe('Values by key, in base64.'),
    type: string().default('Opaque').tag(3).describe('What the secret is for, such as Opaque or kubernetes.io/tls; some types demand certain keys.'),
    stringData: map(string()).tag(4).describe('Values by key as plain text; written into data, never read back.'),
    immutable: boolean().pointer().tag(5).describe('Whether data may no longer change; cannot be taken back.'),
  },
  columns: {
    Type: ({ type }) => type,
    Data: plain(({ data }) => Object.keys(data ?? {}).length),
    Age: age,
  },
  fieldSelectors: { type: ({ type }) => type },
  defaults: ({ stringData, ...secret }) => (isEmpty(stringData) ? secret : { ...secret, data: { ...secret.data, ...encoded(stringData) } }),
  validate: secretErrors,
  validateUpdate: secretUpdateErrors,
});
export type Secret = InstanceOf<typeof Secret>;
