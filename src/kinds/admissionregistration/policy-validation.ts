/** Admission policies and their bindings. */
import { deepEqual } from '../../base/deep-equal.ts';
import type { Compiled } from '../../cel/compile.ts';
import { duplicate, type FieldPath, invalid, notSupported, required } from '../../meta/field-error.ts';
import { qualifiedNameProblems } from '../../meta/names.ts';
import { type Errors, problemsAt } from '../checks.ts';
import { conditionErrors } from '../meta/condition-validation.ts';
import { compileMutating, compileValidating, type PolicyPrograms, type ValidatingPrograms } from './expressions.ts';
import {
  compilationErrors, FAILURE_POLICIES, matchConditionsErrors, matchConstraintsErrors, matchResourcesErrors, mutatingOperationsErrors, paramKindErrors, paramRefErrors, policyNameErrors,
  REINVOCATION_POLICIES, supported, variablesErrors,
} from './matching-validation.ts';
import type { MatchCondition, MatchResources, ParamKind, ParamRef, Variable } from './matching.ts';
import type { MutatingAdmissionPolicySpec, Mutation } from './mutating-admission-policy.ts';
import type { AuditAnnotation, ValidatingAdmissionPolicySpec, ValidatingAdmissionPolicyStatus, Validation } from './validating-admission-policy.ts';

interface PolicySpec {
  readonly failurePolicy: string;
  readonly paramKind?: ParamKind;
  readonly matchConstraints?: MatchResources;
  readonly matchConditions?: readonly MatchCondition[];
  readonly variables?: readonly Variable[];
}

/** @param old conditions that did not change are not looked at again */
function* policyErrors(spec: PolicySpec, { old, programs }: { readonly old: PolicySpec | undefined; readonly programs: PolicyPrograms }, at: FieldPath): Errors {
  yield* supported(spec.failurePolicy, FAILURE_POLICIES, at.child('failurePolicy'));
  if (spec.paramKind) yield* paramKindErrors(spec.paramKind, at.child('paramKind'));
  yield* matchConstraintsErrors(spec.matchConstraints, at.child('matchConstraints'));
  const unchanged = old && deepEqual(spec.paramKind, old.paramKind) && deepEqual(spec.matchConditions, old.matchConditions);
  if (!unchanged) yield* matchConditionsErrors(spec.matchConditions, programs.matchConditions.map(({ compiled }) => compiled), at.child('matchConditions'));
  yield* variablesErrors(spec.variables, programs.variables.map(({ compiled }) => compiled), at.child('variables'));
}

interface Named<S> {
  readonly metadata: { readonly name: string };
  readonly spec: S;
}

const MOST_ANNOTATIONS = 20;
const LONGEST_EXPRESSION = 5 * 1024;
const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge'];

export function* validatingPolicyErrors({ metadata, spec }: Named<ValidatingAdmissionPolicySpec>, old: Named<ValidatingAdmissionPolicySpec> | undefined, root: FieldPath): Errors {
  const at = root.child('spec');
  const programs = compileValidating(spec);
  yield* policyErrors(spec, { old: old?.spec, programs }, at);
  const { validations = [], auditAnnotations = [] } = spec;
  if (validations.length === 0 && auditAnnotations.length === 0) {
    for (const field of ['validations', 'auditAnnotations']) yield required(at.child(field), 'validations or auditAnnotations must contain at least one item');
  }
  for (const [index, validation] of validations.entries()) yield* validationErrors(validation, programs.validations[index]!, at.child('validations').index(index));
  const here = at.child('auditAnnotations');
  if (auditAnnotations.length > MOST_ANNOTATIONS) yield invalid(here, auditAnnotations, `must not have more than ${MOST_ANNOTATIONS} auditAnnotations`);
  for (const [index, annotation] of auditAnnotations.entries()) {
    yield* annotationErrors(annotation, metadata.name, here.index(index));
    if (annotation.valueExpression.trim() !== '') yield* compilationErrors(programs.auditAnnotations[index]!, annotation.valueExpression, here.index(index).child('valueExpression'));
    if (auditAnnotations.findIndex(({ key }) => key === annotation.key) < index) yield duplicate(here.index(index).child('key'), annotation.key);
  }
}

function* validationErrors({ expression, message = '', messageExpression = '', reason }: Validation, programs: ValidatingPrograms['validations'][number], at: FieldPath): Errors {
  if (expression.trim() === '') yield required(at.child('expression'), 'expression is not specified');
  else yield* compilationErrors(programs.expression, expression, at.child('expression'));
  if (messageExpression !== '' && messageExpression.trim() === '') yield invalid(at.child('messageExpression'), messageExpression, 'must be non-empty if specified');
  else if (programs.message) yield* compilationErrors(programs.message, messageExpression, at.child('messageExpression'));
  if (message !== '' && message.trim() === '') yield invalid(at.child('message'), message, 'must be non-empty if specified');
  else if (/[\n\r]/.test(message.trim())) yield invalid(at.child('message'), message, 'must not contain line breaks');
  yield* supported(reason, REASONS, at.child('reason'));
}

