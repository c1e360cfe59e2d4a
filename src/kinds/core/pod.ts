import type { InstanceOf } from '../../meta/resource.ts';
import { defineKind } from '../../schema/kind.ts';
import { age, orNone } from '../cells.ts';
import { withFields } from '../change.ts';
import type { Container } from './container.ts';
import { podIpCell, readinessGatesCell, readyCell, restartsCell, statusCell } from './pod-columns.ts';
import { alignPodIPs, defaultPodOnly, defaultPodSpec, initialPodStatus } from './pod-defaults.ts';
import { withoutGated } from './pod-gates.ts';
import { withLabelKeys } from './pod-label-keys.ts';
import { podSpec } from './pod-spec.ts';
import { podStatus } from './pod-status.ts';
import { podStatusUpdateErrors, podUpdateErrors } from './pod-update.ts';
import { podErrors } from './pod-validation.ts';
import { podWarnings } from './pod-warnings.ts';
import type { Volume } from './volume.ts';

export const Pod = defineKind({
  group: '', version: 'v1', kind: 'Pod', plural: 'pods',
  short: ['po'], categories: ['all'], scope: 'Namespaced', package: 'api.core.v1',
  description: 'Containers that run together on one node and share network and volumes.',
  subresources: ['attach', 'binding', 'ephemeralcontainers', 'eviction', 'exec', 'log', 'portforward', 'proxy', 'resize'],
  sharesSpec: templateOf,
  spec: podSpec(),
  status: podStatus(),
  columns: { Ready: readyCell, Status: statusCell, Restarts: restartsCell, Age: age },
  wideColumns: {
    IP: podIpCell,
    Node: ({ spec }) => orNone(spec.nodeName),
    'Nominated Node': ({ status }) => orNone(status.nominatedNodeName),
    'Readiness Gates': readinessGatesCell,
  },
  fieldSelectors: {
    'spec.nodeName': ({ spec }) => spec.nodeName ?? '',
    'spec.restartPolicy': ({ spec }) => spec.restartPolicy,
    'spec.schedulerName': ({ spec }) => spec.schedulerName,
    'spec.serviceAccountName': ({ spec }) => spec.serviceAccountName ?? '',
    'spec.hostNetwork': ({ spec }) => String(spec.hostNetwork ?? false),
    'status.phase': ({ status }) => status.phase ?? '',
    'status.podIP': ({ status }) => status.podIPs?.[0]?.ip ?? '',
    'status.podIPs': ({ status }) => (status.podIPs ?? []).map(({ ip }) => ip).join(','),
    'status.nominatedNodeName': ({ status }) => status.nominatedNodeName ?? '',
  },
  defaults: (pod) => withFields(pod, { spec: defaultPodOnly(defaultPodSpec(pod.spec)), status: alignPodIPs(pod.status) }),
  prepareForCreate: (pod) => ({ ...pod, spec: withLabelKeys(withoutGated(defaultPodSpec(pod.spec)), pod.metadata.labels), status: initialPodStatus(pod.spec) }),
  prepareForUpdate: (pod, old) => withFields(pod, { spec: withoutGated(defaultPodSpec(pod.spec), old.spec) }),
  prepareForStatusUpdate: (pod, { metadata: { ownerReferences }, status: { qosClass } }) => ({
    ...pod, metadata: withFields(pod.metadata, { ownerReferences }), status: pod.status.qosClass ? pod.status : withFields(pod.status, { qosClass }),
  }),
  validate: podErrors,
  *validateCreate({ spec }, at) {
    if (spec.ephemeralContainers?.length) yield forbidden(at.child('spec').child('ephemeralContainers'), 'cannot be set on create');
    if (spec.nodeName && spec.schedulingGates?.length) yield forbidden(at.child('spec').child('nodeName'), 'cannot be set until all schedulingGates have been cleared');
  },
  validateUpdate: podUpdateErrors,
  validateStatusUpdate: podStatusUpdateErrors,
  warnings: (pod, old) => (old ? [] : [...podWarnings(pod)]),
});
export type Pod = InstanceOf<typeof Pod>;
import { forbidden } from '../../meta/field-error.ts';

/** Pods of one template run the same image. Those whose token's volume has its own name, or that run somewhere, have no like. */
function templateOf({ containers, nodeName, volumes }: Readonly<Record<string, unknown>>): string | undefined {
  if (nodeName !== undefined || (Array.isArray(volumes) && (volumes as readonly (Volume | null)[]).some(isToken))) return undefined;
  const [first] = Array.isArray(containers) ? (containers as readonly (Container | null)[]) : [];
  return typeof first?.image === 'string' ? first.image : undefined;
}

const isToken = (volume: Volume | null): boolean => String(volume?.name).startsWith('kube-api-access-');
