/** What of a pod may change, by which door. */
import { deepEqual } from '../../base/deep-equal.ts';
import { type FieldPath, forbidden, invalid, notFoundValue, notSupported, required } from '../../meta/field-error.ts';
import { dnsSubdomainProblems, qualifiedNameProblems } from '../../meta/names.ts';
import { ipProblems, isIpv6 } from '../../meta/ip.ts';
import { type Errors, FIELD_IMMUTABLE, inRange, MAX_INT32, problemsAt } from '../checks.ts';
import { tolerationErrors } from './affinity-validation.ts';
import { mayRestartAll, restartsAfter } from './container-restart.ts';
import type { Container } from './container.ts';
import { gatedAffinityErrors } from './gated-pod-update.ts';
import { qosClassOf } from './pod-qos.ts';
import type { PodSpec } from './pod-spec.ts';
import type { ContainerStatus, PodStatus } from './pod-status.ts';

interface PodLike {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: PodSpec;
  readonly status: PodStatus;
}

const UPDATABLE = [
  '`spec.containers[*].image`', '`spec.initContainers[*].image`', '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
];

const MIRROR = 'kubernetes.io/config.mirror';

export function* podUpdateErrors(pod: PodLike, old: PodLike, at: FieldPath): Errors {
  yield* mirrorErrors(pod, old, at.child('metadata').child('annotations'));
  const here = at.child('spec');
  for (const list of ['containers', 'initContainers'] as const) {
    if ((pod.spec[list] ?? []).length !== (old.spec[list] ?? []).length) {
      return void (yield forbidden(here.child(list), 'pod updates may not add or remove containers'));
    }
  }
  yield* deadlineErrors(pod.spec.activeDeadlineSeconds, old.spec.activeDeadlineSeconds, here.child('activeDeadlineSeconds'));
  yield* addedTolerationErrors(pod.spec, old.spec, here.child('tolerations'));
  yield* removedGateErrors(pod.spec, old.spec, here.child('schedulingGates'));
  if (deepEqual(pod.spec, old.spec)) return;
  if (qosClassOf(pod.spec) !== (old.status.qosClass ?? qosClassOf(old.spec))) yield invalid(at.child('metadata'), pod.status.qosClass ?? '', 'Pod QoS is immutable');
  const isGated = (old.spec.schedulingGates ?? []).length > 0;
  if (isGated) yield* gatedAffinityErrors(pod.spec, old.spec, here);
  const rest = withoutUpdatable(pod.spec, old.spec, isGated);
  if (!deepEqual(rest, old.spec)) {
    yield forbidden(here, `pod updates may not change fields other than ${UPDATABLE.join(',')}\n${difference(old.spec, rest)}`);
  }
}

/** The new spec with all that may change as it was: what still differs is forbidden. */
function withoutUpdatable(spec: PodSpec, old: PodSpec, isGated: boolean): PodSpec {
  const imagesAsBefore = (list: readonly Container[] | undefined, before: readonly Container[] | undefined) =>
    list?.map((container, index) => ({ ...container, image: before?.[index]?.image }));
  const grace = old.terminationGracePeriodSeconds < 0 && spec.terminationGracePeriodSeconds === 1;
  const affinity = { ...spec.affinity, nodeAffinity: old.affinity?.nodeAffinity };
  const asBefore = {
    containers: imagesAsBefore(spec.containers, old.containers),
    initContainers: imagesAsBefore(spec.initContainers, old.initContainers),
    activeDeadlineSeconds: old.activeDeadlineSeconds,
    schedulingGates: old.schedulingGates,
    tolerations: old.tolerations,
    ...(grace && { terminationGracePeriodSeconds: old.terminationGracePeriodSeconds }),
    ...(isGated && { nodeSelector: old.nodeSelector, affinity: isEmptyObject(affinity) && !old.affinity ? undefined : affinity }),
  };
  return { ...spec, ...asBefore } as PodSpec;
}

const isEmptyObject = (object: object): boolean => Object.values(object).every((value) => value === undefined);

/** The fields that differ, one to a line, as they were and as they would be. */
function difference(before: object, after: object): string {
  const [old, next] = [new Map<string, unknown>(Object.entries(before)), new Map<string, unknown>(Object.entries(after))];
  const fields = [...new Set([...old.keys(), ...next.keys()])].filter((field) => !deepEqual(old.get(field), next.get(field)));
  return fields.flatMap((field) => [`- ${field}: ${JSON.stringify(old.get(field))}`, `+ ${field}: ${JSON.stringify(next.get(field))}`]).join('\n') + '\n';
}

function* mirrorErrors({ metadata: { annotations = {} } }: PodLike, { metadata: { annotations: old = {} } }: PodLike, at: FieldPath): Errors {
  if (annotations[MIRROR] === old[MIRROR]) return;
  yield forbidden(at.key(MIRROR), old[MIRROR] === undefined ? 'may not add mirror pod annotation' : 'may not remove or update mirror pod annotation');
}

function* deadlineErrors(next: number | undefined, old: number | undefined, at: FieldPath): Errors {
  if (next === undefined) {
    if (old !== undefined) yield invalid(at, undefined, 'must not update from a positive integer to nil value');
  } else if (next < 0 || next > MAX_INT32) yield invalid(at, next, inRange(0, MAX_INT32));
  else if (old !== undefined && old < next) yield invalid(at, next, 'must be less than or equal to previous value');
}

function* addedTolerationErrors({ tolerations = [] }: PodSpec, { tolerations: old = [] }: PodSpec, at: FieldPath): Errors {
  const kept = old.every((one) => tolerations.some((other) => deepEqual({ ...one, tolerationSeconds: other.tolerationSeconds }, other)));
  if (!kept) return void (yield forbidden(at, 'existing toleration can not be modified except its tolerationSeconds'));
  yield* tolerationErrors(tolerations, at);
}

