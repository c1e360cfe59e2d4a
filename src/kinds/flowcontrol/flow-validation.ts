/** Flow schemas and priority levels. */
import { deepEqual } from '../../base/deep-equal.ts';
import { duplicate, type FieldPath, forbidden, invalid, notSupported, required } from '../../meta/field-error.ts';
import { dnsLabelProblems, dnsSubdomainProblems } from '../../meta/names.ts';
import { type Errors, problemsAt } from '../checks.ts';
import type { FlowSchemaSpec, NonResourcePolicyRule, PolicyRulesWithSubjects, ResourcePolicyRule, Subject } from './flow-schema.ts';
import { MANDATORY_FLOW_SCHEMAS, MANDATORY_PRIORITY_LEVELS } from './mandatory.ts';
import type { ExemptPriorityLevelConfiguration, LimitedPriorityLevelConfiguration, LimitResponse, PriorityLevelConfigurationSpec, QueuingConfiguration } from './priority-level-configuration.ts';

interface Named<S> {
  readonly metadata: { readonly name: string };
  readonly spec: S;
}

const LAST_PRECEDENCE = 10_000;
const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];
const FIXED = 'must equal the fixed value';

export function* flowSchemaErrors({ metadata: { name }, spec }: Named<FlowSchemaSpec>, root: FieldPath): Errors {
  const at = root.child('spec');
  const { matchingPrecedence: precedence, distinguisherMethod: method, priorityLevelConfiguration: level, rules = [] } = spec;
  const here = at.child('matchingPrecedence');
  if (precedence <= 0) yield invalid(here, precedence, 'must be a positive value');
  if (precedence > LAST_PRECEDENCE) yield invalid(here, precedence, `must not be greater than ${LAST_PRECEDENCE}`);
  if (precedence === 1 && name !== 'exempt') yield invalid(here, precedence, "only the schema named 'exempt' may have matchingPrecedence 1");
  if (method && !['ByNamespace', 'ByUser'].includes(method.type)) yield notSupported(at.child('distinguisherMethod').child('type'), method.type, ['ByNamespace', 'ByUser']);
  const levelAt = at.child('priorityLevelConfiguration').child('name');
  if (!level.name) yield required(levelAt, 'must reference a priority level');
  else yield* problemsAt(levelAt, level.name, dnsSubdomainProblems(level.name));
  for (const [index, rule] of rules.entries()) yield* policyErrors(rule, at.child('rules').index(index));
  const fixed = Object.hasOwn(MANDATORY_FLOW_SCHEMAS, name) ? MANDATORY_FLOW_SCHEMAS[name] : undefined;
  if (fixed && !deepEqual(spec, fixed)) yield invalid(at, spec, `spec of '${name}' ${FIXED}`);
}

function* policyErrors({ subjects, resourceRules = [], nonResourceRules = [] }: PolicyRulesWithSubjects, at: FieldPath): Errors {
  if (subjects.length === 0) yield required(at.child('subjects'), 'subjects must contain at least one value');
  for (const [index, subject] of subjects.entries()) yield* subjectErrors(subject, at.child('subjects').index(index));
  if (resourceRules.length + nonResourceRules.length === 0) yield required(at, 'at least one of resourceRules and nonResourceRules has to be non-empty');
  for (const [index, rule] of resourceRules.entries()) yield* resourceRuleErrors(rule, at.child('resourceRules').index(index));
  for (const [index, rule] of nonResourceRules.entries()) yield* nonResourceRuleErrors(rule, at.child('nonResourceRules').index(index));
}

/** Each kind of subject and its field, in the order upstream names those that must be absent. */
const SUBJECTS = { ServiceAccount: 'serviceAccount', User: 'user', Group: 'group' } as const;

function* subjectErrors(subject: Subject, at: FieldPath): Errors {
  const { kind } = subject;
  if (kind !== 'ServiceAccount' && kind !== 'User' && kind !== 'Group') return void (yield notSupported(at.child('kind'), kind, ['Group', 'ServiceAccount', 'User']));
  const own = SUBJECTS[kind];
  if (!subject[own]) yield required(at.child(own), `${own} is required when subject kind is '${kind}'`);
  else if (kind === 'ServiceAccount') yield* accountErrors(subject.serviceAccount!, at.child(own));
  else if (!subject[own].name) yield required(at.child(own).child('name'));
  for (const [other, field] of Object.entries(SUBJECTS)) {
    if (field !== own && subject[field]) yield forbidden(at.child(field), `${field} is forbidden when subject kind is not '${other}'`);
  }
}

