import { deepEqual } from '../../base/deep-equal.ts';
import type { CustomResourceDefinition, CustomResourceDefinitionCondition, CustomResourceDefinitionNames, CustomResourceDefinitionStatus } from '../../kinds/apiextensions/custom-resource-definition.ts';
import { structuralErrors } from '../../kinds/apiextensions/structural-validation.ts';
import { FieldPath, invalid } from '../../meta/field-error.ts';

type Condition = CustomResourceDefinitionCondition;

export interface Around {
  /** The names that others of the definition's group have. */
  readonly taken: readonly CustomResourceDefinitionNames[];
  /** The time in RFC 3339. */
  readonly at: string;
  /** Whether nobody has looked at these schemas yet: looking at large ones takes its time. */
  readonly isNew: boolean;
}

/**
 * What becomes of a definition once others are looked at: which of its names nobody else has, and whether it is served.
 * Itself where nothing changes.
 */
export function planStatus(definition: CustomResourceDefinition, { taken, at, isNew }: Around): CustomResourceDefinitionStatus {
  const { status } = definition;
  const { names, condition } = acceptNames(definition, taken);
  const wanted = [condition, ...establishedAfter(definition, condition)];
  const conditions = wanted.reduce((all, one) => withCondition(all, one, at), status.conditions ?? []);
  const checked = isNew ? withStructure(definition, conditions, at) : conditions;
  return deepEqual(names, status.acceptedNames) && checked === status.conditions ? status : { ...status, conditions: checked, acceptedNames: names };
}

const inUse = (name: string): string => `${JSON.stringify(name)} is already in use`;

interface Accepted {
  readonly names: CustomResourceDefinitionNames;
  readonly condition: Condition;
}

/** Names stay as they were where the new ones are taken. */
function acceptNames({ spec: { names: asked }, status }: CustomResourceDefinition, taken: readonly CustomResourceDefinitionNames[]): Accepted {
  const before: Partial<CustomResourceDefinitionNames> = status.acceptedNames ?? {};
  const resources = new Set(taken.flatMap(({ plural, singular = '', shortNames = [] }) => [plural, singular, ...shortNames]));
  const kinds = new Set(taken.flatMap(({ kind, listKind = '' }) => [kind, listKind]));
  const names: Record<string, unknown> = { ...before };
  let failed: Pick<Condition, 'reason' | 'message'> | undefined;
  const accept = (field: 'plural' | 'singular' | 'kind' | 'listKind', used: ReadonlySet<string>, reason: string) => {
    const name = asked[field] ?? '';
    if (name !== (before[field] ?? '') && used.has(name)) failed = { reason, message: inUse(name) };
    else if (asked[field] !== undefined) names[field] = name;
  };
  accept('plural', resources, 'PluralConflict');
  accept('singular', resources, 'SingularConflict');
  const clashes = (asked.shortNames ?? []).filter((name) => !before.shortNames?.includes(name) && resources.has(name));
  if (clashes.length > 0) failed = { reason: 'ShortNamesConflict', message: aggregate(clashes.map(inUse)) };
  else names['shortNames'] = asked.shortNames;
  accept('kind', kinds, 'KindConflict');
  accept('listKind', kinds, 'ListKindConflict');
  names['categories'] = asked.categories;
  const condition: Condition = failed ? { type: 'NamesAccepted', status: 'False', ...failed } : { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' };
  return { names: withoutUndefined({ plural: '', kind: '', ...names }), condition };
}

const withoutUndefined = <T extends object>(fields: T): T => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;

/** As Go joins errors. */
const aggregate = (texts: readonly string[]): string => (texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`);

/** Once served, a definition stays so whatever becomes of its names. */
function establishedAfter({ status }: CustomResourceDefinition, names: Condition): readonly Condition[] {
  if (conditionOf(status, 'Established')?.status === 'True') return [];
  if (names.status === 'True') return [{ type: 'Established', status: 'True', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' }];
  return [{ type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' }];
}

export const conditionOf = (status: CustomResourceDefinitionStatus | undefined, type: string): Condition | undefined => status?.conditions?.find((one) => one.type === type);

/** Its transition time changes with its status alone. */
export function withCondition(conditions: readonly Condition[], condition: Condition, at: string): readonly Condition[] {
  const before = conditions.find(({ type }) => type === condition.type);
  if (!before) return [...conditions, { ...condition, lastTransitionTime: at }];
  const { status, reason, message } = before;
  if (status === condition.status && reason === condition.reason && message === condition.message) return conditions;
  const after = { ...before, ...condition, lastTransitionTime: status === condition.status ? before.lastTransitionTime ?? at : at };
  return conditions.map((one) => (one === before ? after : one));
}

/** Schemas that are not structural are from before they had to be; they are served without being pruned or defaulted by. */
function withStructure({ spec }: CustomResourceDefinition, conditions: readonly Condition[], at: string): readonly Condition[] {
  const root = FieldPath.of('spec');
  const errors = [
    ...(spec.preserveUnknownFields ? [invalid(root.child('preserveUnknownFields'), true, 'must be false')] : []),
    ...spec.versions.flatMap(({ schema }, position) => (schema?.openAPIV3Schema ? structuralErrors(schema.openAPIV3Schema, root.child('versions').index(position).child('schema').child('openAPIV3Schema')) : [])),
  ];
  if (errors.length > 0) {
    return withCondition(conditions, { type: 'NonStructuralSchema', status: 'True', reason: 'Violations', message: aggregate(errors.map(({ field, message }) => `${field}: ${message}`)) }, at);
  }
  return conditions.some(({ type }) => type === 'NonStructuralSchema') ? conditions.filter(({ type }) => type !== 'NonStructuralSchema') : conditions;
}
