import { expect, test } from 'vitest';
import { FieldPath } from '../../meta/field-error.ts';
import { accepted, errorsOf } from '../testing/errors-of.ts';
import { Pod } from './pod.ts';
import { resizeErrors } from './pod-resize.ts';
import { bindingErrors, ephemeralContainersErrors, podStatusUpdateErrors } from './pod-update.ts';

const image = 'web:1';
const pod = (spec: object = {}, container: object = {}) => ({ spec: { containers: [{ name: 'a', image, ...container }], ...spec } });
const FORBIDDEN = 'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n';
const texts = (errors: Iterable<{ field: string; message: string }>) => [...errors].map(({ field, message }) => `${field}: ${message}`);

test('images, a shorter deadline and more tolerations may change', () => {
  const more = { activeDeadlineSeconds: 10, tolerations: [{ key: 'a', operator: 'Exists' }] };
  expect(errorsOf(Pod, pod(more, { image: 'web:2', imagePullPolicy: 'IfNotPresent' }), pod())).toEqual([]);
});

test('nothing else may', () => {
  const [error, ...rest] = errorsOf(Pod, pod({}, { command: ['sh'] }), pod());
  expect(error!.startsWith(`spec: Forbidden: ${FORBIDDEN}`)).toBe(true);
  expect(rest).toEqual([]);
  expect(errorsOf(Pod, { spec: { containers: [{ name: 'a', image }, { name: 'b', image }] } }, pod())).toEqual(['spec.containers: Forbidden: pod updates may not add or remove containers']);
});

test('a deadline cannot be put off or taken away', () => {
  expect(errorsOf(Pod, pod({ activeDeadlineSeconds: 20 }), pod({ activeDeadlineSeconds: 10 }))).toEqual(['spec.activeDeadlineSeconds: Invalid value: 20: must be less than or equal to previous value']);
  expect(errorsOf(Pod, pod(), pod({ activeDeadlineSeconds: 10 }))).toEqual(['spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value']);
});

test('tolerations only gain, gates only go', () => {
  const tolerations = [{ key: 'a', operator: 'Exists' }];
  expect(errorsOf(Pod, pod(), pod({ tolerations }))).toEqual(['spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds']);
  expect(errorsOf(Pod, pod(), pod({ schedulingGates: [{ name: 'g' }] }))).toEqual([]);
  expect(errorsOf(Pod, pod({ schedulingGates: [{ name: 'g' }] }), pod())).toEqual(["spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'g'"]);
});

test('while gated, a pod may be narrowed to fewer nodes, not moved', () => {
  const gated = (spec: object) => pod({ schedulingGates: [{ name: 'g' }], ...spec });
  expect(errorsOf(Pod, gated({ nodeSelector: { a: '1', b: '2' } }), gated({ nodeSelector: { a: '1' } }))).toEqual([]);
  expect(errorsOf(Pod, gated({ nodeSelector: { a: '2' } }), gated({ nodeSelector: { a: '1' } }))).toEqual(['spec.nodeSelector[a]: Invalid value: "2": only additions are allowed for a gated pod']);
  expect(errorsOf(Pod, pod({ nodeSelector: { b: '2' } }), pod())[0]).toMatch(/^spec: Forbidden: pod updates may not change/);
});

test('ephemeral containers join, and stay as they are', () => {
  const at = FieldPath.of();
  const with1 = accepted(Pod, pod({ ephemeralContainers: [{ name: 'd', image }] }));
  expect(texts(ephemeralContainersErrors(with1, accepted(Pod, pod()), at))).toEqual([]);
  expect(texts(ephemeralContainersErrors(accepted(Pod, pod()), with1, at))).toEqual(['spec.ephemeralContainers: Forbidden: existing ephemeral containers "d" may not be removed\n']);
});

