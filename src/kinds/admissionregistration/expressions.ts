/** What the expressions of policies and webhooks may speak of, and their compilation; for those who check them and those who evaluate them. */
import { type Compiled, compileExpression } from '../../cel/compile.ts';
import { AUTHORIZER, RESOURCE_CHECK } from '../../cel/libraries/authorizers.ts';
import { BOOL, type CelType, DYN, type FieldType, listOf, mapOf, NULL, objectOf, type ObjectType, openObject, STRING, INT, TIMESTAMP } from '../../cel/types.ts';
import type { MatchCondition, Variable } from './matching.ts';
import type { Mutation } from './mutating-admission-policy.ts';
import type { AuditAnnotation, Validation } from './validating-admission-policy.ts';

const fields = (types: Readonly<Record<string, CelType>>): Readonly<Record<string, FieldType>> =>
  Object.fromEntries(Object.entries(types).map(([property, type]) => [property, { property, type }]));
const strings = (...names: readonly string[]): Readonly<Record<string, CelType>> => Object.fromEntries(names.map((name) => [name, STRING]));

const KIND = objectOf('kubernetes.GroupVersionKind', fields(strings('group', 'version', 'kind')));
const RESOURCE = objectOf('kubernetes.GroupVersionResource', fields(strings('group', 'version', 'resource')));
const USER = objectOf('kubernetes.UserInfo', fields({ ...strings('username', 'uid'), groups: listOf(STRING), extra: mapOf(STRING, listOf(STRING)) }));

/** An AdmissionRequest without its objects, which have variables of their own. */
const REQUEST = objectOf('kubernetes.AdmissionRequest', fields({
  kind: KIND, resource: RESOURCE, requestKind: KIND, requestResource: RESOURCE, userInfo: USER, dryRun: BOOL, options: DYN,
  ...strings('subResource', 'requestSubResource', 'name', 'namespace', 'operation'),
}));

const NAMESPACE = objectOf('kubernetes.Namespace', fields({
  metadata: objectOf('kubernetes.NamespaceMetadata', fields({
    ...strings('name', 'generateName', 'namespace', 'UID', 'resourceVersion'), labels: mapOf(STRING, STRING), annotations: mapOf(STRING, STRING),
    creationTimestamp: TIMESTAMP, deletionTimestamp: TIMESTAMP, deletionGracePeriodSeconds: INT, generation: INT, finalizers: listOf(STRING),
  })),
  spec: objectOf('kubernetes.NamespaceSpec', fields({ finalizers: listOf(STRING) })),
  status: objectOf('kubernetes.NamespaceStatus', fields(strings('phase'))),
}));

export interface Speaks {
  readonly params: boolean;
  readonly authorizer: boolean;
  /** Of `object` and `oldObject`, where it is known. */
  readonly object?: CelType;
  readonly paramsType?: CelType;
}

type Variables = Readonly<Record<string, CelType>>;

export function admissionVariables({ params, authorizer, object = DYN, paramsType = DYN }: Speaks): Variables {
  return {
    object, oldObject: object, request: REQUEST, namespaceObject: NAMESPACE,
    ...(params ? { params: paramsType } : {}),
    ...(authorizer ? { authorizer: AUTHORIZER, 'authorizer.requestResource': RESOURCE_CHECK } : {}),
  };
}

const JSON_PATCH = objectOf('JSONPatch', fields({ ...strings('op', 'path', 'from'), value: DYN }));

/** The messages that mutations construct: operations, and parts of the object, whose type's name tells their place. */
function mutationStruct(name: string): ObjectType | undefined {
  if (name === 'JSONPatch') return JSON_PATCH;
  return name === 'Object' || name.startsWith('Object.') ? openObject(name) : undefined;
}

/** A named expression; compiled or not. */
export interface NamedExpression {
  readonly name: string;
  readonly compiled: Compiled;
}