function* accountErrors({ name, namespace }: NonNullable<Subject['serviceAccount']>, at: FieldPath): Errors {
  if (!name) yield required(at.child('name'));
  else if (name !== '*') yield* problemsAt(at.child('name'), name, dnsSubdomainProblems(name));
  if (!namespace) yield required(at.child('namespace'), 'must specify namespace for service account');
  else yield* problemsAt(at.child('namespace'), namespace, dnsLabelProblems(namespace));
}

function* verbsErrors(verbs: readonly string[], at: FieldPath): Errors {
  if (verbs.length === 0) yield required(at, 'verbs must contain at least one value');
  else if (verbs.includes('*')) yield* alone(verbs, 'verbs', at);
  else if (verbs.some((verb) => !VERBS.includes(verb))) yield notSupported(at, verbs, VERBS);
}

function* alone(values: readonly string[], others: string, at: FieldPath): Errors {
  if (values.length > 1 && values.includes('*')) yield invalid(at, values, `if '*' is present, must not specify other ${others}`);
}

function* resourceRuleErrors({ verbs, apiGroups, resources, clusterScope, ...rule }: ResourcePolicyRule, at: FieldPath): Errors {
  const namespaces = rule.namespaces ?? [];
  yield* verbsErrors(verbs, at.child('verbs'));
  if (apiGroups.length === 0) yield required(at.child('apiGroups'), 'resource rules must supply at least one api group');
  yield* alone(apiGroups, 'api groups', at.child('apiGroups'));
  if (resources.length === 0) yield required(at.child('resources'), 'resource rules must supply at least one resource');
  yield* alone(resources, 'resources', at.child('resources'));
  const here = at.child('namespaces');
  if (namespaces.length === 0 && !clusterScope) yield required(here, 'resource rules that are not cluster scoped must supply at least one namespace');
  else if (namespaces.includes('*')) yield* alone(namespaces, 'namespaces', here);
  else {
    for (const [index, namespace] of namespaces.entries()) {
      for (const problem of dnsLabelProblems(namespace)) yield invalid(here.index(index), namespace, `each member of this list must be '*' or a DNS-1123 label; ${problem}`);
    }
  }
}

function* nonResourceRuleErrors({ verbs, nonResourceURLs: urls }: NonResourcePolicyRule, at: FieldPath): Errors {
  yield* verbsErrors(verbs, at.child('verbs'));
  const here = at.child('nonResourceURLs');
  if (urls.length === 0) yield required(here, 'nonResourceURLs must contain at least one value');
  else if (urls.includes('*')) yield* alone(urls, 'non-resource URLs', here);
  else for (const [index, url] of urls.entries()) yield* urlErrors(url, here.index(index));
}

function* urlErrors(url: string, at: FieldPath): Errors {
  if (url === '') yield invalid(at, url, 'must not be empty');
  else if (url === '/') return;
  else if (!url.startsWith('/')) yield invalid(at, url, 'must start with slash');
  else if (url.includes(' ')) yield invalid(at, url, 'must not contain white-space');
  else if (url.includes('//')) yield invalid(at, url, 'must not contain double slash');
  else if (url.includes('*') && !/^[^*]*\/\*$/.test(url)) yield invalid(at, url, 'wildcard can only do suffix matching');
}

export function* priorityLevelErrors({ metadata: { name }, spec }: Named<PriorityLevelConfigurationSpec>, root: FieldPath): Errors {
  const at = root.child('spec');
  const { type, limited, exempt } = spec;
  if ((name === 'exempt') !== (type === 'Exempt')) yield invalid(at.child('type'), type, "type must be 'Exempt' if and only if name is 'exempt'");
  if (type === 'Exempt') {
    if (limited) yield forbidden(at.child('limited'), 'must be nil if the type is not Limited');
    if (exempt) yield* shareErrors(exempt, at.child('exempt'));
  } else if (type === 'Limited') {
    if (exempt) yield forbidden(at.child('exempt'), 'must be nil if the type is Limited');
    if (!limited) yield required(at.child('limited'), 'must not be empty when type is Limited');
    else yield* limitedErrors(limited, at.child('limited'));
  } else yield notSupported(at.child('type'), type, ['Exempt', 'Limited']);
  yield* fixedLevelErrors(name, spec, at);
}

