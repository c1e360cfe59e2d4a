import { expect, test } from 'vitest';
import type { Kind } from '../../schema/kind.ts';
import { toTable } from '../../schema/table.ts';
import { FlowSchema, PriorityLevelConfiguration } from '../index.ts';
import { accepted, errorsOf } from '../testing/errors-of.ts';
import { MANDATORY_FLOW_SCHEMAS, MANDATORY_PRIORITY_LEVELS } from './mandatory.ts';

const subjects = [{ kind: 'User', user: { name: '*' } }];
const resourceRules = [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true }];
const schema = (spec: object, name = 'x') => errorsOf(FlowSchema, { metadata: { name }, spec: { priorityLevelConfiguration: { name: 'p' }, ...spec } });
const level = (spec: object, name = 'x') => errorsOf(PriorityLevelConfiguration, { metadata: { name }, spec });
const cells = (kind: unknown, json: object) => toTable(kind as Kind, [accepted(kind as Kind, { ...json, metadata: { creationTimestamp: '1970-01-01T00:00:00Z' } }) as never], { now: 0 }).rows[0]!.cells;

test('a flow schema takes its place among the others and names a level', () => {
  expect(schema({ rules: [{ subjects, resourceRules }] })).toEqual([]);
  expect(schema({ matchingPrecedence: 10_001, distinguisherMethod: { type: 'ByMoon' }, priorityLevelConfiguration: {} })).toEqual([
    'spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000',
    'spec.distinguisherMethod.type: Unsupported value: "ByMoon": supported values: "ByNamespace", "ByUser"',
    'spec.priorityLevelConfiguration.name: Required value: must reference a priority level',
  ]);
  expect(schema({ matchingPrecedence: 1 })).toEqual(["spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1"]);
});

test('its rules say who asks for what', () => {
  const AT = 'spec.rules[0]';
  expect(schema({ rules: [{ subjects: [] }] })).toEqual([
    `${AT}.subjects: Required value: subjects must contain at least one value`, `${AT}: Required value: at least one of resourceRules and nonResourceRules has to be non-empty`,
  ]);
  expect(schema({ rules: [{ subjects: [{ kind: 'User', group: { name: 'g' } }, { kind: 'ServiceAccount', serviceAccount: { name: '*' } }, { kind: 'Dog' }], resourceRules }] })).toEqual([
    `${AT}.subjects[0].user: Required value: user is required when subject kind is 'User'`,
    `${AT}.subjects[0].group: Forbidden: group is forbidden when subject kind is not 'Group'`,
    `${AT}.subjects[1].serviceAccount.namespace: Required value: must specify namespace for service account`,
    `${AT}.subjects[2].kind: Unsupported value: "Dog": supported values: "Group", "ServiceAccount", "User"`,
  ]);
  const nonResourceRules = [{ verbs: ['jump'], nonResourceURLs: ['', '/', 'a', '/a b', '/a//b', '/a*', '/a/*', '/*/*'] }];
  expect(schema({ rules: [{ subjects, resourceRules: [{ verbs: ['*', 'get'], apiGroups: ['*', 'a'], resources: [] }], nonResourceRules }] })).toEqual([
    `${AT}.resourceRules[0].verbs: Invalid value: ["*","get"]: if '*' is present, must not specify other verbs`,
    `${AT}.resourceRules[0].apiGroups: Invalid value: ["*","a"]: if '*' is present, must not specify other api groups`,
    `${AT}.resourceRules[0].resources: Required value: resource rules must supply at least one resource`,
    `${AT}.resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace`,
    `${AT}.nonResourceRules[0].verbs: Unsupported value: ["jump"]: supported values: "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"`,
    `${AT}.nonResourceRules[0].nonResourceURLs[0]: Invalid value: "": must not be empty`,
    `${AT}.nonResourceRules[0].nonResourceURLs[2]: Invalid value: "a": must start with slash`,
    `${AT}.nonResourceRules[0].nonResourceURLs[3]: Invalid value: "/a b": must not contain white-space`,
    `${AT}.nonResourceRules[0].nonResourceURLs[4]: Invalid value: "/a//b": must not contain double slash`,
    `${AT}.nonResourceRules[0].nonResourceURLs[5]: Invalid value: "/a*": wildcard can only do suffix matching`,
    `${AT}.nonResourceRules[0].nonResourceURLs[7]: Invalid value: "/*/*": wildcard can only do suffix matching`,
  ]);
});

