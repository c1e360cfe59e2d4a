/** Defaults of pods that depend on other fields. Those of one field alone stand in the schema. */
import { formatQuantity } from '../../meta/quantity.ts';
import { fillKeys, mapItems, withFields } from '../change.ts';
import type { Container, EphemeralContainer } from './container.ts';
import { pullPolicyFor } from './image-name.ts';
import { qosClassOf } from './pod-qos.ts';
import type { PodSpec } from './pod-spec.ts';
import type { PodStatus } from './pod-status.ts';
import type { PodTemplateSpec } from './pod-template.ts';
import { isPodLevelResource, totalOf } from './pod-totals.ts';
import type { ResourceRequirements } from './resources.ts';
import type { Volume } from './volume.ts';

type Quantities = Readonly<Record<string, string>>;

/** Specs that have them: a spec never changes, and each write of a pod asks more than once. */
const complete = new WeakSet<PodSpec>();

/** Of a pod's spec wherever it stands, templates included. */
export function defaultPodSpec(spec: PodSpec): PodSpec {
  if (complete.has(spec)) return spec;
  const next = completed(spec);
  complete.add(next);
  return next;
}

function completed(spec: PodSpec): PodSpec {
  const serviceAccountName = spec.serviceAccountName || spec.serviceAccount;
  return withFields(spec, {
    containers: mapItems(spec.containers ?? [], defaultPullPolicy),
    ...(spec.initContainers && { initContainers: mapItems(spec.initContainers, defaultPullPolicy) }),
    ...(spec.ephemeralContainers && { ephemeralContainers: mapItems(spec.ephemeralContainers, defaultPullPolicy) }),
    ...(spec.volumes && { volumes: mapItems(spec.volumes, defaultVolume) }),
    ...(serviceAccountName && { serviceAccountName, serviceAccount: serviceAccountName }),
  });
}

export const defaultPodTemplate = (template: PodTemplateSpec): PodTemplateSpec =>
  template.spec === undefined ? template : withFields(template, { spec: defaultPodSpec(template.spec) });

function defaultPullPolicy<C extends Container | EphemeralContainer>(container: C): C {
  return container.imagePullPolicy ? container : { ...container, imagePullPolicy: pullPolicyFor(container.image ?? '') };
}

/** A volume without a source is an emptyDir; an image volume pulls as a container would. */
function defaultVolume(volume: Volume): Volume {
  const { name, ...sources } = volume;
  if (Object.values(sources).every((source) => source === undefined)) return { name, emptyDir: {} };
  const { image } = volume;
  return image && !image.pullPolicy ? { ...volume, image: { ...image, pullPolicy: pullPolicyFor(image.reference ?? '') } } : volume;
}

const completePods = new WeakSet<PodSpec>();

/** Of pods proper, not of templates: what the cluster adds when a pod comes to be. */
export function defaultPodOnly(spec: PodSpec): PodSpec {
  if (completePods.has(spec)) return spec;
  const next = completedPod(spec);
  completePods.add(next);
  return next;
}

function completedPod(spec: PodSpec): PodSpec {
  const requestsFromLimits = <C extends Container>(container: C): C => {
    const requests = fillKeys(container.resources?.requests, container.resources?.limits);
    return requests === container.resources?.requests ? container : { ...container, resources: { ...container.resources, requests } };
  };
  const each = (container: Container): Container => {
    const filled = requestsFromLimits(container);
    return spec.hostNetwork ? withHostPorts(filled) : filled;
  };
  const next = withFields(spec, {
    enableServiceLinks: spec.enableServiceLinks ?? true,
    containers: mapItems(spec.containers, each),
    ...(spec.initContainers && { initContainers: mapItems(spec.initContainers, each) }),
  });
  return next.resources ? withFields(next, { resources: defaultPodLevelRequests(next, next.resources) }) : next;
}

/** On the host's network a container's ports are the host's. */
const withHostPorts = (container: Container): Container =>
  container.ports
    ? withFields(container, { ports: mapItems(container.ports, (port) => (port.hostPort ? port : { ...port, hostPort: port.containerPort })) })
    : container;

/** Pod-level requests default to the containers' sum, and to the pod-level limit where no container asks. */
function defaultPodLevelRequests(spec: PodSpec, resources: ResourceRequirements): ResourceRequirements {
  const sums = Object.fromEntries([...totalOf(spec, 'requests')].map(([name, sum]) => [name, formatQuantity(sum)]));
  const supported = (list: Quantities | undefined): Quantities =>
    Object.fromEntries(Object.entries(list ?? {}).filter(([name]) => isPodLevelResource(name)));
  const requests = fillKeys(fillKeys(resources.requests, supported(sums)), supported(resources.limits));
  return requests === resources.requests ? resources : { ...resources, requests };
}

/** `podIP` and the first of `podIPs` are one; whoever sets one sets the other. */
export function alignPodIPs(status: PodStatus): PodStatus {
  const first = status.podIPs?.[0]?.ip;
  if (first !== undefined) return withFields(status, { podIP: first });
  return status.podIP ? { ...status, podIPs: [{ ip: status.podIP }] } : status;
}

/** What a pod's status says at its creation, whatever the caller sent. */
export function initialPodStatus(spec: PodSpec): PodStatus {
  const gated = { type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', message: 'Scheduling is blocked due to non-empty scheduling gates' };
  return { phase: 'Pending', qosClass: qosClassOf(spec), ...(spec.schedulingGates?.length && { conditions: [gated] }) };
}