/** Of the exempt level its share alone may be chosen. */
function* fixedLevelErrors(name: string, spec: PriorityLevelConfigurationSpec, at: FieldPath): Errors {
  const fixed = Object.hasOwn(MANDATORY_PRIORITY_LEVELS, name) ? MANDATORY_PRIORITY_LEVELS[name] : undefined;
  if (!fixed) return;
  const { exempt: _exempt, ...rest } = spec;
  if (name === 'exempt') {
    if (!deepEqual(rest, { type: fixed.type })) yield invalid(at, spec, `spec of '${name}' except the 'spec.exempt' field ${FIXED}`);
  } else if (!deepEqual(spec, fixed)) yield invalid(at, spec, `spec of '${name}' ${FIXED}`);
}

function* shareErrors({ nominalConcurrencyShares: shares, lendablePercent: percent }: ExemptPriorityLevelConfiguration, at: FieldPath): Errors {
  if (shares < 0) yield invalid(at.child('nominalConcurrencyShares'), shares, 'must be a non-negative integer');
  if (percent < 0 || percent > 100) yield invalid(at.child('lendablePercent'), percent, 'must be between 0 and 100, inclusive');
}

function* limitedErrors({ borrowingLimitPercent: borrowing, limitResponse, ...share }: LimitedPriorityLevelConfiguration, at: FieldPath): Errors {
  if (share.nominalConcurrencyShares < 0) yield invalid(at.child('nominalConcurrencyShares'), share.nominalConcurrencyShares, 'must be a non-negative integer');
  yield* responseErrors(limitResponse, at.child('limitResponse'));
  yield* shareErrors({ ...share, nominalConcurrencyShares: 0 }, at);
  if (borrowing !== undefined && borrowing < 0) yield invalid(at.child('borrowingLimitPercent'), borrowing, 'if specified, must be a non-negative integer');
}

function* responseErrors({ type, queuing }: LimitResponse, at: FieldPath): Errors {
  if (type === 'Reject') {
    if (queuing) yield forbidden(at.child('queuing'), 'must be nil if limited.limitResponse.type is not Limited');
  } else if (type === 'Queue') {
    if (!queuing) yield required(at.child('queuing'), 'must not be empty if limited.limitResponse.type is Limited');
    else yield* queuingErrors(queuing, at.child('queuing'));
  } else yield notSupported(at.child('type'), type, ['Queue', 'Reject']);
}

const MOST_QUEUES = 10_000_000;
/** Of a hash of 64 bits; more would deal hands unevenly. */
const HASH_BITS = 60;

function* queuingErrors({ queues, handSize, queueLengthLimit }: QueuingConfiguration, at: FieldPath): Errors {
  if (queueLengthLimit <= 0) yield invalid(at.child('queueLengthLimit'), queueLengthLimit, 'must be positive');
  if (queues <= 0) yield invalid(at.child('queues'), queues, 'must be positive');
  else if (queues > MOST_QUEUES) yield invalid(at.child('queues'), queues, `must not be greater than ${MOST_QUEUES}`);
  const here = at.child('handSize');
  if (handSize <= 0) yield invalid(here, handSize, 'must be positive');
  else if (handSize > queues) yield invalid(here, handSize, `should not be greater than queues (${queues})`);
  else if (Math.ceil(Math.log2(queues) * handSize) > HASH_BITS) {
    yield invalid(here, handSize, `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${HASH_BITS}`);
  }
}

/** Both statuses: conditions have types, and each but once. */
export function* flowStatusErrors({ conditions = [] }: { readonly conditions?: readonly { readonly type?: string }[] }, at: FieldPath): Errors {
  for (const [index, { type = '' }] of conditions.entries()) {
    const here = at.child('conditions').index(index).child('type');
    if (conditions.findIndex((other) => (other.type ?? '') === type) < index) yield duplicate(here, type);
    if (type === '') yield required(here, 'must not be empty');
  }
}
