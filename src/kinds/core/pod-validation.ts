/** What is wrong with a pod's spec, wherever it stands: in a pod or in a template. One path for both. */
import { Remembered } from '../../base/remembered.ts';
import { duplicate, type FieldPath, forbidden, invalid, notFoundValue, notSupported, required } from '../../meta/field-error.ts';
import { ipProblems } from '../../meta/ip.ts';
import { dnsLabelProblems, dnsSubdomainProblems, qualifiedNameProblems } from '../../meta/names.ts';
import { annotationsAt, type Errors, inRange, labelsAt, MAX_INT32, problemsAt } from '../checks.ts';
import { affinityErrors, spreadErrors, tolerationErrors } from './affinity-validation.ts';
import { containerErrors } from './container-validation.ts';
import { dnsErrors } from './dns-validation.ts';
import type { PodSpec } from './pod-spec.ts';
import type { PodTemplateSpec } from './pod-template.ts';
import { amountErrors, podLevelErrors, resourceNameErrors } from './resource-validation.ts';
import { podSecurityErrors, systemErrors } from './security-validation.ts';
import { volumeErrors } from './volume-validation.ts';

/** Annotations that mean something on pods. */
function* podAnnotationErrors(annotations: Readonly<Record<string, string>> | undefined, spec: PodSpec, at: FieldPath): Errors {
  const mirror = annotations?.['kubernetes.io/config.mirror'];
  if (mirror !== undefined && !spec.nodeName) yield invalid(at.key('kubernetes.io/config.mirror'), mirror, 'must set spec.nodeName if mirror pod annotation is set');
  const cost = annotations?.['controller.kubernetes.io/pod-deletion-cost'];
  if (cost !== undefined && !isDeletionCost(cost)) yield invalid(at.key('controller.kubernetes.io/pod-deletion-cost'), cost, 'must be a 32bit integer');
}

const isDeletionCost = (text: string): boolean => /^(0|-?[1-9]\d{0,9})$/.test(text) && Math.abs(Number(text)) <= MAX_INT32;