function* removedGateErrors({ schedulingGates = [] }: PodSpec, { schedulingGates: old = [] }: PodSpec, at: FieldPath): Errors {
  for (const [index, { name }] of schedulingGates.entries()) {
    if (!old.some((gate) => gate.name === name)) yield forbidden(at.index(index).child('name'), `only deletion is allowed, but found new scheduling gate '${name}'`);
  }
}

/** What the ephemeralcontainers subresource may do: add, and nothing else. */
export function* ephemeralContainersErrors(pod: PodLike, old: PodLike, at: FieldPath): Errors {
  if (old.metadata.annotations?.[MIRROR] !== undefined) return void (yield forbidden(at, 'static pods do not support ephemeral containers'));
  const here = at.child('spec').child('ephemeralContainers');
  for (const before of old.spec.ephemeralContainers ?? []) {
    const after = pod.spec.ephemeralContainers?.find(({ name }) => name === before.name);
    if (!after) yield forbidden(here, `existing ephemeral containers ${JSON.stringify(before.name)} may not be removed\n`);
    else if (!deepEqual(before, after)) yield forbidden(here, `existing ephemeral containers ${JSON.stringify(before.name)} may not be changed\n${difference(before, after)}`);
  }
}

export function* bindingErrors({ target }: { readonly target: { readonly kind?: string; readonly name?: string } }, at: FieldPath): Errors {
  if (target.kind && target.kind !== 'Node') yield notSupported(at.child('target').child('kind'), target.kind, ['Node', '<empty>']);
  if (!target.name) yield required(at.child('target').child('name'));
}

const OWN_CONDITIONS = ['PodScheduled', 'Ready', 'Initialized'];

export function* podStatusUpdateErrors(pod: PodLike, old: PodLike, at: FieldPath): Errors {
  const { status } = pod;
  const here = at.child('status');
  for (const [index, { type }] of (status.conditions ?? []).entries()) {
    if (!OWN_CONDITIONS.includes(type)) yield* problemsAt(at.child('metadata').child('conditions').index(index).child('Type'), type, qualifiedNameProblems(type));
  }
  if (status.nominatedNodeName && status.nominatedNodeName !== old.status.nominatedNodeName) {
    yield* problemsAt(here.child('nominatedNodeName'), status.nominatedNodeName, dnsSubdomainProblems(status.nominatedNodeName));
  }
  const { spec } = old;
  yield* revivalErrors(status.containerStatuses, old.status.containerStatuses, here.child('containerStatuses'), restartsIn(spec, spec.containers));
  yield* revivalErrors(status.initContainerStatuses, old.status.initContainerStatuses, here.child('initContainerStatuses'), restartsIn(spec, spec.initContainers));
  yield* initNameErrors(status.initContainerStatuses, spec, here.child('initContainerStatuses'));
  yield* revivalErrors(status.ephemeralContainerStatuses, old.status.ephemeralContainerStatuses, here.child('ephemeralContainerStatuses'), () => false);
  for (const [index, { name }] of (status.resourceClaimStatuses ?? []).entries()) {
    const known = pod.spec.resourceClaims?.some((claim) => claim.name === name);
    if (!known) yield invalid(here.child('resourceClaimStatuses').index(index).child('name'), name, 'must match the name of an entry in `spec.resourceClaims`');
  }
  if (status.qosClass !== old.status.qosClass && old.status.qosClass !== undefined) yield invalid(here.child('qosClass'), status.qosClass ?? '', FIELD_IMMUTABLE);
  yield* addressErrors(status.podIPs ?? [], here.child('podIPs'));
  yield* addressErrors(status.hostIPs ?? [], here.child('hostIPs'));
  const [first] = status.hostIPs ?? [];
  if (first && first.ip !== status.hostIP) yield invalid(here.child('hostIPs').index(0).child('ip'), first.ip, 'must be equal to `hostIP`');
}

/** What ended stays ended, unless it is restarted. */
function* revivalErrors(next: readonly ContainerStatus[] = [], old: readonly ContainerStatus[] = [], at: FieldPath, restarts: (name: string, exitCode: number) => boolean): Errors {
  for (const [index, { name, state }] of old.entries()) {
    if (!state.terminated || restarts(name, state.terminated.exitCode)) continue;
    if (next.some((other) => other.name === name && !other.state.terminated)) yield forbidden(at.index(index).child('state'), 'may not be transitioned to non-terminated state');
  }
}

/** By the pod's policy, or the container's own. */
function restartsIn(spec: PodSpec, containers: readonly Container[] = []): (name: string, exitCode: number) => boolean {
  return (name, exitCode) => {
    const container = containers.find((one) => one.name === name) ?? {};
    return spec.restartPolicy === 'Always' || mayRestartAll(spec) || restartsAfter(spec, container, exitCode);
  };
}

function* initNameErrors(next: readonly ContainerStatus[] = [], { initContainers = [] }: PodSpec, at: FieldPath): Errors {
  const known = new Set(initContainers.map(({ name }) => name));
  for (const [index, { name }] of next.entries()) if (name && !known.has(name)) yield notFoundValue(at.index(index).child('name'), name);
}

function* addressErrors(addresses: readonly { readonly ip: string }[], at: FieldPath): Errors {
  for (const [index, { ip }] of addresses.entries()) yield* problemsAt(at.index(index), ip, ipProblems(ip));
  if (addresses.length < 2) return;
  const families = new Set(addresses.map(({ ip }) => isIpv6(ip)));
  if (addresses.length > 2 || families.size < 2) yield invalid(at, addresses, 'may specify no more than one IP for each IP family');
}