/** Each variable sees those before it. */
export function compileVariables(variables: readonly Variable[] = [], base: Variables): { readonly programs: readonly NamedExpression[]; readonly type: ObjectType } {
  const types: Record<string, FieldType> = {};
  const type = objectOf('kubernetes.variables', types);
  const programs = variables.map(({ name, expression }) => {
    const compiled = compileExpression(expression, { variables: { ...base, variables: type }, struct: mutationStruct });
    if (compiled.ok) types[name] = { property: name, type: compiled.program.type };
    return { name, compiled };
  });
  return { programs, type };
}

export const compileCondition = ({ expression }: MatchCondition, speaks: Speaks): Compiled =>
  compileExpression(expression, { variables: admissionVariables(speaks), returns: [BOOL] });

/** What the expressions of both sorts of policies share. */
export interface PolicyLike {
  readonly paramKind?: object;
  readonly matchConditions?: readonly MatchCondition[];
  readonly variables?: readonly Variable[];
}
export interface ValidatingLike extends PolicyLike {
  readonly validations?: readonly Validation[];
  readonly auditAnnotations?: readonly AuditAnnotation[];
}
export interface MutatingLike extends PolicyLike {
  readonly mutations?: readonly Mutation[];
}

export interface PolicyPrograms {
  readonly matchConditions: readonly NamedExpression[];
  readonly variables: readonly NamedExpression[];
}
export interface ValidatingPrograms extends PolicyPrograms {
  readonly validations: readonly { readonly expression: Compiled; readonly message: Compiled | undefined }[];
  readonly auditAnnotations: readonly Compiled[];
}
export interface MutatingPrograms extends PolicyPrograms {
  readonly mutations: readonly Compiled[];
}

/** Types more precise than those that are always known: for the type check. */
export type KnownTypes = Pick<Speaks, 'object' | 'paramsType'>;

function compileShared({ paramKind, matchConditions = [], variables }: PolicyLike, known: KnownTypes) {
  const speaks: Speaks = { ...known, params: paramKind !== undefined, authorizer: true };
  const base = admissionVariables(speaks);
  const { programs, type } = compileVariables(variables, base);
  return {
    shared: { matchConditions: matchConditions.map((condition) => ({ name: condition.name, compiled: compileCondition(condition, speaks) })), variables: programs },
    whole: { ...base, variables: type },
    // What is said to users must not depend on whom they may ask about.
    unauthorized: { ...admissionVariables({ ...speaks, authorizer: false }), variables: type },
  };
}

export function compileValidating(spec: ValidatingLike, known: KnownTypes = {}): ValidatingPrograms {
  const { shared, whole, unauthorized } = compileShared(spec, known);
  return {
    ...shared,
    validations: (spec.validations ?? []).map(({ expression, messageExpression }) => ({
      expression: compileExpression(expression, { variables: whole, returns: [BOOL] }),
      message: messageExpression ? compileExpression(messageExpression, { variables: unauthorized, returns: [STRING] }) : undefined,
    })),
    auditAnnotations: (spec.auditAnnotations ?? []).map(({ valueExpression }) => compileExpression(valueExpression, { variables: whole, returns: [STRING, NULL] })),
  };
}

const NOTHING: Compiled = { ok: false, reason: 'unsupported patch type' };

export function compileMutating(spec: MutatingLike, known: KnownTypes = {}): MutatingPrograms {
  const { shared, whole } = compileShared(spec, known);
  const compile = ({ patchType, applyConfiguration, jsonPatch }: Mutation): Compiled => {
    if (patchType === 'ApplyConfiguration') return compileExpression(applyConfiguration?.expression ?? '', { variables: whole, struct: mutationStruct, returns: [openObject('Object')] });
    return patchType === 'JSONPatch' ? compileExpression(jsonPatch?.expression ?? '', { variables: whole, struct: mutationStruct, returns: [listOf(JSON_PATCH)] }) : NOTHING;
  };
  return { ...shared, mutations: (spec.mutations ?? []).map(compile) };
}