test('a priority level limits, or is the exempt one', () => {
  expect(level({ type: 'Limited', limited: {} })).toEqual(['spec.limited.limitResponse.type: Unsupported value: "": supported values: "Queue", "Reject"']);
  expect(level({ type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: {} } } })).toEqual([]);
  expect(level({ type: 'Exempt', limited: { limitResponse: { type: 'Reject' } } })).toEqual([
    "spec.type: Invalid value: \"Exempt\": type must be 'Exempt' if and only if name is 'exempt'", 'spec.limited: Forbidden: must be nil if the type is not Limited',
  ]);
  expect(level({ type: 'Limited', exempt: {} })).toEqual(['spec.exempt: Forbidden: must be nil if the type is Limited', 'spec.limited: Required value: must not be empty when type is Limited']);
  const limited = { nominalConcurrencyShares: -1, lendablePercent: 101, borrowingLimitPercent: -1, limitResponse: { type: 'Queue', queuing: { queues: 1024, handSize: 7, queueLengthLimit: -1 } } };
  expect(level({ type: 'Limited', limited })).toEqual([
    'spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer',
    'spec.limited.limitResponse.queuing.queueLengthLimit: Invalid value: -1: must be positive',
    'spec.limited.limitResponse.queuing.handSize: Invalid value: 7: required entropy bits of deckSize 1024 and handSize 7 should not be greater than 60',
    'spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive',
    'spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer',
  ]);
});

test('mandatory objects stay as they are, but for the share of the exempt level', () => {
  for (const [name, spec] of Object.entries(MANDATORY_FLOW_SCHEMAS)) expect(schema(spec, name)).toEqual([]);
  for (const [name, spec] of Object.entries(MANDATORY_PRIORITY_LEVELS)) expect(level(spec, name)).toEqual([]);
  expect(level({ type: 'Exempt', exempt: { nominalConcurrencyShares: 5 } }, 'exempt')).toEqual([]);
  expect(level({ type: 'Limited', limited: { limitResponse: { type: 'Reject' } } }, 'catch-all')[0]).toMatch(/^spec: Invalid value: .*: spec of 'catch-all' must equal the fixed value$/);
  expect(schema({ matchingPrecedence: 1 }, 'exempt')[0]).toMatch(/: spec of 'exempt' must equal the fixed value$/);
});

test('tables show levels and what is missing', () => {
  expect(cells(FlowSchema, { spec: { priorityLevelConfiguration: { name: 'p' } }, status: { conditions: [{ type: 'Dangling', status: 'False' }] } })).toEqual(['x', 'p', 1000, '<none>', '0s', 'False']);
  expect(cells(PriorityLevelConfiguration, { spec: { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: {} } } } })).toEqual(['x', 'Limited', 30, 64, 8, 50, '0s']);
  expect(cells(PriorityLevelConfiguration, { spec: { type: 'Exempt' } })).toEqual(['x', 'Exempt', '<none>', '<none>', '<none>', '<none>', '0s']);
});

test('flow schemas are shown in the order they are asked', () => {
  const of = (name: string, matchingPrecedence: number) => accepted(FlowSchema, { metadata: { name }, spec: { matchingPrecedence, priorityLevelConfiguration: { name: 'p' } } }) as never;
  const { rows } = toTable(FlowSchema as unknown as Kind, [of('b', 9), of('a', 9), of('c', 1)], { now: 0 });
  expect(rows.map(({ cells: [name] }) => name)).toEqual(['c', 'a', 'b']);
});
