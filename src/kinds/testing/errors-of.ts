/** What the server would say of an object as a user sends it. */
import type { AnyObject, KubeObject } from '../../meta/object.ts';
import { apiVersionOf } from '../../meta/resource.ts';
import { decodeObject } from '../../schema/decode.ts';
import type { Kind } from '../../schema/kind.ts';
import { validateObject } from '../../schema/validate.ts';

/** Decoded and defaulted, with a name unless it has one. */
export function accepted<T extends KubeObject>(kind: Kind<T>, json: object): T {
  const given: { readonly metadata?: object } = json;
  return decodeObject<T>(kind as unknown as Kind, {
    apiVersion: apiVersionOf(kind), kind: kind.kind, ...json, metadata: { name: 'x', uid: 'u', namespace: 'default', ...given.metadata },
  }).value;
}

/** `path: message` of each thing wrong with a new object or, with `old`, with an update of it. */
export function errorsOf<T extends KubeObject>(kind: Kind<T>, json: object, old?: object): readonly string[] {
  const whole = (one: object) => accepted(kind, one);
  const given = old || !kind.prepareForCreate ? whole(json) : kind.prepareForCreate(whole(json));
  return validateObject(kind as unknown as Kind, given as unknown as AnyObject, old && (whole(old) as unknown as AnyObject)).map(({ field, message }) => `${field}: ${message}`);
}
