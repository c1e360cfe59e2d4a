import { expect, test } from 'vitest';
import { LimitRange, ResourceQuota } from '../index.ts';
import { errorsOf } from '../testing/errors-of.ts';

const quota = (spec: object) => errorsOf(ResourceQuota, { spec });

test('a quota counts what there is to count', () => {
  expect(quota({ hard: { cpu: '1', pods: '3', 'count/jobs.batch': '2', 'requests.nvidia.com/gpu': '1', 'requests.hugepages-2Mi': '4Mi', 'services.nodeports': '0' } })).toEqual([]);
  expect(quota({ hard: { gold: '1', pods: '1.5', memory: '-1', storage: '1Gi' } })).toEqual([
    'spec.hard[gold]: Invalid value: "gold": must be a standard resource type or fully qualified',
    'spec.hard[gold]: Invalid value: "gold": must be a standard resource for quota',
    'spec.hard[pods]: Invalid value: "1500m": must be an integer',
    'spec.hard[memory]: Invalid value: "-1": must be greater than or equal to 0',
    'spec.hard[storage]: Invalid value: "storage": must be a standard resource for quota',
  ]);
});

test('scopes narrow pods alone, exclude each other and stay as they are', () => {
  expect(quota({ scopes: ['Terminating', 'NotTerminating', 'Other'] })).toEqual([
    'spec.scopes: Invalid value: ["Terminating","NotTerminating","Other"]: unsupported scope',
    'spec.scopes: Invalid value: ["Terminating","NotTerminating","Other"]: conflicting scopes',
  ]);
  expect(quota({ hard: { cpu: '1' }, scopes: ['BestEffort'] })).toEqual(['spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource']);
  expect(errorsOf(ResourceQuota, { spec: { scopes: ['Terminating'] } }, { spec: { scopes: ['BestEffort'] } })).toEqual(['spec.scopes: Invalid value: ["Terminating"]: field is immutable']);
});

test('a scope selector has operators that fit its scopes', () => {
  const AT = 'spec.scopeSelector.matchExpressions';
  const select = (...matchExpressions: object[]) => quota({ scopeSelector: { matchExpressions } });
  expect(select({ scopeName: 'PriorityClass', operator: 'In', values: ['high'] })).toEqual([]);
  expect(select({ scopeName: 'PriorityClass', operator: 'In' }, { scopeName: 'PriorityClass', operator: 'Exists', values: ['x'] }, { scopeName: 'PriorityClass', operator: 'Is' })).toEqual([
    `${AT}.values: Required value: must be at least one value when \`operator\` is 'In' or 'NotIn' for scope selector`,
    `${AT}.values: Invalid value: ["x"]: must be no value when \`operator\` is 'Exist' or 'DoesNotExist' for scope selector`,
    `${AT}.operator: Invalid value: "Is": not a valid selector operator`,
  ]);
  expect(select({ scopeName: 'BestEffort', operator: 'DoesNotExist' })).toEqual([
    `${AT}.operator: Invalid value: "DoesNotExist": must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity`,
  ]);
});

const limits = (...items: object[]) => errorsOf(LimitRange, { spec: { limits: items } });

test('a limit range bounds known types of things once each', () => {
  expect(limits({ type: 'Container', max: { cpu: '2' }, min: { cpu: '1' } }, { type: 'Pod', max: { cpu: '4' } }, { type: 'PersistentVolumeClaim', max: { storage: '1Gi' } })).toEqual([]);
  expect(limits({ type: 'Node' }, { type: 'Pod', default: { cpu: '1' } }, { type: 'Pod', max: { storage: '1' } }, { type: 'PersistentVolumeClaim' })).toEqual([
    'spec.limits[0].type: Invalid value: "Node": must be a standard limit type or fully qualified',
    "spec.limits[1].default: Forbidden: may not be specified when `type` is 'Pod'",
    'spec.limits[2].type: Duplicate value: "Pod"',
    'spec.limits[2].max[storage]: Invalid value: "storage": must be a standard resource for containers',
    'spec.limits[3].limits: Required value: either minimum or maximum storage value is required, but neither was provided',
  ]);
});

test('the bounds of a limit range do not contradict each other', () => {
  const AT = 'spec.limits[0]';
  expect(limits({ type: 'Container', max: { cpu: '1' }, min: { cpu: '2' }, default: { cpu: '3' }, defaultRequest: { cpu: '4' } })).toEqual([
    `${AT}.min[cpu]: Invalid value: "2": min value 2 is greater than max value 1`,
    `${AT}.defaultRequest[cpu]: Invalid value: "4": default request value 4 is greater than max value 1`,
    `${AT}.defaultRequest[cpu]: Invalid value: "4": default request value 4 is greater than default limit value 3`,
    `${AT}.default[cpu]: Invalid value: "1": default value 3 is greater than max value 1`,
  ]);
  expect(limits({ type: 'Pod', max: { cpu: '3' }, min: { cpu: '2' }, maxLimitRequestRatio: { cpu: '2', memory: '500m' } })).toEqual([
    `${AT}.maxLimitRequestRatio[cpu]: Invalid value: "2": ratio 2 is greater than max/min = 1.500000`,
    `${AT}.maxLimitRequestRatio[memory]: Invalid value: "500m": ratio 500m is less than 1`,
  ]);
  expect(limits({ type: 'Container', default: { 'example.com/gpu': '2' }, defaultRequest: { 'example.com/gpu': '1' } })).toEqual([
    `${AT}.defaultRequest[example.com/gpu]: Invalid value: "1": default value 2 must equal to defaultRequest value 1 in example.com/gpu`,
  ]);
});
