import { expect, test } from 'vitest';
import { CronJob, Deployment, Job, LimitRange, Namespace, NetworkPolicy, Node, PersistentVolumeClaim, ReplicationController, RoleBinding, Secret, Service } from './index.ts';
import type { KubeObject } from '../meta/object.ts';
import type { Kind } from '../schema/kind.ts';

/** What a kind's own defaults make of an object whose schema defaults are in place. */
function defaulted<T extends KubeObject>(kind: Kind<T>, object: object): T {
  return kind.defaults!({ metadata: { name: 'x' }, ...object } as unknown as T);
}
const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'a', image: 'web' }] } };

test('stringData overwrites data and is gone', () => {
  const secret = defaulted(Secret, { data: { a: 'eA==', b: 'eQ==' }, stringData: { b: 'grün' } });
  expect(secret.data).toEqual({ a: 'eA==', b: 'Z3LDvG4=' });
  expect(secret).not.toHaveProperty('stringData');
});

test('a service targets its own port, and opens to the outside by its type', () => {
  const ports = [{ port: 80, protocol: 'TCP' }];
  const inner = defaulted(Service, { spec: { type: 'ClusterIP', sessionAffinity: 'None', ports }, status: { loadBalancer: {} } });
  expect(inner.spec).toMatchObject({ internalTrafficPolicy: 'Cluster', ports: [{ port: 80, targetPort: 80 }] });
  expect(inner.spec).not.toHaveProperty('externalTrafficPolicy');
  const outer = defaulted(Service, { spec: { type: 'LoadBalancer', sessionAffinity: 'ClientIP' }, status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } } });
  expect(outer.spec).toMatchObject({
    externalTrafficPolicy: 'Cluster', allocateLoadBalancerNodePorts: true, sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } },
  });
  expect(outer.status.loadBalancer.ingress).toEqual([{ ip: '1.2.3.4', ipMode: 'VIP' }]);
  const alias = defaulted(Service, { spec: { type: 'ExternalName', sessionAffinity: 'None' }, status: { loadBalancer: {} } });
  expect(alias.spec).not.toHaveProperty('internalTrafficPolicy');
});

test('a deployment rolls by quarters unless it recreates', () => {
  const of = (strategy: object) => defaulted(Deployment, { spec: { strategy, template } }).spec.strategy;
  expect(of({ type: 'RollingUpdate' })).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } });
  expect(of({ type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } })).toMatchObject({ rollingUpdate: { maxUnavailable: '25%', maxSurge: 1 } });
  expect(of({ type: 'Recreate' })).toEqual({ type: 'Recreate' });
});

test('a job runs once unless it says how often, and bears its template\'s labels', () => {
  const job = defaulted(Job, { spec: { template } });
  expect(job.spec).toMatchObject({ completions: 1, parallelism: 1, backoffLimit: 6, podReplacementPolicy: 'TerminatingOrFailed' });
  expect(job.metadata.labels).toEqual({ app: 'web' });
  expect(defaulted(Job, { spec: { template, parallelism: 3 } }).spec).not.toHaveProperty('completions');
  expect(defaulted(CronJob, { spec: { jobTemplate: { spec: { template, backoffLimitPerIndex: 1 } } } }).spec.jobTemplate.spec.backoffLimit).toBe(2 ** 31 - 1);
});

test('a namespace bears its name as a label and starts with the finalizer kubernetes', () => {
  const namespace = defaulted(Namespace, { spec: {}, status: {} });
  expect(namespace.metadata.labels).toEqual({ 'kubernetes.io/metadata.name': 'x' });
  expect(Namespace.prepareForCreate!(namespace).spec.finalizers).toEqual(['kubernetes']);
});

test('what is left out of a replication controller comes from its template', () => {
  const { metadata, spec } = defaulted(ReplicationController, { spec: { replicas: 1, template } });
  expect([metadata.labels, spec.selector]).toEqual([{ app: 'web' }, { app: 'web' }]);
});

test('twin fields agree', () => {
  expect(defaulted(Node, { spec: { podCIDR: '10.0.0.0/24' }, status: { capacity: { cpu: '1' } } })).toMatchObject({
    spec: { podCIDRs: ['10.0.0.0/24'] }, status: { allocatable: { cpu: '1' } },
  });
  const made = (spec: object) => PersistentVolumeClaim.prepareForCreate!({ metadata: { name: 'x' }, spec } as unknown as PersistentVolumeClaim).spec;
  expect(made({ dataSource: { kind: 'PersistentVolumeClaim', name: 'a' } }).dataSourceRef).toEqual({ kind: 'PersistentVolumeClaim', name: 'a' });
  expect(made({ dataSource: { kind: 'Other', name: 'a' } })).not.toHaveProperty('dataSource');
  expect(made({ dataSourceRef: { kind: 'Other', apiGroup: 'example.com', name: 'a', namespace: 'b' } })).toMatchObject({
    dataSource: { kind: 'Other', apiGroup: 'example.com', name: 'a' }, dataSourceRef: { kind: 'Other', apiGroup: 'example.com', name: 'a' },
  });
});

test('policies, subjects and limits fill in what follows from the rest', () => {
  expect(defaulted(NetworkPolicy, { spec: { podSelector: {}, egress: [{}] } }).spec.policyTypes).toEqual(['Ingress', 'Egress']);
  expect(defaulted(RoleBinding, { subjects: [{ kind: 'User', name: 'a' }, { kind: 'ServiceAccount', name: 'b', namespace: 'c' }] }).subjects).toEqual([
    { kind: 'User', name: 'a', apiGroup: 'rbac.authorization.k8s.io' }, { kind: 'ServiceAccount', name: 'b', namespace: 'c' },
  ]);
  const limits = [{ type: 'Container', max: { cpu: '2' }, min: { memory: '1Mi' } }];
  expect(defaulted(LimitRange, { spec: { limits } }).spec.limits![0]).toMatchObject({ default: { cpu: '2' }, defaultRequest: { cpu: '2', memory: '1Mi' } });
});
