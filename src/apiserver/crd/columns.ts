import type { CustomResourceColumnDefinition } from '../../kinds/apiextensions/custom-resource-definition.ts';
import { since } from '../../meta/human-duration.ts';
import { findAll, type JsonPath, parseJsonPath } from '../../meta/json-path.ts';
import type { AnyObject } from '../../meta/object.ts';
import type { ColumnSpec } from '../../schema/kind.ts';

const CREATED: CustomResourceColumnDefinition = {
  name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'How long ago the server created the object.',
};

/** A version's printer columns; the age where it declares none. A path that is none shows nothing. */
export function columnsOf(columns: readonly CustomResourceColumnDefinition[] | undefined): Readonly<Record<string, ColumnSpec<AnyObject>>> {
  return Object.fromEntries((columns?.length ? columns : [CREATED]).map((column) => [column.name, columnOf(column)]));
}

type Type = ColumnSpec<AnyObject>['type'];

function columnOf({ type, format, description, priority = 0, jsonPath }: CustomResourceColumnDefinition): ColumnSpec<AnyObject> {
  const path = pathOf(jsonPath);
  return {
    type: type as Type, priority,
    ...(format ? { format } : {}),
    description: description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    cell: (object, now) => {
      const [value] = path ? findAll(path, object) : [];
      return value === undefined || value === null ? undefined : cellOf(type, value, now);
    },
  };
}

function pathOf(text: string): JsonPath | undefined {
  try {
    return parseJsonPath(text);
  } catch {
    return undefined;
  }
}

/** Only what is of the column's type shows; text takes all. */
function cellOf(type: string, value: unknown, now: number): string | number | boolean | undefined {
  switch (type) {
    case 'integer': return typeof value === 'number' ? Math.trunc(value) : undefined;
    case 'number': return typeof value === 'number' ? value : undefined;
    case 'boolean': return typeof value === 'boolean' ? value : undefined;
    case 'date':
      if (typeof value !== 'string') return undefined;
      return Number.isNaN(Date.parse(value)) ? '<invalid>' : since(value, now);
    default: return typeof value === 'string' ? value : JSON.stringify(value);
  }
}
