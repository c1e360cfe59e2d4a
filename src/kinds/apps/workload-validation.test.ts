import { expect, test } from 'vitest';
import { DaemonSet, Deployment, ReplicaSet, ReplicationController, StatefulSet } from '../index.ts';
import { errorsOf } from '../testing/errors-of.ts';

const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'a', image: 'web:1' }] } };
const selector = { matchLabels: { app: 'web' } };
const of = (spec: object = {}) => ({ spec: { selector, template, ...spec } });

test.each([Deployment, ReplicaSet, StatefulSet, DaemonSet])('$kind: a selector and its template are enough', (kind) => {
  expect(errorsOf(kind as typeof Deployment, of())).toEqual([]);
});

test('a selector must be there, say something, and select the template', () => {
  expect(errorsOf(Deployment, { spec: { template } })).toEqual([
    'spec.selector: Required value', 'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
  ]);
  expect(errorsOf(Deployment, of({ selector: {} }))).toEqual(['spec.selector: Invalid value: {}: empty selector is invalid for deployment']);
  expect(errorsOf(ReplicaSet, of({ selector: { matchLabels: { app: 'db' } } }))).toEqual(['spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`']);
  expect(errorsOf(Deployment, of({ selector: { matchExpressions: [{ key: 'app', operator: 'Like' }] } }))).toEqual([
    'spec.selector.matchExpressions[0].operator: Invalid value: "Like": not a valid selector operator',
    'spec.selector: Invalid value: {"matchExpressions":[{"key":"app","operator":"Like"}]}: invalid label selector',
  ]);
});

test('the template is checked as a pod is, with its path before', () => {
  expect(errorsOf(Deployment, of({ template: { ...template, spec: { containers: [{ name: 'a' }] } } }))).toEqual(['spec.template.spec.containers[0].image: Required value']);
  expect(errorsOf(Deployment, of({ template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } }))).toEqual(['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"']);
  expect(errorsOf(DaemonSet, of({ template: { ...template, spec: { ...template.spec, activeDeadlineSeconds: 3 } } }))).toEqual(['spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in DaemonSet is not Supported']);
});

test('containers of a stateful set may mount what is claimed for each pod', () => {
  const mounting = (name: string) => ({ ...template, spec: { ...template.spec, containers: [{ name: 'a', image: 'web:1', volumeMounts: [{ name, mountPath: '/data' }] }] } });
  const volumeClaimTemplates = [{ metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }];
  expect(errorsOf(StatefulSet, of({ template: mounting('data'), volumeClaimTemplates }))).toEqual([]);
  expect(errorsOf(StatefulSet, of({ template: mounting('other'), volumeClaimTemplates }))).toEqual(['spec.template.spec.containers[0].volumeMounts[0].name: Not found: "other"']);
});

test('a deployment makes room, and in time', () => {
  const rolling = (rollingUpdate: object) => errorsOf(Deployment, of({ strategy: { type: 'RollingUpdate', rollingUpdate } }));
  expect(rolling({ maxUnavailable: 0, maxSurge: '0%' })).toEqual(['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0']);
  expect(rolling({ maxUnavailable: '101%' })).toEqual(['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "101%": must not be greater than 100%']);
  expect(errorsOf(Deployment, of({ strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } }))).toEqual(["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"]);
  expect(errorsOf(Deployment, of({ progressDeadlineSeconds: 5, minReadySeconds: 5 }))).toEqual(['spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds']);
  expect(errorsOf(Deployment, of({ replicas: -1 }))).toEqual(['spec.replicas: Invalid value: -1: must be greater than or equal to 0']);
});

test('a selector once set stays', () => {
  const labels = { app: 'web', tier: 'front' };
  const next = of({ selector: { matchLabels: labels }, template: { ...template, metadata: { labels } } });
  expect(errorsOf(Deployment, next, of())).toEqual(['spec.selector: Invalid value: {"matchLabels":{"app":"web","tier":"front"}}: field is immutable']);
  expect(errorsOf(StatefulSet, { ...of({ serviceName: 'b' }) }, of({ serviceName: 'a' }))).toEqual([
    "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
  ]);
});

test('a daemon set surges or lets go, one of the two', () => {
  const rolling = (rollingUpdate: object) => errorsOf(DaemonSet, of({ updateStrategy: { type: 'RollingUpdate', rollingUpdate } }));
  expect(rolling({ maxSurge: 1 })).toEqual(['spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero']);
  expect(rolling({ maxUnavailable: 0 })).toEqual(['spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0']);
});

test('a replication controller takes its selector from its template', () => {
  expect(errorsOf(ReplicationController, { spec: { template } })).toEqual([]);
  expect(errorsOf(ReplicationController, { spec: {} })).toEqual(expect.arrayContaining(['spec.selector: Required value', 'spec.template: Required value']));
});
