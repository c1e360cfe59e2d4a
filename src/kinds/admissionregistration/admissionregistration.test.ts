import { expect, test } from 'vitest';
import type { Kind } from '../../schema/kind.ts';
import { toTable } from '../../schema/table.ts';
import {
  MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding, MutatingWebhookConfiguration, ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding, ValidatingWebhookConfiguration,
} from '../index.ts';
import { accepted, errorsOf } from '../testing/errors-of.ts';

const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] };
const hook = { name: 'a.example.com', clientConfig: { url: 'https://example.com/x' }, rules: [rule], sideEffects: 'None', admissionReviewVersions: ['v1'] };
const hooks = (...webhooks: object[]) => errorsOf(ValidatingWebhookConfiguration, { webhooks: webhooks.map((more) => ({ ...hook, ...more })) });
const AT = 'webhooks[0]';

test('a webhook has a full name, no side effects and a version that is understood', () => {
  expect(hooks({})).toEqual([]);
  expect(hooks({ name: 'a.b', sideEffects: 'Some', admissionReviewVersions: ['v2', 'v2'], timeoutSeconds: 31, failurePolicy: 'Maybe', matchPolicy: 'Some' })).toEqual([
    `${AT}.name: Invalid value: "a.b": should be a domain with at least three segments separated by dots`,
    `${AT}.failurePolicy: Unsupported value: "Maybe": supported values: "Fail", "Ignore"`,
    `${AT}.matchPolicy: Unsupported value: "Some": supported values: "Equivalent", "Exact"`,
    `${AT}.sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"`,
    `${AT}.timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds`,
    `${AT}.admissionReviewVersions[1]: Invalid value: "v2": duplicate version`,
    `${AT}.admissionReviewVersions: Invalid value: ["v2","v2"]: must include at least one of v1, v1beta1`,
  ]);
  expect(hooks({ sideEffects: undefined, admissionReviewVersions: [] })).toEqual([
    `${AT}.sideEffects: Required value: must specify one of None, NoneOnDryRun`, `${AT}.admissionReviewVersions: Required value: must specify one of v1, v1beta1`,
  ]);
  expect(hooks({}, {})).toEqual(['webhooks[1].name: Duplicate value: "a.example.com"']);
  expect(errorsOf(MutatingWebhookConfiguration, { webhooks: [{ ...hook, reinvocationPolicy: 'Often' }] })).toEqual([
    `${AT}.reinvocationPolicy: Unsupported value: "Often": supported values: "IfNeeded", "Never"`,
  ]);
});

test('what was wrong with a stored configuration may stay so', () => {
  const lax = { webhooks: [{ ...hook, sideEffects: 'Some', admissionReviewVersions: ['v2'] }] };
  expect(errorsOf(ValidatingWebhookConfiguration, lax, lax)).toEqual([]);
  expect(errorsOf(ValidatingWebhookConfiguration, lax, { webhooks: [hook] })).toHaveLength(2);
});

test.each([
  [{}, ['clientConfig: Required value: exactly one of url or service is required']],
  [{ url: 'http://me@/a?b#c' }, [
    "clientConfig.url: Invalid value: \"http\": 'https' is the only allowed URL scheme; desired format: https://host[/path]",
    'clientConfig.url: Invalid value: "": host must be specified; desired format: https://host[/path]',
    'clientConfig.url: Invalid value: "me": user information is not permitted in the URL',
    'clientConfig.url: Invalid value: "c": fragments are not permitted in the URL',
    'clientConfig.url: Invalid value: "b": query parameters are not permitted in the URL',
  ]],
  [{ service: { name: 'a', namespace: 'b', path: 'x//y', port: 0 } }, [
    'clientConfig.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive',
    "clientConfig.service.path: Invalid value: \"x//y\": must start with a '/'",
    'clientConfig.service.path: Invalid value: "x//y": segment[0] may not be empty',
    'clientConfig.service.path: Invalid value: "x//y": segment[1] may not be empty',
  ]],
])('it is called by %j', (clientConfig, expected) => {
  expect(hooks({ clientConfig })).toEqual(expected.map((text) => `${AT}.${text}`));
});

