/** What the server tells those who make pods, or templates of them, that it takes all the same. */
import { FieldPath } from '../../meta/field-error.ts';
import { dnsLabelProblems } from '../../meta/names.ts';
import { parseQuantity } from '../../meta/quantity.ts';
import { claimSpecWarnings } from './claim-warnings.ts';
import type { Container, ContainerPort } from './container.ts';
import { nodeLabelDeprecation, nodeTermWarnings } from './node-label-warnings.ts';
import type { PodSpec } from './pod-spec.ts';
import type { PodTemplateSpec } from './pod-template.ts';
import { isPlain } from './plain-pod.ts';
import { pathWarnings, sourceWarnings } from './volume-warnings.ts';

type Warnings = Iterable<string>;
type Labels = Readonly<Record<string, string>>;

interface Metadata {
  readonly name?: string;
  readonly annotations?: Labels;
}

const ROOT = FieldPath.of();
const quoted = (text: string): string => JSON.stringify(text);

/** A pod's own, when it is made. Nobody is told on updates: those are the cluster's, and many. */
export function* podWarnings({ metadata, spec }: { readonly metadata: Metadata; readonly spec: PodSpec }): Warnings {
  if (isPlain(metadata, spec)) return;
  yield* specWarnings(metadata, spec, ROOT);
  yield* nameWarnings(metadata.name, "the Pod's hostname");
}

/** A name that becomes a host's should be a label, though it need only be a subdomain. */
export function* nameWarnings(name: string | undefined, use = 'Pod names and hostnames'): Warnings {
  const problems = name ? dnsLabelProblems(name) : [];
  if (problems.length > 0) yield `metadata.name: this is used in ${use}, which can result in surprising behavior; a DNS label is recommended: [${problems.join(' ')}]`;
}

export function* templateWarnings({ metadata, spec }: PodTemplateSpec, at: FieldPath): Warnings {
  yield* specWarnings(metadata, spec, at);
  if (spec.securityContext?.appArmorProfile) return;
  for (const { name, securityContext } of eachContainer(spec)) {
    const key = `container.apparmor.security.beta.kubernetes.io/${name}`;
    if (has(metadata.annotations, key) && !securityContext?.appArmorProfile) {
      yield `${at.child('metadata').child('annotations').key(key)}: deprecated since v1.30; use the "appArmorProfile" field instead`;
    }
  }
}

interface Workload {
  readonly metadata: { readonly name: string; readonly generation?: number };
}

interface Template {
  /** The template and where it stands. */
  readonly of: PodTemplateSpec | undefined;
  readonly at: string;
  /** Whether the workload's name becomes part of its pods' host names. */
  readonly namesPods?: boolean;
}

/** For a workload's `warnings`: at its making, and whenever it changes what it wants. */
export function workloadWarnings<T extends Workload>(object: T, old: T | undefined, { of, at, namesPods }: Template): readonly string[] {
  if (!of || (old && old.metadata.generation === object.metadata.generation)) return [];
  return [...(namesPods && !old ? nameWarnings(object.metadata.name) : []), ...templateWarnings(of, FieldPath.of(at))];
}

const has = (annotations: Labels | undefined, key: string): boolean => annotations !== undefined && Object.hasOwn(annotations, key);

/** In upstream's order: init containers, containers, ephemeral ones. */
function eachContainer(spec: PodSpec): readonly Container[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...((spec.ephemeralContainers ?? []) as readonly Container[])];
}

