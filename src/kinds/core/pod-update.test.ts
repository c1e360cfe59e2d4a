import { expect, test } from 'vitest';
import { FieldPath } from '../../meta/field-error.ts';
import { accepted, errorsOf } from '../testing/errors-of.ts';
import { Pod } from './pod.ts';
import { bindingErrors, ephemeralContainersErrors, podStatusUpdateErrors, resizeErrors } from './pod-update.ts';

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

test('a resize changes CPU and memory alone', () => {
  const at = FieldPath.of();
  const sized = (requests: object, container: object = {}) => accepted(Pod, pod({}, { resources: { requests }, ...container }));
  expect(texts(resizeErrors(sized({ cpu: '2' }), sized({ cpu: '1' }), at))).toEqual([]);
  expect(texts(resizeErrors(sized({ cpu: '1' }, { command: ['x'] }), sized({ cpu: '1' }), at))[0]).toMatch(/^spec: Forbidden: only cpu and memory resources are mutable\n/);
});

test('a container that ended for good does not come back', () => {
  const status = (state: object) => ({ ...accepted(Pod, { ...pod({ restartPolicy: 'Never' }), status: { containerStatuses: [{ name: 'a', state }] } }) });
  expect(texts(podStatusUpdateErrors(status({ running: {} }), status({ terminated: { exitCode: 0 } }), FieldPath.of()))).toEqual([
    'status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state',
  ]);
});

test('a binding names a node', () => {
  expect(texts(bindingErrors({ target: { kind: 'Pod' } }, FieldPath.of()))).toEqual(['target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>"', 'target.name: Required value']);
});