function* annotationErrors({ key, valueExpression }: AuditAnnotation, policy: string, at: FieldPath): Errors {
  const whole = `${policy}/${key}`;
  yield* problemsAt(at.child('key'), whole, qualifiedNameProblems(whole));
  const trimmed = valueExpression.trim();
  if (trimmed === '') yield required(at.child('valueExpression'), 'valueExpression is not specified');
  else if (trimmed.length > LONGEST_EXPRESSION) yield required(at.child('valueExpression'), `must not exceed ${LONGEST_EXPRESSION} bytes in length`);
}

export function* validatingPolicyStatusErrors({ typeChecking, conditions = [] }: ValidatingAdmissionPolicyStatus, at: FieldPath): Errors {
  for (const [index, { warning, fieldRef }] of (typeChecking?.expressionWarnings ?? []).entries()) {
    const here = at.child('typeChecking').child('expressionWarnings').index(index);
    if (warning === '') yield required(here.child('warning'));
    if (fieldRef.trim() === '') yield required(here.child('fieldRef'));
  }
  yield* conditionErrors(conditions, at.child('conditions'));
}

export function* mutatingPolicyErrors({ spec }: Named<MutatingAdmissionPolicySpec>, old: Named<MutatingAdmissionPolicySpec> | undefined, root: FieldPath): Errors {
  const at = root.child('spec');
  const programs = compileMutating(spec);
  yield* policyErrors(spec, { old: old?.spec, programs }, at);
  yield* mutatingOperationsErrors(spec.matchConstraints, at.child('matchConstraints'));
  const { mutations = [], reinvocationPolicy } = spec;
  if (mutations.length === 0) yield required(at.child('mutations'), 'mutations must contain at least one item');
  for (const [index, mutation] of mutations.entries()) yield* mutationErrors(mutation, programs.mutations[index]!, at.child('mutations').index(index));
  if (!reinvocationPolicy) yield required(at.child('reinvocationPolicy'));
  else yield* supported(reinvocationPolicy, REINVOCATION_POLICIES, at.child('reinvocationPolicy'));
}

/** Each type of patch, its field and the other's. */
const PATCHES = { ApplyConfiguration: ['applyConfiguration', 'jsonPatch'], JSONPatch: ['jsonPatch', 'applyConfiguration'] } as const;

function* mutationErrors(mutation: Mutation, compiled: Compiled, at: FieldPath): Errors {
  const { patchType } = mutation;
  if (!patchType) return void (yield required(at.child('patchType')));
  if (patchType !== 'ApplyConfiguration' && patchType !== 'JSONPatch') return void (yield notSupported(at.child('patchType'), patchType, Object.keys(PATCHES)));
  const [own, other] = PATCHES[patchType];
  const { expression = '' } = mutation[own] ?? {};
  if (!mutation[own]) yield required(at.child(own), `must be specified when patchType is ${patchType}`);
  else if (expression.trim() === '') yield required(at.child(own).child('expression'));
  else yield* compilationErrors(compiled, expression, at.child(own).child('expression'));
  if (mutation[other]) yield invalid(at.child(other), `{${other}}`, `must not be specified when patchType is ${patchType}`);
}

interface BindingSpec {
  readonly policyName?: string;
  readonly paramRef?: ParamRef;
  readonly matchResources?: MatchResources;
}

function* bindingErrors({ policyName, paramRef, matchResources }: BindingSpec, at: FieldPath): Errors {
  yield* policyNameErrors(policyName, at.child('policyName'));
  yield* paramRefErrors(paramRef, at.child('paramRef'));
  if (matchResources) yield* matchResourcesErrors(matchResources, at.child('matchResources'));
}

const ACTIONS = ['Audit', 'Deny', 'Warn'];

export function* validatingBindingErrors({ spec }: { readonly spec: BindingSpec & { readonly validationActions: readonly string[] } }, root: FieldPath): Errors {
  yield* bindingErrors(spec, root.child('spec'));
  const { validationActions: actions } = spec;
  const at = root.child('spec').child('validationActions');
  for (const [index, action] of actions.entries()) {
    yield* supported(action, ACTIONS, at.index(index));
    if (actions.indexOf(action) < index) yield duplicate(at.index(index), action);
  }
  if (actions.includes('Deny') && actions.includes('Warn')) {
    yield invalid(at, actions, 'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)');
  }
  if (actions.length === 0) yield required(at, 'at least one validation action is required');
}

export function* mutatingBindingErrors({ spec }: { readonly spec: BindingSpec }, root: FieldPath): Errors {
  yield* bindingErrors(spec, root.child('spec'));
  yield* mutatingOperationsErrors(spec.matchResources, root.child('spec').child('matchResources'));
}