test('rules name what they are for, and nothing twice', () => {
  const of = (more: object) => hooks({ rules: [{ ...rule, ...more }] }).map((text) => text.replace(`${AT}.rules[0].`, ''));
  expect(hooks({ rules: [{}] }).map((text) => text.replace(`${AT}.rules[0].`, ''))).toEqual(['operations: Required value', 'apiGroups: Required value', 'apiVersions: Required value', 'resources: Required value']);
  expect(of({ operations: ['*', 'LIST'], apiGroups: ['*', 'a'], apiVersions: [''], scope: 'World' })).toEqual([
    "operations: Invalid value: [\"*\",\"LIST\"]: if '*' is present, must not specify other operations",
    'operations[1]: Unsupported value: "LIST": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"',
    "apiGroups: Invalid value: [\"*\",\"a\"]: if '*' is present, must not specify other API groups",
    'apiVersions[0]: Required value',
    'scope: Unsupported value: "World": supported values: "*", "Cluster", "Namespaced"',
  ]);
  expect(of({ resources: ['pods/*', 'pods/log', '*/scale', 'x/scale'] })).toEqual([
    "resources[1]: Invalid value: \"pods/log\": if 'pods/*' is present, must not specify pods/log",
    "resources[3]: Invalid value: \"x/scale\": if '*/scale' is present, must not specify x/scale",
  ]);
  expect(of({ resources: ['*', 'pods'] })).toEqual(["resources: Invalid value: [\"*\",\"pods\"]: if '*' is present, must not specify other resources without subresources"]);
  expect(of({ resources: ['*/*', 'pods'] })).toEqual(["resources: Invalid value: [\"*/*\",\"pods\"]: if '*/*' is present, must not specify other resources"]);
});

test('match conditions have names of their own', () => {
  expect(hooks({ matchConditions: [{ name: 'a', expression: ' ' }, { name: 'a', expression: 'true' }, { name: '', expression: 'true' }] })).toEqual([
    `${AT}.matchConditions[0].expression: Required value`, `${AT}.matchConditions[1].name: Duplicate value: "a"`, `${AT}.matchConditions[2].name: Required value`,
  ]);
});

const constraints = { resourceRules: [rule] };
const policy = (spec: object) => errorsOf(ValidatingAdmissionPolicy, { spec: { matchConstraints: constraints, validations: [{ expression: 'true' }], ...spec } });

test('a validating policy says what it applies to and what must hold', () => {
  expect(policy({})).toEqual([]);
  expect(errorsOf(ValidatingAdmissionPolicy, { spec: {} })).toEqual([
    'spec.matchConstraints: Required value',
    'spec.validations: Required value: validations or auditAnnotations must contain at least one item',
    'spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item',
  ]);
  expect(policy({ validations: [{ expression: ' ', message: 'a\nb', messageExpression: ' ', reason: 'Tired' }], variables: [{ name: 'in', expression: '' }] })).toEqual([
    'spec.variables[0].name: Invalid value: "in": must be a valid CEL identifier',
    'spec.variables[0].expression: Required value: expression is not specified',
    'spec.validations[0].expression: Required value: expression is not specified',
    'spec.validations[0].messageExpression: Invalid value: " ": must be non-empty if specified',
    'spec.validations[0].message: Invalid value: "a\\nb": must not contain line breaks',
    'spec.validations[0].reason: Unsupported value: "Tired": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"',
  ]);
  expect(policy({ paramKind: { apiVersion: 'a/b/c', kind: '' }, auditAnnotations: [{ key: 'k', valueExpression: ' ' }, { key: 'k', valueExpression: '"x"' }] })).toEqual([
    'spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
    'spec.paramKind.kind: Required value',
    'spec.auditAnnotations[0].valueExpression: Required value: valueExpression is not specified',
    'spec.auditAnnotations[1].key: Duplicate value: "k"',
  ]);
});

test('a mutating policy has patches, and none for what is deleted', () => {
  const of = (spec: object) => errorsOf(MutatingAdmissionPolicy, { spec: { matchConstraints: constraints, reinvocationPolicy: 'Never', mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: '[JSONPatch{op: "remove", path: "/a"}]' } }], ...spec } });
  expect(of({})).toEqual([]);
  expect(of({ matchConstraints: { resourceRules: [{ ...rule, operations: ['DELETE'] }] }, mutations: [], reinvocationPolicy: '' })).toEqual([
    'spec.matchConstraints.resourceRules.operations: Unsupported value: "DELETE": supported values: "*", "CONNECT", "CREATE", "UPDATE"',
    'spec.mutations: Required value: mutations must contain at least one item', 'spec.reinvocationPolicy: Required value',
  ]);
  expect(of({ mutations: [{ patchType: 'ApplyConfiguration', jsonPatch: { expression: '[]' } }, { patchType: 'Other' }] })).toEqual([
    'spec.mutations[0].applyConfiguration: Required value: must be specified when patchType is ApplyConfiguration',
    'spec.mutations[0].jsonPatch: Invalid value: "{jsonPatch}": must not be specified when patchType is ApplyConfiguration',
    'spec.mutations[1].patchType: Unsupported value: "Other": supported values: "ApplyConfiguration", "JSONPatch"',
  ]);
});

