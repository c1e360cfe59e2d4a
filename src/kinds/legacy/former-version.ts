import type { KubeObject } from '../../meta/object.ts';
import type { Kind } from '../../schema/kind.ts';

/** A kind as it was served in a former version of its group, where the shape is the same. */
export function formerVersion<T extends KubeObject>(kind: Kind<T>, version: string, hooks: Partial<Pick<Kind<T>, 'validate' | 'validateUpdate'>> = {}): Kind<T> {
  const packageName = kind.package.replace(/\.[^.]*$/, `.${version}`);
  return Object.freeze({ ...kind, ...hooks, version, package: packageName, schema: { ...kind.schema, name: `${packageName}.${kind.kind}` } });
}
