/** A pod's containers: regular, init and ephemeral. */
import { duplicate, type FieldPath, forbidden, invalid, notFoundValue, notSupported, required, tooMany } from '../../meta/field-error.ts';
import { dnsLabelProblems, portNameProblems } from '../../meta/names.ts';
import { type Errors, portNumber, problemsAt } from '../checks.ts';
import type { Container, ContainerPort, EphemeralContainer } from './container.ts';
import { envErrors, envFromErrors } from './env-validation.ts';
import { deviceErrors, mountErrors, type Volumes } from './mount-validation.ts';
import type { PodSpec } from './pod-spec.ts';
import { probeErrors } from './probe-validation.ts';
import { requirementErrors } from './resource-validation.ts';
import { containerSecurityErrors } from './security-validation.ts';

/** What of its pod a container depends on. */
export interface Surroundings {
  readonly volumes: Volumes;
  /** Names of the pod's resource claims. */
  readonly claims: readonly string[];
  readonly restartPolicy: string;
  readonly graceSeconds: number;
  /** Whether the pod shares the host's user namespace. */
  readonly hostUsers: boolean;
  /** Of a pod proper, not of a template. */
  readonly isPod: boolean;
}

export function* containerErrors(spec: PodSpec, around: Surroundings, at: FieldPath): Errors {
  const here = at.child('containers');
  const names = new Set<string>();
  for (const [index, container] of spec.containers.entries()) {
    const place = here.index(index);
    yield* commonErrors(container, around, place);
    if (names.has(container.name)) yield duplicate(place.child('name'), container.name);
    names.add(container.name);
    yield* probeErrors(container, around.graceSeconds, place);
    yield* restartErrors(container, place);
  }
  yield* hostPortErrors(spec.containers, here);
  yield* initErrors(spec, around, at.child('initContainers'));
  yield* ephemeralErrors(spec, around, at.child('ephemeralContainers'));
}

const STAYS = 'may not be set for init containers without restartPolicy=Always';

function* initErrors({ containers, initContainers = [] }: PodSpec, around: Surroundings, at: FieldPath): Errors {
  const names = new Set(containers.map(({ name }) => name));
  for (const [index, container] of initContainers.entries()) {
    const here = at.index(index);
    yield* commonErrors(container, around, here);
    yield* restartErrors(container, here);
    if (names.has(container.name)) yield duplicate(here.child('name'), container.name);
    names.add(container.name);
    yield* hostPortErrors([container], at);
    if (container.restartPolicy === 'Always') {
      yield* probeErrors(container, around.graceSeconds, here);
      continue;
    }
    for (const field of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
      if (container[field]) yield forbidden(here.child(field), STAYS);
    }
    for (const [position, { restartPolicy }] of (container.resizePolicy ?? []).entries()) {
      if (restartPolicy !== 'RestartContainer') continue;
      yield invalid(here.child('resizePolicy').index(position).child('restartPolicy'), restartPolicy, "must not be set to 'RestartContainer' for non-sidecar initContainers");
    }
  }
}

const NOT_EPHEMERAL = ['ports', 'livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle', 'resizePolicy', 'restartPolicy', 'restartPolicyRules'] as const;
const EPHEMERAL = 'cannot be set for an Ephemeral Container';

function* ephemeralErrors({ containers, initContainers = [], ephemeralContainers = [] }: PodSpec, around: Surroundings, at: FieldPath): Errors {
  const others = new Set([...containers, ...initContainers].map(({ name }) => name));
  const names = new Set(others);
  for (const [index, container] of ephemeralContainers.entries()) {
    const here = at.index(index);
    yield* commonErrors(container, { ...around, isPod: true }, here);
    if (names.has(container.name)) yield duplicate(here.child('name'), container.name);
    names.add(container.name);
    const target = container.targetContainerName;
    if (target && !others.has(target)) yield notFoundValue(here.child('targetContainerName'), target);
    for (const field of NOT_EPHEMERAL) if (container[field] !== undefined) yield forbidden(here.child(field), EPHEMERAL);
    if (container.resources && Object.keys(container.resources).length > 0) yield forbidden(here.child('resources'), EPHEMERAL);
    for (const [position, { subPath, subPathExpr }] of (container.volumeMounts ?? []).entries()) {
      const mount = here.child('volumeMounts').index(position);
      if (subPath) yield forbidden(mount.child('subPath'), EPHEMERAL);
      if (subPathExpr) yield forbidden(mount.child('subPathExpr'), EPHEMERAL);
    }
  }
}

