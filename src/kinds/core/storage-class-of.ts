/** Where a claim or a volume named its class before v1.6; what stands there still wins. */
export const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

interface Classed {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: { readonly storageClassName?: string };
}

/** The class a claim or volume names: '' where it wants none, undefined where it says nothing. */
export const namedClass = ({ metadata, spec }: Classed): string | undefined => metadata.annotations?.[CLASS_ANNOTATION] ?? spec.storageClassName;

/** The class a claim or volume belongs to; '' for none. */
export const classOf = (object: Classed): string => namedClass(object) ?? '';