interface PodLike {
  readonly metadata: { readonly name?: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: PodSpec;
}

/** Specs without fault, with the name of their pod, which matters too: an object never changes, and most writes to a pod leave its spec alone. */
const sound = new WeakMap<PodSpec, string>();

/** Those that are without fault whatever their pod is called. */
const soundForAll = new WeakSet<PodSpec>();

/** Texts of specs without fault, whatever their pod is called. */
const soundTexts = new Remembered<true>();
/** What a ServiceAccount's token is called, differently in each pod. */
const TOKEN_VOLUME = /"(kube-api-access-[a-z0-9]{5})"/;

/**
 * What pods of one template have in common, or undefined where the rules look at the pod's name. The token's volume goes by
 * a sign that no JSON text holds: two such texts are the same only where one spec is the other under another such name.
 */
function templateText(spec: PodSpec): string | undefined {
  if (spec.resourceClaims?.length || spec.volumes?.some(({ ephemeral }) => ephemeral)) return undefined;
  const text = JSON.stringify(spec);
  const token = TOKEN_VOLUME.exec(text)?.[1];
  return token === undefined ? text : text.replaceAll(token, '\u0000');
}

/** A pod proper. Its metadata, annotations apart, is checked for every kind alike. */
export function* podErrors({ metadata, spec }: PodLike, at: FieldPath): Errors {
  yield* podAnnotationErrors(metadata.annotations, spec, at.child('metadata').child('annotations'));
  const name = metadata.name ?? '';
  if (soundForAll.has(spec) || sound.get(spec) === name) return;
  const text = templateText(spec);
  const isKnown = text !== undefined && soundTexts.get(text);
  const errors = isKnown ? [] : [...podSpecErrors(spec, at.child('spec'), name), ...tokenErrors(spec, at.child('spec'))];
  if (errors.length === 0) {
    if (text === undefined) sound.set(spec, name);
    else soundForAll.add(spec);
    if (text !== undefined && !isKnown) soundTexts.set(text, true);
  }
  yield* errors;
}

function* tokenErrors(spec: PodSpec, at: FieldPath): Errors {
  if (spec.serviceAccountName) return;
  for (const [index, { projected }] of (spec.volumes ?? []).entries()) {
    for (const [position, { serviceAccountToken }] of (projected?.sources ?? []).entries()) {
      const here = at.child('volumes').index(index).child('projected').child('sources').index(position);
      if (serviceAccountToken) yield forbidden(here.child('serviceAccountToken'), 'must not be specified when serviceAccountName is not set');
    }
  }
}

export function* podTemplateErrors({ metadata, spec }: PodTemplateSpec, at: FieldPath): Errors {
  yield* labelsAt(at.child('labels'), metadata.labels);
  yield* annotationsAt(at.child('annotations'), metadata.annotations);
  yield* podAnnotationErrors(metadata.annotations, spec, at.child('annotations'));
  yield* podSpecErrors(spec, at.child('spec'));
  if (spec.ephemeralContainers?.length) yield forbidden(at.child('spec.ephemeralContainers'), 'ephemeral containers not allowed in pod template');
}

/** @param podName of a pod proper; a template has none */
export function* podSpecErrors(given: PodSpec, at: FieldPath, podName?: string): Errors {
  // What the schema already reports as missing is taken as empty here.
  const spec = { ...given, containers: given.containers ?? [] };
  const isPod = podName !== undefined;
  const claims = (spec.resourceClaims ?? []).map(({ name }) => name).filter(Boolean);
  yield* volumeErrors(spec.volumes ?? [], podName, at.child('volumes'));
  yield* claimErrors(spec, podName, at.child('resourceClaims'));
  yield* containerErrors(spec, {
    volumes: new Map((spec.volumes ?? []).map((volume) => [volume.name, volume])),
    claims, isPod,
    restartPolicy: spec.restartPolicy,
    graceSeconds: spec.terminationGracePeriodSeconds,
    hostUsers: spec.hostUsers ?? true,
  }, at);
  if (spec.resources) yield* podLevelErrors(spec.resources, spec, at.child('resources'));
  yield* hostNetworkErrors(spec, isPod, at.child('containers'));
  yield* labelsAt(at.child('nodeSelector'), spec.nodeSelector);
  yield* podSecurityErrors(spec.securityContext, spec, at.child('securityContext'));
  if (spec.affinity) yield* affinityErrors(spec.affinity, at.child('affinity'));
  yield* dnsErrors(spec, at);
  yield* gateErrors(spec, at);
  yield* spreadErrors(spec.topologySpreadConstraints ?? [], at.child('topologySpreadConstraints'));
  yield* namespaceErrors(spec, at);
  yield* fileKeyErrors(spec, at);
  yield* nameErrors(spec, at);
  yield* limitErrors(spec, at);
  yield* tolerationErrors(spec.tolerations ?? [], at.child('tolerations'));
  if (spec.os && spec.os.name !== '' && spec.os.name !== 'linux' && spec.os.name !== 'windows') yield notSupported(at.child('os'), spec.os.name, ['linux', 'windows']);
  if (spec.os || spec.securityContext.windowsOptions || spec.containers.some(({ securityContext }) => securityContext?.windowsOptions)) yield* systemErrors(spec, containersOf(spec, at).map(([container, place]) => [container.securityContext, place.child('securityContext')] as const), at);
}

/** Every container of a pod with its place, init containers first. */
export function containersOf(spec: PodSpec, at: FieldPath) {
  return (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap((list) =>
    (spec[list] ?? []).map((container, index) => [container, at.child(list).index(index)] as const));
}

function* claimErrors({ resourceClaims = [] }: PodSpec, podName: string | undefined, at: FieldPath): Errors {
  const seen = new Set<string>();
  for (const [index, claim] of resourceClaims.entries()) {
    const here = at.index(index);
    const { name, resourceClaimName: direct, resourceClaimTemplateName: template } = claim;
    if (name && seen.has(name)) yield duplicate(here.child('name'), name);
    else if (name) {
      const problems = dnsLabelProblems(name);
      yield* problemsAt(here.child('name'), name, problems);
      const made = `${podName}-${name}`;
      if (problems.length === 0 && podName && template !== undefined) {
        for (const why of dnsSubdomainProblems(made)) yield invalid(here.child('name'), made, `final ResourceClaim name: ${why}`);
      }
    }
    seen.add(name);
    if (direct !== undefined && template !== undefined) yield invalid(here, claim, 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified');
    if (direct === undefined && template === undefined) yield invalid(here, claim, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`');
    if (direct !== undefined) yield* problemsAt(here.child('resourceClaimName'), direct, dnsSubdomainProblems(direct));
    if (template !== undefined) yield* problemsAt(here.child('resourceClaimTemplateName'), template, dnsSubdomainProblems(template));
  }
}

/** On the host's network a container's port and the host's are one; a template may leave the latter to the pod's defaults. */
function* hostNetworkErrors({ hostNetwork, containers }: PodSpec, isPod: boolean, at: FieldPath): Errors {
  if (!hostNetwork) return;
  for (const [index, { ports = [] }] of containers.entries()) {
    for (const [position, { hostPort = 0, containerPort }] of ports.entries()) {
      if (hostPort === containerPort || (!isPod && hostPort === 0)) continue;
      yield invalid(at.index(index).child('ports').index(position).child('hostPort'), hostPort, 'must match `containerPort` when `hostNetwork` is true');
    }
  }
}

function* gateErrors({ readinessGates = [], schedulingGates = [] }: PodSpec, at: FieldPath): Errors {
  for (const [index, { conditionType }] of readinessGates.entries()) {
    yield* problemsAt(at.child('readinessGates').index(index).child('conditionType'), conditionType, qualifiedNameProblems(conditionType));
  }
  const seen = new Set<string>();
  for (const [index, { name }] of schedulingGates.entries()) {
    const here = at.child('schedulingGates').index(index);
    yield* problemsAt(here, name, qualifiedNameProblems(name));
    if (seen.has(name)) yield duplicate(here, name);
    seen.add(name);
  }
}

const APART = 'when `hostUsers` is false';

/** A pod with users of its own can share no other namespace with the host. */
function* namespaceErrors(spec: PodSpec, at: FieldPath): Errors {
  if (spec.hostUsers !== false) return;
  if (spec.hostNetwork) yield forbidden(at.child('hostNetwork'), APART);
  if (spec.hostPID) yield forbidden(at.child('HostPID'), APART);
  if (spec.hostIPC) yield forbidden(at.child('HostIPC'), APART);
  for (const [{ volumeDevices }, place] of containersOf(spec, at)) if (volumeDevices?.length) yield forbidden(place.child('volumeDevices'), APART);
}

/** Files of variables lie in emptyDirs. */
function* fileKeyErrors(spec: PodSpec, at: FieldPath): Errors {
  if (!spec.containers.some(readsFiles) && !spec.initContainers?.some(readsFiles) && !spec.ephemeralContainers?.some(readsFiles)) return;
  for (const [{ env = [] }, place] of containersOf(spec, at)) {
    for (const [index, { valueFrom }] of env.entries()) {
      const name = valueFrom?.fileKeyRef?.volumeName;
      if (!name) continue;
      const here = place.child('env').index(index).child('valueFrom.fileKeyRef.volumeName');
      const volume = spec.volumes?.find((one) => one.name === name);
      if (!volume) yield notFoundValue(here, name);
      else if (!volume.emptyDir) yield invalid(here, name, 'referenced volume must be of type emptyDir');
    }
  }
}

const readsFiles = ({ env }: { readonly env?: PodSpec['containers'][number]['env'] }): boolean => env?.some(({ valueFrom }) => valueFrom?.fileKeyRef) ?? false;

const MAX_HOSTNAME = 64;

function* nameErrors(spec: PodSpec, at: FieldPath): Errors {
  for (const field of ['serviceAccountName', 'nodeName', 'priorityClassName', 'runtimeClassName'] as const) {
    const name = spec[field];
    if (name) yield* problemsAt(at.child(field), name, dnsSubdomainProblems(name));
  }
  for (const field of ['hostname', 'subdomain'] as const) {
    const name = spec[field];
    if (name) yield* problemsAt(at.child(field), name, dnsLabelProblems(name));
  }
  const { hostnameOverride: name } = spec;
  if (name !== undefined) {
    const here = at.child('hostnameOverride');
    if (spec.setHostnameAsFQDN) yield forbidden(here, 'may not be specified when setHostnameAsFQDN is true');
    if (spec.hostNetwork) yield forbidden(here, 'may not be specified when hostNetwork is true');
    if (name.length > MAX_HOSTNAME) yield { reason: 'FieldValueTooLong', field: here.toString(), message: `Too long: may not be more than ${MAX_HOSTNAME} bytes` };
    yield* problemsAt(here, name, dnsSubdomainProblems(name));
  }
  for (const [index, { ip, hostnames = [] }] of (spec.hostAliases ?? []).entries()) {
    const here = at.child('hostAliases').index(index);
    yield* problemsAt(here.child('ip'), ip, ipProblems(ip));
    for (const [position, hostname] of hostnames.entries()) yield* problemsAt(here.child('hostnames').index(position), hostname, dnsSubdomainProblems(hostname));
  }
}

const DEADLINE = inRange(1, MAX_INT32);

function* limitErrors({ activeDeadlineSeconds: deadline, overhead = {}, schedulingGroup }: PodSpec, at: FieldPath): Errors {
  if (deadline !== undefined && (deadline < 1 || deadline > MAX_INT32)) yield invalid(at.child('activeDeadlineSeconds'), deadline, DEADLINE);
  for (const [name, amount] of Object.entries(overhead)) {
    const here = at.child('overhead').child('limits').key(name);
    yield* resourceNameErrors(name, here);
    yield* amountErrors(name, amount, here);
  }
  if (schedulingGroup && !schedulingGroup.podGroupName) yield required(at.child('schedulingGroup').child('podGroupName'));
}
