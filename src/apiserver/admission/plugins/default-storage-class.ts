import { CLASS_ANNOTATION } from '../../../kinds/core/storage-class-of.ts';
import { DEFAULT_STORAGE_CLASS } from '../../../rules/default-class.ts';
import { defineDefaultClass } from './default-class.ts';

/** A claim that names no class gets the default one. */
export const defaultStorageClass = defineDefaultClass({
  name: 'DefaultStorageClass', resource: 'persistentvolumeclaims', field: 'storageClassName', oldAnnotation: CLASS_ANNOTATION,
  classes: { group: 'storage.k8s.io', plural: 'storageclasses' },
  annotations: [DEFAULT_STORAGE_CLASS, 'storageclass.beta.kubernetes.io/is-default-class'],
});