test('what policies and webhooks say is compiled', () => {
  const undeclared = (name: string, column = 1) => `compilation failed: ERROR: <input>:1:${column}: undeclared reference to '${name}' (in container '')\n`;
  const first = (errors: readonly string[]) => errors.map((text) => text.split(' | ')[0]);
  expect(first(policy({
    matchConditions: [{ name: 'a', expression: 'x' }], variables: [{ name: 'v', expression: 'y' }, { name: 'w', expression: 'object.a' }], auditAnnotations: [{ key: 'k', valueExpression: '1' }],
    validations: [{ expression: 'variables.w == 1 && variables.v == 1' }, { expression: 'object.a', messageExpression: 'authorizer.path("/")' }, { expression: 'params.x == 1' }],
  }))).toEqual([
    `spec.matchConditions[0].expression: Invalid value: "x": ${undeclared('x')}`, `spec.variables[0].expression: Invalid value: "y": ${undeclared('y')}`,
    `spec.validations[0].expression: Invalid value: "variables.w == 1 && variables.v == 1": compilation failed: ERROR: <input>:1:30: undefined field 'v'\n`,
    'spec.validations[1].expression: Invalid value: "object.a": must evaluate to bool',
    `spec.validations[1].messageExpression: Invalid value: "authorizer.path(\\"/\\")": ${undeclared('authorizer')}`,
    `spec.validations[2].expression: Invalid value: "params.x == 1": ${undeclared('params')}`,
    'spec.auditAnnotations[0].valueExpression: Invalid value: "1": must evaluate to one of [string null_type]',
  ]);
  expect(policy({ paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, validations: [{ expression: 'params.x == 1 && authorizer.requestResource.check("get").allowed()' }] })).toEqual([]);
  expect(first(hooks({ matchConditions: [{ name: 'a', expression: 'request.user' }] }))).toEqual([`${AT}.matchConditions[0].expression: Invalid value: "request.user": compilation failed: ERROR: <input>:1:8: undefined field 'user'\n`]);
  const mutating = (expression: string) => errorsOf(MutatingAdmissionPolicy, { spec: { matchConstraints: constraints, reinvocationPolicy: 'Never', mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }] } });
  expect(mutating('Object{metadata: Object.metadata{labels: {"a": "b"}}}')).toEqual([]);
  expect(mutating('{}')).toEqual(['spec.mutations[0].applyConfiguration.expression: Invalid value: "{}": must evaluate to Object']);
});

test('bindings name a policy, its parameters and what follows', () => {
  expect(errorsOf(ValidatingAdmissionPolicyBinding, { spec: { policyName: '', paramRef: {}, validationActions: ['Deny', 'Warn', 'Warn', 'Cry'] } })).toEqual([
    'spec.policyName: Required value', 'spec.paramRef: Required value: one of name or selector must be specified', 'spec.paramRef.parameterNotFoundAction: Required value',
    'spec.validationActions[2]: Duplicate value: "Warn"',
    'spec.validationActions[3]: Unsupported value: "Cry": supported values: "Audit", "Deny", "Warn"',
    'spec.validationActions: Invalid value: ["Deny","Warn","Warn","Cry"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
  ]);
  expect(errorsOf(MutatingAdmissionPolicyBinding, { spec: { policyName: 'p', paramRef: { name: 'a', selector: {}, parameterNotFoundAction: 'Deny' } } })).toEqual([
    'spec.paramRef.name: Forbidden: name and selector are mutually exclusive', 'spec.paramRef.selector: Forbidden: name and selector are mutually exclusive',
  ]);
});

test('tables show what a policy speaks of', () => {
  const cells = (kind: unknown, json: object) => toTable(kind as Kind, [accepted(kind as Kind, { ...json, metadata: { creationTimestamp: '1970-01-01T00:00:00Z' } }) as never], { now: 0 }).rows[0]!.cells;
  expect(cells(ValidatingAdmissionPolicy, { spec: { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, validations: [{ expression: 'true' }] } })).toEqual(['x', 1, 'v1/ConfigMap', '0s']);
  expect(cells(MutatingAdmissionPolicy, { spec: {} })).toEqual(['x', 0, '<unset>', '0s']);
  expect(cells(ValidatingAdmissionPolicyBinding, { spec: { policyName: 'p', paramRef: { name: 'a' } } })).toEqual(['x', 'p', '*/a', '0s']);
  expect(cells(MutatingAdmissionPolicyBinding, { spec: { policyName: 'p', paramRef: { selector: { matchLabels: { a: 'b' } } } } })).toEqual([
    'x', 'p', '&LabelSelector{MatchLabels:map[string]string{a: b,},MatchExpressions:[]LabelSelectorRequirement{},}', '0s',
  ]);
});