/** What all three sorts have in common. */
function* commonErrors(container: Container | EphemeralContainer, around: Surroundings, at: FieldPath): Errors {
  const { name, image = '', ports, env, envFrom, volumeDevices = [], volumeMounts = [], resources, resizePolicy = [], securityContext } = container;
  if (name) yield* problemsAt(at.child('name'), name, dnsLabelProblems(name));
  if (image === '') yield required(at.child('image'));
  else if (around.isPod && image !== image.trim()) yield invalid(at.child('image'), image, 'must not have leading or trailing whitespace');
  yield* portErrors(ports ?? [], at.child('ports'));
  yield* envErrors(env, at.child('env'));
  yield* envFromErrors(envFrom, at.child('envFrom'));
  yield* mountErrors(container, around.volumes, at.child('volumeMounts'));
  yield* deviceErrors(volumeDevices, volumeMounts, around.volumes, at.child('volumeDevices'));
  if (resources) yield* requirementErrors(resources, around.claims, at.child('resources'));
  yield* resizeErrors(resizePolicy, around.restartPolicy, at.child('resizePolicy'));
  if (securityContext) yield* containerSecurityErrors(securityContext, around.hostUsers, at.child('securityContext'));
}

function* portErrors(ports: readonly ContainerPort[], at: FieldPath): Errors {
  const names = new Set<string>();
  for (const [index, { name, containerPort, hostPort }] of ports.entries()) {
    const here = at.index(index);
    if (name) {
      const problems = portNameProblems(name);
      yield* problemsAt(here.child('name'), name, problems);
      if (problems.length === 0 && names.has(name)) yield duplicate(here.child('name'), name);
      names.add(name);
    }
    if (containerPort === 0) yield required(here.child('containerPort'));
    else yield* portNumber(here.child('containerPort'), containerPort);
    if (hostPort) yield* portNumber(here.child('hostPort'), hostPort);
  }
}

/** No two containers that run side by side can have one port of the host. */
function* hostPortErrors(containers: readonly Container[], at: FieldPath): Errors {
  const taken = new Set<string>();
  for (const [index, { ports = [] }] of containers.entries()) {
    for (const [position, { hostPort, hostIP = '', protocol }] of ports.entries()) {
      if (!hostPort) continue;
      const port = `${protocol}/${hostIP}/${hostPort}`;
      if (taken.has(port)) yield duplicate(at.index(index).child('ports').index(position).child('hostPort'), port);
      taken.add(port);
    }
  }
}

const RESIZABLE = ['cpu', 'memory'];
const RESIZES = ['NotRequired', 'RestartContainer'];

function* resizeErrors(policies: NonNullable<Container['resizePolicy']>, restartPolicy: string, at: FieldPath): Errors {
  const seen = new Set<string>();
  for (const [index, { resourceName, restartPolicy: how }] of policies.entries()) {
    if (seen.has(resourceName)) yield duplicate(at.index(index), resourceName);
    seen.add(resourceName);
    if (resourceName && !RESIZABLE.includes(resourceName)) yield notSupported(at, resourceName, RESIZABLE);
    if (how && !RESIZES.includes(how)) yield notSupported(at, how, RESIZES);
    if (restartPolicy === 'Never' && how !== 'NotRequired') yield invalid(at, how, "must be 'NotRequired' when pod `restartPolicy` is 'Never'");
  }
}

const RESTARTS = ['Always', 'Never', 'OnFailure'];
const MAX_RULES = 20;
const MAX_EXIT_CODES = 255;

function* restartErrors({ restartPolicy, restartPolicyRules: rules = [] }: Container, at: FieldPath): Errors {
  const here = at.child('restartPolicy');
  if (restartPolicy === undefined) {
    if (rules.length > 0) yield required(here, 'must specify restartPolicy when restart rules are used');
  } else if (!RESTARTS.includes(restartPolicy)) yield notSupported(here, restartPolicy, RESTARTS);
  if (rules.length > MAX_RULES) yield tooMany(at.child('restartPolicyRules'), rules.length, MAX_RULES);
  for (const [index, { action, exitCodes }] of rules.entries()) {
    const rule = at.child('restartPolicyRules').index(index);
    if (action !== 'Restart' && action !== 'RestartAllContainers') yield notSupported(rule.child('action'), action, ['Restart', 'RestartAllContainers']);
    if (!exitCodes) {
      yield required(rule.child('exitCodes'), 'must be specified');
      continue;
    }
    const { operator, values = [] } = exitCodes;
    if (operator !== 'In' && operator !== 'NotIn') yield notSupported(rule.child('exitCodes').child('operator'), operator, ['In', 'NotIn']);
    if (values.length > MAX_EXIT_CODES) yield tooMany(rule.child('exitCodes').child('values'), values.length, MAX_EXIT_CODES);
  }
}
