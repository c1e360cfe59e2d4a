/** Which requests webhooks and policies look at: rules, selectors, conditions, parameters. */
import type { Compiled } from '../../cel/compile.ts';
import { duplicate, type FieldPath, forbidden, invalid, notSupported, required, tooMany } from '../../meta/field-error.ts';
import { dns1035LabelProblems, dnsSubdomainProblems, pathSegmentProblems, qualifiedNameProblems } from '../../meta/names.ts';
import { type Errors, labelSelectorAt, problemsAt } from '../checks.ts';
import type { MatchCondition, MatchResources, NamedRuleWithOperations, ParamKind, ParamRef, RuleWithOperations, Variable } from './matching.ts';

export const FAILURE_POLICIES = ['Fail', 'Ignore'];
export const MATCH_POLICIES = ['Equivalent', 'Exact'];
export const REINVOCATION_POLICIES = ['IfNeeded', 'Never'];
const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
/** What is deleted cannot be changed. */
const MUTATING_OPERATIONS = ['*', 'CONNECT', 'CREATE', 'UPDATE'];
const SCOPES = ['*', 'Cluster', 'Namespaced'];
const MOST_CONDITIONS = 64;

export function* supported(value: string | undefined, values: readonly string[], at: FieldPath): Errors {
  if (value !== undefined && !values.includes(value)) yield notSupported(at, value, values);
}

function* alone(values: readonly string[], others: string, at: FieldPath): Errors {
  if (values.length === 0) yield required(at);
  else if (values.length > 1 && values.includes('*')) yield invalid(at, values, `if '*' is present, must not specify other ${others}`);
}

export function* ruleErrors({ operations = [], apiGroups = [], apiVersions = [], resources = [], scope }: RuleWithOperations, at: FieldPath): Errors {
  yield* alone(operations, 'operations', at.child('operations'));
  for (const [index, operation] of operations.entries()) yield* supported(operation, OPERATIONS, at.child('operations').index(index));
  yield* alone(apiGroups, 'API groups', at.child('apiGroups'));
  yield* alone(apiVersions, 'API versions', at.child('apiVersions'));
  for (const [index, version] of apiVersions.entries()) if (version === '') yield required(at.child('apiVersions').index(index));
  yield* resourcesErrors(resources, at.child('resources'));
  yield* supported(scope, SCOPES, at.child('scope'));
}

/** Resources, their subresources and stars for either: none that another covers already. */
function* resourcesErrors(resources: readonly string[], at: FieldPath): Errors {
  if (resources.length === 0) yield required(at);
  const [wholes, subresources] = [new Set<string>(), new Set<string>()];
  for (const [index, text] of resources.entries()) {
    if (text === '') yield required(at.index(index));
    const slash = text.indexOf('/');
    if (slash < 0) continue;
    const [resource, subresource] = [text.slice(0, slash), text.slice(slash + 1)];
    if (wholes.has(resource)) yield invalid(at.index(index), text, `if '${resource}/*' is present, must not specify ${text}`);
    if (subresources.has(subresource)) yield invalid(at.index(index), text, `if '*/${subresource}' is present, must not specify ${text}`);
    if (subresource === '*') wholes.add(resource);
    if (resource === '*') subresources.add(subresource);
  }
  if (resources.length > 1 && resources.includes('*/*')) yield invalid(at, resources, "if '*/*' is present, must not specify other resources");
  const plain = resources.findLast((text) => text !== '' && !text.includes('/'));
  if (resources.includes('*') && plain !== undefined && plain !== '*') yield invalid(at, resources, "if '*' is present, must not specify other resources without subresources");
}

export function* matchResourcesErrors({ matchPolicy, namespaceSelector, objectSelector, resourceRules = [], excludeResourceRules = [] }: MatchResources, at: FieldPath): Errors {
  yield* supported(matchPolicy, MATCH_POLICIES, at.child('matchPolicy'));
  yield* labelSelectorAt(at.child('namespaceSelector'), namespaceSelector);
  yield* labelSelectorAt(at.child('objectSelector'), objectSelector);
  for (const [index, rule] of resourceRules.entries()) yield* namedRuleErrors(rule, at.child('resourceRules').index(index));
  for (const [index, rule] of excludeResourceRules.entries()) yield* namedRuleErrors(rule, at.child('excludeResourceRules').index(index));
}

/** A policy's own: required, with the types its expressions speak of. */
export function* matchConstraintsErrors(constraints: MatchResources | undefined, at: FieldPath): Errors {
  if (!constraints) return void (yield required(at));
  yield* matchResourcesErrors(constraints, at);
  if (!constraints.resourceRules?.length) yield required(at.child('resourceRules'));
}

