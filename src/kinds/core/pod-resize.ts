/** What the resize subresource may do: change CPU and memory of containers that run, the QoS class staying. */
import { deepEqual } from '../../base/deep-equal.ts';
import { type FieldPath, forbidden, invalid } from '../../meta/field-error.ts';
import { parseQuantity } from '../../meta/quantity.ts';
import { type Errors } from '../checks.ts';
import type { Container } from './container.ts';
import { qosClassOf } from './pod-qos.ts';
import type { PodSpec } from './pod-spec.ts';
import type { PodStatus } from './pod-status.ts';
import type { ResourceRequirements } from './resources.ts';

interface PodLike {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: PodSpec;
  readonly status: PodStatus;
}

export function* resizeErrors({ spec }: PodLike, old: PodLike, at: FieldPath): Errors {
  if (old.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return void (yield forbidden(at, 'static pods cannot be resized'));
  if (old.spec.os?.name === 'windows') return void (yield forbidden(at, 'windows pods cannot be resized'));
  const here = at.child('spec');
  const qosClass = old.status.qosClass ?? qosClassOf(old.spec);
  if (qosClassOf(spec) !== qosClass) yield invalid(here, qosClass, 'Pod QOS Class may not change as a result of resizing');
  yield* podLevelErrors(spec.resources, old.spec.resources, here);
  const misplaced = [...placeErrors(spec, old.spec, here)];
  if (misplaced.length > 0) return void (yield* misplaced);
  for (const [list, index] of places(old.spec)) {
    yield* removedErrors(spec[list]![index]!.resources, old.spec[list]![index]!.resources, here.child(list).index(index).child('resources'), 'resource');
  }
  for (const [index, container] of spec.containers.entries()) {
    if (!isOnlyResized(container, old.spec.containers[index]!)) yield forbidden(here, 'only cpu and memory resources are mutable');
  }
  yield* initErrors(spec.initContainers ?? [], old.spec.initContainers ?? [], here.child('initContainers'));
}

function* podLevelErrors(next: ResourceRequirements | undefined, old: ResourceRequirements | undefined, at: FieldPath): Errors {
  const here = at.child('resources');
  if (!next) {
    if (old) yield forbidden(here, 'pod-level resources cannot be removed');
    return;
  }
  yield* removedErrors(next, old ?? {}, here, 'pod-level resource');
  if (!isSameBut(next, old ?? {})) yield forbidden(at, 'only cpu and memory resources are mutable at pod-level');
}

const LISTS = ['initContainers', 'containers'] as const;
const places = (spec: PodSpec) => LISTS.flatMap((list) => (spec[list] ?? []).map((_, index) => [list, index] as const));

function* placeErrors(spec: PodSpec, old: PodSpec, at: FieldPath): Errors {
  for (const list of ['containers', 'initContainers'] as const) {
    const [next, before] = [spec[list] ?? [], old[list] ?? []];
    if (next.length !== before.length) yield forbidden(at.child(list), `${list} may not be added or removed on resize`);
    else for (const [index, { name }] of before.entries()) if (next[index]!.name !== name) yield forbidden(at.child(list).index(index).child('name'), `${list} may not be renamed or reordered on resize`);
  }
}

function* removedErrors(next: ResourceRequirements, old: ResourceRequirements, at: FieldPath, what: string): Errors {
  for (const list of ['requests', 'limits'] as const) {
    if (Object.keys(old[list] ?? {}).some((name) => next[list]?.[name] === undefined)) yield forbidden(at.child(list), `${what} ${list} cannot be removed`);
  }
}

function* initErrors(next: readonly Container[], old: readonly Container[], at: FieldPath): Errors {
  for (const [index, container] of next.entries()) {
    const before = old[index]!;
    const here = at.index(index);
    if (!isOnlyResized(container, before)) yield forbidden(here, 'only cpu and memory resources for init or sidecar containers are mutable');
    if (container.restartPolicy !== 'Always' && !deepEqual(container, before) && container.resizePolicy?.some(({ restartPolicy }) => restartPolicy === 'RestartContainer')) {
      yield forbidden(here, 'non-sidecar init containers with a resize policy of RestartContainer cannot be resized');
    }
  }
}

const isOnlyResized = ({ resources, ...rest }: Container, { resources: was, ...before }: Container): boolean => deepEqual(rest, before) && isSameBut(resources, was);

/** Whether two say the same of all but CPU and memory. */
const isSameBut = (next: ResourceRequirements, old: ResourceRequirements): boolean =>
  deepEqual(next.claims ?? [], old.claims ?? []) && deepEqual(others(next.requests), others(old.requests)) && deepEqual(others(next.limits), others(old.limits));

const others = ({ cpu: _cpu, memory: _memory, ...rest }: Readonly<Record<string, string>> = {}) =>
  Object.fromEntries(Object.entries(rest).map(([name, amount]) => [name, parseQuantity(amount).nanos]));
