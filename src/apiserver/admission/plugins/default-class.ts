import type { AnyObject } from '../../../meta/object.ts';
import { defaultOf } from '../../../rules/default-class.ts';
import { derived } from '../../watch-cache/derived.ts';
import type { AdmissionPlugin } from '../admission.ts';

export interface DefaultClass {
  readonly name: string;
  /** `ingresses.networking.k8s.io` */
  readonly resource: string;
  readonly classes: { readonly group: string; readonly plural: string };
  /** Any of these, as `true`, makes a class the default. */
  readonly annotations: readonly string[];
  /** Of `spec`, where the class is named. */
  readonly field: string;
  /** How objects named their class before there was that field. */
  readonly oldAnnotation: string;
}

/** A plugin by which new objects that name no class get the cluster's default one. An empty name asks for none, and is kept. */
export function defineDefaultClass({ name, resource, classes, annotations, field, oldAnnotation }: DefaultClass): AdmissionPlugin {
  const defaultClass = derived((all) => defaultOf(all, ...annotations));
  return {
    name,
    on: { operations: ['CREATE'], resources: [resource] },

    mutate({ object }, { resources }) {
      const spec = object['spec'] as Readonly<Record<string, unknown>>;
      if (spec[field] !== undefined || object.metadata.annotations?.[oldAnnotation] !== undefined) return object;
      const cache = resources.of(classes.group, classes.plural)?.cache;
      const found: AnyObject | undefined = cache && defaultClass(cache);
      return found ? { ...object, spec: { ...spec, [field]: found.metadata.name } } : object;
    },
  };
}