export function* mutatingOperationsErrors(resources: MatchResources | undefined, at: FieldPath): Errors {
  const here = at.child('resourceRules').child('operations');
  for (const operation of (resources?.resourceRules ?? []).flatMap(({ operations = [] }) => operations)) yield* supported(operation, MUTATING_OPERATIONS, here);
}

function* namedRuleErrors(rule: NamedRuleWithOperations, at: FieldPath): Errors {
  const { resourceNames = [] } = rule;
  for (const [index, name] of resourceNames.entries()) {
    const here = at.child('resourceNames').index(index);
    yield* problemsAt(here, name, pathSegmentProblems(name));
    if (resourceNames.indexOf(name) < index) yield duplicate(here, name);
  }
  yield* ruleErrors(rule, at);
}

/** What is wrong with an expression, where it does not compile. */
export function* compilationErrors(compiled: Compiled | undefined, expression: string, at: FieldPath): Errors {
  if (compiled && !compiled.ok) yield invalid(at, expression, compiled.reason);
}

/** @param compiled the conditions' expressions, in their order */
export function* matchConditionsErrors(conditions: readonly MatchCondition[] = [], compiled: readonly Compiled[], at: FieldPath): Errors {
  if (conditions.length > MOST_CONDITIONS) yield tooMany(at, conditions.length, MOST_CONDITIONS);
  for (const [index, { name, expression }] of conditions.entries()) {
    const here = at.index(index);
    if (expression.trim() === '') yield required(here.child('expression'));
    else yield* compilationErrors(compiled[index], expression, here.child('expression'));
    if (name === '') yield required(here.child('name'));
    else yield* problemsAt(here.child('name'), name, qualifiedNameProblems(name));
    if (name !== '' && conditions.findIndex((other) => other.name === name) < index) yield duplicate(here.child('name'), name);
  }
}

const RESERVED = new Set([
  'true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import', 'let', 'loop', 'package', 'namespace',
  'return', 'var', 'void', 'while',
]);
const isIdentifier = (name: string): boolean => /^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) && !RESERVED.has(name);

export function* variablesErrors(variables: readonly Variable[] = [], compiled: readonly Compiled[], at: FieldPath): Errors {
  for (const [index, { name, expression }] of variables.entries()) {
    const here = at.index(index);
    if (name.trim() === '') yield required(here.child('name'), 'name is not specified');
    else if (!isIdentifier(name)) yield invalid(here.child('name'), name, 'must be a valid CEL identifier');
    if (expression.trim() === '') yield required(here.child('expression'), 'expression is not specified');
    else yield* compilationErrors(compiled[index], expression, here.child('expression'));
  }
}

export function* paramKindErrors({ apiVersion = '', kind = '' }: ParamKind, at: FieldPath): Errors {
  const here = at.child('apiVersion');
  const parts = apiVersion.split('/');
  const [group, version] = parts.length === 1 ? ['', apiVersion] : parts;
  if (apiVersion === '') yield required(here);
  else if (parts.length > 2) yield invalid(here, apiVersion, `unexpected GroupVersion string: ${apiVersion}`);
  else {
    const groupProblems = group === '' ? [] : dnsSubdomainProblems(group!);
    if (groupProblems.length > 0) yield invalid(here, group, groupProblems.join(','));
    const versionProblems = version === '' ? [] : dns1035LabelProblems(version!);
    if (version === '') yield invalid(here, apiVersion, 'version must be specified');
    else if (versionProblems.length > 0) yield invalid(here, version, versionProblems.join(','));
  }
  const problems = dns1035LabelProblems(kind.toLowerCase());
  if (kind === '') yield required(at.child('kind'));
  else if (problems.length > 0) yield invalid(at.child('kind'), kind, `may have mixed case, but should otherwise match: ${problems.join(',')}`);
}

export function* paramRefErrors(ref: ParamRef | undefined, at: FieldPath): Errors {
  if (!ref) return;
  const { name = '', selector, parameterNotFoundAction: action } = ref;
  const exclusive = 'name and selector are mutually exclusive';
  if (name !== '') {
    yield* problemsAt(at.child('name'), name, pathSegmentProblems(name));
    if (selector) yield forbidden(at.child('name'), exclusive);
  }
  if (selector) {
    yield* labelSelectorAt(at.child('selector'), selector);
    if (name !== '') yield forbidden(at.child('selector'), exclusive);
  }
  if (name === '' && !selector) yield required(at, 'one of name or selector must be specified');
  if (!action) yield required(at.child('parameterNotFoundAction'));
  else yield* supported(action, ['Deny', 'Allow'], at.child('parameterNotFoundAction'));
}

export function* policyNameErrors(name: string | undefined, at: FieldPath): Errors {
  if (!name) yield required(at);
  else yield* problemsAt(at, name, dnsSubdomainProblems(name));
}
