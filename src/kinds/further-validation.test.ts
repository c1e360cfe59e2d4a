import { expect, test } from 'vitest';
import {
  CronJob, Event, HorizontalPodAutoscaler, Ingress, Job, NetworkPolicy, PersistentVolume, PersistentVolumeClaim, PodDisruptionBudget, PriorityClass, StorageClass,
} from './index.ts';
import { errorsOf } from './testing/errors-of.ts';

const template = { metadata: { labels: { app: 'a' } }, spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'a:1' }] } };
const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
const volume = { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/data' } };

test('a job finds its own pods, and ends', () => {
  expect(errorsOf(Job, { spec: { template } })).toEqual([]);
  const always = { ...template, spec: { ...template.spec, restartPolicy: 'Always' } };
  expect(errorsOf(Job, { spec: { template: always } })).toEqual(['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"']);
  expect(errorsOf(Job, { spec: { template, completionMode: 'Indexed', parallelism: 2 } })).toEqual(['spec.completions: Required value: when completion mode is Indexed']);
  expect(errorsOf(Job, { spec: { template, backoffLimit: -1 } })).toEqual(['spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0']);
});

test('a running job\'s template stays, a suspended one\'s may be sent elsewhere', () => {
  const job = (more: object, spec: object = {}) => ({
    spec: { manualSelector: true, selector: { matchLabels: { app: 'a' } }, template: { ...template, spec: { ...template.spec, ...spec } }, ...more },
  });
  expect(errorsOf(Job, job({}, { nodeSelector: { a: 'b' } }), job({}))[0]).toMatch(/^spec\.template: Invalid value: .*: field is immutable$/);
  expect(errorsOf(Job, job({ suspend: true }, { nodeSelector: { a: 'b' } }), job({ suspend: true }))).toEqual([]);
  expect(errorsOf(Job, job({ completions: 3 }), job({ completions: 2 }))).toEqual(['spec.completions: Invalid value: 3: field is immutable']);
});

test('a cron job has a schedule, and a zone apart from it', () => {
  const spec = { schedule: '* * * * *', jobTemplate: { spec: { template } } };
  expect(errorsOf(CronJob, { spec })).toEqual([]);
  expect(errorsOf(CronJob, { spec: { ...spec, schedule: 'TZ=UTC * * * * *' } })).toEqual(['spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead']);
  expect(errorsOf(CronJob, { spec: { ...spec, schedule: '' } })).toEqual(['spec.schedule: Required value']);
});

test('claims and volumes say how much, and how they are used', () => {
  expect(errorsOf(PersistentVolumeClaim, { spec: claim })).toEqual([]);
  expect(errorsOf(PersistentVolumeClaim, { spec: {} })).toEqual(['spec.accessModes: Required value: at least 1 access mode is required', 'spec.resources[storage]: Required value']);
  expect(errorsOf(PersistentVolumeClaim, { spec: { ...claim, accessModes: ['Sometimes'] } })).toEqual([
    'spec.accessModes: Unsupported value: "Sometimes": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
  ]);
  expect(errorsOf(PersistentVolume, { spec: volume })).toEqual([]);
  expect(errorsOf(PersistentVolume, { spec: { ...volume, nfs: { server: 'a', path: '/' } } })).toEqual(['spec.nfs: Forbidden: may not specify more than 1 volume type']);
});

test('a claim binds once, grows while bound, and changes in nothing else', () => {
  expect(errorsOf(PersistentVolumeClaim, { spec: { ...claim, volumeName: 'v' } }, { spec: claim })).toEqual([]);
  const grown = { ...claim, resources: { requests: { storage: '2Gi' } } };
  expect(errorsOf(PersistentVolumeClaim, { spec: grown, status: { phase: 'Bound' } }, { spec: claim, status: { phase: 'Bound' } })).toEqual([]);
  // A class is given once, to a claim that has none.
  const classed = { ...claim, storageClassName: 'fast' };
  expect(errorsOf(PersistentVolumeClaim, { spec: classed }, { spec: claim })).toEqual([]);
  expect(errorsOf(PersistentVolumeClaim, { spec: { ...claim, storageClassName: 'slow' } }, { spec: classed })[0]).toMatch(/^spec: Forbidden: spec is immutable after creation except/);
});

test('an ingress routes to ports of services', () => {
  const path = (more: object) => ({ spec: { rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } }, ...more }] } }] } });
  expect(errorsOf(Ingress, path({}))).toEqual([]);
  expect(errorsOf(Ingress, { spec: {} })[0]).toMatch(/either `defaultBackend` or `rules` must be specified$/);
  expect(errorsOf(Ingress, path({ path: 'x' }))).toEqual(['spec.rules[0].http.paths[0].path: Invalid value: "x": must be an absolute path']);
  expect(errorsOf(Ingress, path({ backend: {} }))).toEqual(['spec.rules[0].http.paths[0].backend: Invalid value: "": resource or service backend is required']);
});

test('network policies name peers and ports', () => {
  const ingress = (rule: object) => errorsOf(NetworkPolicy, { spec: { podSelector: {}, ingress: [rule] } });
  expect(ingress({ from: [{ podSelector: {} }], ports: [{ port: 80 }] })).toEqual([]);
  expect(ingress({ from: [{}] })).toEqual(['spec.ingress[0].from[0]: Required value: must specify a peer']);
  expect(ingress({ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/16'] } }] })).toEqual(['spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`']);
  expect(ingress({ ports: [{ port: 80, endPort: 79 }] })).toEqual(['spec.ingress[0].ports[0].endPort: Invalid value: 79: must be greater than or equal to `port`']);
});

test('classes and budgets', () => {
  expect(errorsOf(PriorityClass, { value: 2_000_000_000 })).toEqual(['value: Forbidden: maximum allowed value of a user defined priority is 1000000000']);
  expect(errorsOf(PriorityClass, { value: 2 }, { value: 1 })).toEqual(['value: Forbidden: may not be changed in an update.']);
  expect(errorsOf(StorageClass, {})).toEqual(['provisioner: Required value']);
  expect(errorsOf(StorageClass, { provisioner: 'b' }, { provisioner: 'a' })).toEqual(['provisioner: Forbidden: updates to provisioner are forbidden.']);
  expect(errorsOf(PodDisruptionBudget, { spec: { minAvailable: 1, maxUnavailable: 0 } })[0]).toMatch(/: minAvailable and maxUnavailable cannot be both set$/);
  expect(errorsOf(HorizontalPodAutoscaler, { spec: { scaleTargetRef: { kind: 'Deployment', name: 'a' }, minReplicas: 3, maxReplicas: 2 } })).toEqual(['spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`']);
});

test('an event lies in the namespace of what it is about; the newer sort says who reports it', () => {
  expect(errorsOf(Event, { involvedObject: { namespace: 'default' } })).toEqual([]);
  expect(errorsOf(Event, { involvedObject: { namespace: 'other' } })).toEqual(['involvedObject.namespace: Invalid value: "other": does not match event.namespace']);
  expect(errorsOf(Event, { involvedObject: { namespace: 'default' }, eventTime: '2026-01-01T00:00:00.000000Z' })).toEqual([
    'reportingComponent: Required value',
    'reportingComponent: Invalid value: "": name part must be non-empty',
    expect.stringContaining('reportingComponent: Invalid value: "": name part must consist of'),
    'reportingInstance: Required value', 'action: Required value', 'reason: Required value',
  ]);
});
