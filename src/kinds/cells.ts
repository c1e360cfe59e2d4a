/** What printer columns of several kinds show. Texts are those of upstream's server-side tables. */
import type { KubeObject } from '../meta/object.ts';
import { since } from '../meta/human-duration.ts';
import { formatLabelSelector } from '../meta/label-selector.ts';
import type { ColumnSpec } from '../schema/kind.ts';
import type { LabelSelector } from './meta/label-selector.ts';

export const NONE = '<none>';
export const UNSET = '<unset>';

/** The Age column. */
export const age = (object: KubeObject, now: number): string => since(object.metadata.creationTimestamp, now);

/** The `Created At` column of kinds that show the moment itself. */
export const createdAt: ColumnSpec<KubeObject> = { type: 'date', cell: (object) => object.metadata.creationTimestamp };

/** A column of integers. */
export const integer = <T>(cell: ColumnSpec<T>['cell']): ColumnSpec<T> => ({ type: 'integer', cell });

/** A column of numbers or truths that upstream declares as text. */
export const plain = <T>(cell: ColumnSpec<T>['cell']): ColumnSpec<T> => ({ type: 'string', cell });

/** A column that only `-o wide` shows, between those it always shows. */
export const wide = <T>(cell: ColumnSpec<T>['cell']): ColumnSpec<T> => ({ type: 'string', wide: true, cell });

export const orNone = (text: string | undefined): string => (text === undefined || text === '' ? NONE : text);

export function formatLabels(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return orNone(pairs.toSorted().join(','));
}

/** At most three items, and how many more there are. */
export function firstThree(items: readonly string[], none = NONE): string {
  if (items.length === 0) return none;
  const shown = items.slice(0, 3).join(',');
  return items.length > 3 ? `${shown} + ${items.length - 3} more...` : shown;
}

interface Templated {
  readonly spec?: { readonly containers?: readonly { readonly name: string; readonly image?: string }[] };
}

export const containerNames = (template: Templated | undefined): string =>
  (template?.spec?.containers ?? []).map(({ name }) => name).join(',');

export const containerImages = (template: Templated | undefined): string =>
  (template?.spec?.containers ?? []).map(({ image }) => image ?? '').join(',');

interface Workload {
  readonly spec: { readonly template?: Templated; readonly selector?: LabelSelector };
}

/** The wide columns of everything that has a pod template and a selector. */
export const workloadWideColumns = {
  Containers: ({ spec }: Workload) => containerNames(spec.template),
  Images: ({ spec }: Workload) => containerImages(spec.template),
  Selector: ({ spec }: Workload) => formatLabelSelector(spec.selector),
};

const SHORT_ACCESS_MODES: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO', ReadOnlyMany: 'ROX', ReadWriteMany: 'RWX', ReadWriteOncePod: 'RWOP',
};

/** `RWO,ROX`, in upstream's order and without repetition. */
export const formatAccessModes = (modes: readonly string[] | undefined): string =>
  Object.keys(SHORT_ACCESS_MODES).filter((mode) => modes?.includes(mode)).map((mode) => SHORT_ACCESS_MODES[mode]).join(',');