const at = FieldPath.of();
const sized = (requests: object, container: object = {}, spec: object = {}) => accepted(Pod, pod(spec, { resources: { requests }, ...container }));
const init = (cpu: string, more: object = {}) => ({ initContainers: [{ name: 'i', image, resources: { requests: { cpu } }, ...more }] });
test.each<[why: string, next: Pod, old: Pod, errors: readonly string[]]>([
  ['CPU and memory', sized({ cpu: '2', memory: '1Gi' }), sized({ cpu: '1' }), []],
  ['another field', sized({ cpu: '1' }, { command: ['x'] }), sized({ cpu: '1' }), ['spec: Forbidden: only cpu and memory resources are mutable']],
  ['another resource', sized({ cpu: '1', 'ephemeral-storage': '2Gi' }), sized({ cpu: '1', 'ephemeral-storage': '1Gi' }), ['spec: Forbidden: only cpu and memory resources are mutable']],
  ['a request less', sized({ cpu: '1' }), sized({ cpu: '1', memory: '1Gi' }), ['spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed']],
  ['another class', sized({ cpu: '1' }), sized({}), ['spec: Invalid value: "BestEffort": Pod QOS Class may not change as a result of resizing']],
  ['another name', sized({ cpu: '1' }, { name: 'z' }), sized({ cpu: '1' }), ['spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize']],
  ['an init container', sized({}, {}, init('2')), sized({}, {}, init('1')), []],
  ['one more', sized({ cpu: '1' }, {}, init('1')), sized({ cpu: '1' }), ['spec.initContainers: Forbidden: initContainers may not be added or removed on resize']],
  ['the pod as a whole', sized({}, {}, { resources: { requests: { cpu: '2' } } }), sized({}, {}, { resources: { requests: { cpu: '1' } } }), []],
  ['no longer the pod as a whole', sized({ cpu: '1' }), sized({ cpu: '1' }, {}, { resources: { requests: { cpu: '1' } } }), ['spec.resources: Forbidden: pod-level resources cannot be removed']],
  ['windows', sized({ cpu: '2' }), sized({ cpu: '1' }, {}, { os: { name: 'windows' } }), [': Forbidden: windows pods cannot be resized']],
])('resizing %s', (_, next, old, errors) => {
  expect(texts(resizeErrors(next, old, at))).toEqual(errors);
});

test('a container that ended for good does not come back', () => {
  const status = (state: object) => ({ ...accepted(Pod, { ...pod({ restartPolicy: 'Never' }), status: { containerStatuses: [{ name: 'a', state }] } }) });
  expect(texts(podStatusUpdateErrors(status({ running: {} }), status({ terminated: { exitCode: 0 } }), FieldPath.of()))).toEqual([
    'status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state',
  ]);
});

test('a container comes back where its own policy or rules have it', () => {
  const status = (restartPolicy: string, container: object, state: object) =>
    ({ ...accepted(Pod, pod({ restartPolicy, containers: [{ name: 'a', image: 'i', ...container }] })), status: { containerStatuses: [{ name: 'a', state }] } }) as unknown as Pod;
  const change = (restartPolicy: string, container: object, exitCode: number) =>
    texts(podStatusUpdateErrors(status(restartPolicy, container, { waiting: {} }), status(restartPolicy, container, { terminated: { exitCode } }), FieldPath.of())).length;
  const rules = (action: string) => ({ restartPolicy: 'Never', restartPolicyRules: [{ action, exitCodes: { operator: 'In', values: [42] } }] });
  expect([change('OnFailure', {}, 1), change('OnFailure', {}, 0), change('Never', { restartPolicy: 'OnFailure' }, 1)]).toEqual([0, 1, 0]);
  expect([change('Never', rules('Restart'), 42), change('Never', rules('Restart'), 1)]).toEqual([0, 1]);
  expect(change('Never', rules('RestartAllContainers'), 1)).toBe(0);
});

test('a binding names a node', () => {
  expect(texts(bindingErrors({ target: { kind: 'Pod' } }, FieldPath.of()))).toEqual(['target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>"', 'target.name: Required value']);
});

test('a status keeps its class and the pod its owners', () => {
  const old = { ...accepted(Pod, pod()), status: { qosClass: 'BestEffort' } } as Pod;
  const next: Pod = { ...old, metadata: { ...old.metadata, ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'c', uid: 'u' }] }, status: { phase: 'Running' } };
  const { metadata, status } = Pod.prepareForStatusUpdate!(next, old, '');
  expect([metadata, status]).toEqual([old.metadata, { phase: 'Running', qosClass: 'BestEffort' }]);
  expect(texts(podStatusUpdateErrors({ ...next, status: { qosClass: 'Burstable' } }, old, at))).toEqual(['status.qosClass: Invalid value: "Burstable": field is immutable']);
});