function placesOf(spec: PodSpec, at: FieldPath): readonly (readonly [Container, FieldPath])[] {
  return (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap((list) =>
    (spec[list] as readonly Container[] | undefined ?? []).map((container, index) => [container, at.child(list).index(index)] as const));
}

const DEPRECATED_ANNOTATIONS = [
  ['scheduler.alpha.kubernetes.io/critical-pod', 'non-functional in v1.16+; use the "priorityClassName" field instead'],
  ['security.alpha.kubernetes.io/sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
  ['security.alpha.kubernetes.io/unsafe-sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
] as const;

function* specWarnings({ annotations }: Metadata, spec: PodSpec, at: FieldPath): Warnings {
  const here = at.child('spec');
  const notes = at.child('metadata').child('annotations');
  yield* placementWarnings(spec, here);
  for (const [key, why] of DEPRECATED_ANNOTATIONS) if (has(annotations, key)) yield `${notes.key(key)}: ${why}`;
  for (const [index, volume] of (spec.volumes ?? []).entries()) {
    const place = here.child('volumes').index(index);
    yield* sourceWarnings(volume, place);
    const claim = volume.ephemeral?.volumeClaimTemplate;
    if (claim) yield* claimSpecWarnings(claim.spec, place.child('ephemeral').child('volumeClaimTemplate').child('spec'));
  }
  yield* pathWarnings(spec.volumes ?? []);
  yield* listWarnings(spec, here);
  yield* fractionWarnings(spec.overhead, here.child('overhead'));
  if (!spec.securityContext?.seccompProfile && has(annotations, SECCOMP)) yield `${notes.key(SECCOMP)}: ${NO_SECCOMP}`;
  const places = placesOf(spec, here);
  for (const [container, place] of places) yield* containerWarnings(container, annotations, { at: place, notes });
  yield* portWarnings(places);
  if (spec.terminationGracePeriodSeconds < 0) yield `${here.child('terminationGracePeriodSeconds')}: must be >= 0; negative values are invalid and will be treated as 1`;
  yield* podAffinityWarnings(spec, here.child('affinity'));
}

const SECCOMP = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_OF = 'container.seccomp.security.alpha.kubernetes.io/';
const NO_SECCOMP = 'non-functional in v1.27+; use the "seccompProfile" field instead';
const NO_MATCH = 'a null labelSelector results in matching no pod';
const MUST = 'requiredDuringSchedulingIgnoredDuringExecution';
const RATHER = 'preferredDuringSchedulingIgnoredDuringExecution';

function* placementWarnings({ nodeSelector = {}, affinity, topologySpreadConstraints = [] }: PodSpec, at: FieldPath): Warnings {
  for (const key of Object.keys(nodeSelector)) {
    const why = nodeLabelDeprecation(key);
    if (why) yield `${at.child('nodeSelector').key(key)}: ${why}`;
  }
  const nodes = affinity?.nodeAffinity;
  const here = at.child('affinity').child('nodeAffinity');
  for (const [index, term] of (nodes?.[MUST]?.nodeSelectorTerms ?? []).entries()) yield* nodeTermWarnings(term, false, here.child(MUST).child('nodeSelectorTerms').index(index));
  for (const [index, { preference }] of (nodes?.[RATHER] ?? []).entries()) yield* nodeTermWarnings(preference, true, here.child(RATHER).index(index).child('preference'));
  for (const [index, { topologyKey, labelSelector }] of topologySpreadConstraints.entries()) {
    const place = at.child('topologySpreadConstraints').index(index);
    const why = nodeLabelDeprecation(topologyKey);
    if (why) yield `${place.child('topologyKey')}: ${topologyKey} is ${why}`;
    if (!labelSelector) yield `${place.child('labelSelector')}: ${NO_MATCH}`;
  }
}

function* podAffinityWarnings({ affinity }: PodSpec, at: FieldPath): Warnings {
  for (const field of ['podAffinity', 'podAntiAffinity'] as const) {
    const here = at.child(field);
    for (const [index, { labelSelector }] of (affinity?.[field]?.[MUST] ?? []).entries()) {
      if (!labelSelector) yield `${here.child(MUST).index(index).child('labelSelector')}: ${NO_MATCH}`;
    }
    for (const [index, { podAffinityTerm }] of (affinity?.[field]?.[RATHER] ?? []).entries()) {
      if (!podAffinityTerm.labelSelector) yield `${here.child(RATHER).index(index).child('podAffinityTerm').child('labelSelector')}: ${NO_MATCH}`;
    }
  }
}

function* listWarnings({ hostAliases = [], imagePullSecrets = [] }: PodSpec, at: FieldPath): Warnings {
  for (const [index, { ip }] of hostAliases.entries()) {
    if (hostAliases.findIndex((other) => other.ip === ip) < index) yield `${at.child('hostAliases').index(index).child('ip')}: duplicate ip ${quoted(ip)}`;
  }
  const here = at.child('imagePullSecrets');
  for (const [index, { name = '' }] of imagePullSecrets.entries()) {
    if (imagePullSecrets.findIndex((other) => (other.name ?? '') === name) < index) yield `${here.index(index).child('name')}: duplicate name ${quoted(name)}`;
  }
  for (const [index, { name }] of imagePullSecrets.entries()) if (!name) yield `${here.index(index).child('name')}: invalid empty name ""`;
}

const NANO = 1_000_000_000n;

/** Bytes are whole. */
export function* fractionWarnings(list: Labels | undefined, at: FieldPath, names: readonly string[] = ['memory', 'ephemeral-storage']): Warnings {
  for (const name of names) {
    const amount = list?.[name];
    if (amount !== undefined && parseQuantity(amount).nanos % NANO !== 0n) yield `${at.key(name)}: fractional byte value ${quoted(amount)} is invalid, must be an integer`;
  }
}

function* containerWarnings({ name, resources, env = [], securityContext }: Container, annotations: Labels | undefined, { at, notes }: { readonly at: FieldPath; readonly notes: FieldPath }): Warnings {
  if (!securityContext?.seccompProfile && has(annotations, SECCOMP_OF + name)) yield `${notes.key(SECCOMP_OF + name)}: ${NO_SECCOMP}`;
  for (const bytes of ['memory', 'ephemeral-storage']) {
    yield* fractionWarnings(resources?.limits, at.child('resources').child('limits'), [bytes]);
    yield* fractionWarnings(resources?.requests, at.child('resources').child('requests'), [bytes]);
  }
  const seen = new Set<string>();
  for (const [index, variable] of env.entries()) {
    const reference = `$(${variable.name})`;
    const { value = '' } = variable;
    // Building on what it was before is fine.
    const hides = variable.valueFrom !== undefined || value === reference || !value.includes(reference);
    if (seen.has(variable.name) && hides) {
      yield `${at.child('env').index(index)}: hides previous definition of ${quoted(variable.name)}, which may be dropped when using apply`;
    }
    seen.add(variable.name);
  }
}

/** As Go prints the port. */
const portText = ({ name = '', hostPort = 0, containerPort, protocol, hostIP = '' }: ContainerPort): string =>
  `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`;

function* portWarnings(places: readonly (readonly [Container, FieldPath])[]): Warnings {
  const known = new Map<string, { readonly at: FieldPath; readonly port: ContainerPort }[]>();
  for (const [{ ports = [] }, place] of places) {
    for (const [index, port] of ports.entries()) {
      const at = place.child('ports').index(index);
      const { hostIP = '', hostPort = 0 } = port;
      if (hostIP !== '' && hostPort === 0) yield `${at}: hostIP set without hostPort: ${portText(port)}`;
      const key = `${port.containerPort}/${port.protocol}`;
      const others = known.get(key) ?? [];
      for (const { at: there, port: { hostIP: otherIP = '', hostPort: otherPort = 0 } } of others) {
        if (hostIP === otherIP && hostPort === otherPort) yield `${at}: duplicate port definition with ${there}`;
        else if (hostPort === 0 || otherPort === 0) yield `${at}: overlapping port definition with ${there}`;
        else if (hostPort === otherPort && (hostIP === '') !== (otherIP === '')) yield `${at}: dangerously ambiguous port definition with ${there}`;
      }
      known.set(key, [...others, { at, port }]);
    }
  }
}
