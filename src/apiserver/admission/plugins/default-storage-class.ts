import type { AnyObject } from '../../../meta/object.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { defaultClass } from './default-class.ts';

const CLASSES = {
  group: 'storage.k8s.io', plural: 'storageclasses',
  annotations: ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'],
};
/** How claims named their class before there was a field. */
const OLD_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

/** A claim that names no class gets the default one; one that asks for none by an empty name keeps it. */
export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  on: { operations: ['CREATE'], resources: ['persistentvolumeclaims'] },

  mutate({ object }, core) {
    const spec = object['spec'] as { readonly storageClassName?: string };
    if (spec.storageClassName !== undefined || object.metadata.annotations?.[OLD_ANNOTATION] !== undefined) return object;
    const found: AnyObject | undefined = defaultClass(core, CLASSES);
    return found ? { ...object, spec: { ...spec, storageClassName: found.metadata.name } } : object;
  },
};
