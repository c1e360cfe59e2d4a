/** Which of a cluster's classes (of storage, of ingress) is the one for objects that name none. */

interface Class {
  readonly metadata: { readonly name: string; readonly creationTimestamp?: string; readonly annotations?: Readonly<Record<string, string>> };
}

export const DEFAULT_STORAGE_CLASS = 'storageclass.kubernetes.io/is-default-class';

/** The class that one of these annotations marks with `true`; of several the youngest, and of equally old ones the first by name. */
export function defaultOf<C extends Class>(classes: readonly C[], ...annotations: readonly string[]): C | undefined {
  return classes.filter(({ metadata }) => annotations.some((name) => metadata.annotations?.[name] === 'true')).toSorted(youngestFirst)[0];
}

function youngestFirst({ metadata: a }: Class, { metadata: b }: Class): number {
  const [left, right] = [a.creationTimestamp ?? '', b.creationTimestamp ?? ''];
  if (left !== right) return left < right ? 1 : -1;
  return a.name < b.name ? -1 : 1;
}
