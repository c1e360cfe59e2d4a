import type { AnyObject, ListMeta } from '../meta/object.ts';
import type { Column, ColumnSpec, Kind } from './kind.ts';

/** meta.k8s.io/v1 TableColumnDefinition. Priority 0 always shows, 1 under `-o wide`. */
export interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

export interface TableRow {
  readonly cells: readonly unknown[];
  readonly object?: unknown;
}

/** meta.k8s.io/v1 Table: what `kubectl get` prints. */
export interface Table {
  readonly kind: 'Table';
  readonly apiVersion: 'meta.k8s.io/v1';
  readonly metadata: Partial<ListMeta>;
  readonly columnDefinitions: readonly TableColumn[];
  readonly rows: readonly TableRow[];
}

/** How much of each object a row carries (`includeObject`). */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

export interface TableOptions {
  /** Milliseconds since the epoch: ages are counted from it. */
  readonly now: number;
  readonly includeObject?: IncludeObject;
  readonly metadata?: Partial<ListMeta>;
  /** Off for all but the first event of a watch. */
  readonly withColumns?: boolean;
}

interface Printed {
  readonly column: TableColumn;
  readonly cell: Column<AnyObject>;
}

const NAME: Printed = {
  column: {
    name: 'Name', type: 'string', format: 'name', priority: 0,
    description: 'Unique within the namespace and the resource; fixed once created.',
  },
  cell: (object) => object.metadata.name,
};
const CREATED: Printed = {
  column: { name: 'Created At', type: 'date', format: '', priority: 0, description: 'When the server created the object.' },
  cell: (object) => object.metadata.creationTimestamp,
};

const printers = new WeakMap<Kind, readonly Printed[]>();

/** A kind's columns in order: the name, its own, and those of `-o wide`. */
function printedBy(kind: Kind): readonly Printed[] {
  let printed = printers.get(kind);
  if (!printed) {
    const own = Object.entries(kind.columns ?? {}).map(([name, spec]) => describe(name, spec as Spec, 0));
    const wide = Object.entries(kind.wideColumns ?? {}).map(([name, spec]) => describe(name, spec as Spec, 1));
    const first = kind.columns && 'Name' in kind.columns && !kind.custom ? [] : [NAME];
    printed = [...first, ...(own.length === 0 ? [CREATED] : own), ...wide];
    printers.set(kind, printed);
  }
  return printed;
}

type Spec = Column<AnyObject> | ColumnSpec<AnyObject>;

function describe(name: string, spec: Spec, priority: number): Printed {
  const { cell, type = 'string', format = '', description = '', wide = false, priority: own } =
    typeof spec === 'function' ? { cell: spec } : (spec as Partial<ColumnSpec<AnyObject>> & { cell: Column<AnyObject> });
  return { column: { name, type, format, description, priority: own ?? (wide ? 1 : priority) }, cell };
}

/** Objects of one kind as a table, in the order given or the kind's own. */
export function toTable(kind: Kind, objects: readonly AnyObject[], options: TableOptions): Table {
  const { now, includeObject = 'Metadata', metadata = {}, withColumns = true } = options;
  const printed = printedBy(kind);
  // What prints a custom resource tells nothing from an empty cell.
  const none = kind.custom ? null : '<none>';
  const ordered = kind.rowOrder ? objects.toSorted(kind.rowOrder as (a: AnyObject, b: AnyObject) => number) : objects;
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: withColumns ? printed.map(({ column }) => column) : [],
    rows: ordered.map((object) => ({
      cells: printed.map(({ cell }) => cell(object, now) ?? none),
      ...(includeObject === 'None' ? {} : { object: includeObject === 'Object' ? object : toPartial(object) }),
    })),
  };
}

/** meta.k8s.io/v1 PartialObjectMetadata: an object without all but its metadata. */
export interface PartialObjectMetadata {
  readonly kind: 'PartialObjectMetadata';
  readonly apiVersion: 'meta.k8s.io/v1';
  readonly metadata: AnyObject['metadata'];
}

export const toPartial = ({ metadata }: AnyObject): PartialObjectMetadata => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata,
});
