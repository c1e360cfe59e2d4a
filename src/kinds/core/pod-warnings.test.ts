import { expect, test } from 'vitest';
import { CronJob, Deployment, PersistentVolume, PersistentVolumeClaim, Pod, Service, StatefulSet } from '../index.ts';
import { accepted } from '../testing/errors-of.ts';

const container = (more: object = {}) => ({ name: 'c', image: 'i', ...more });
const warningsOf = (spec: object, metadata: object = {}) => Pod.warnings?.(accepted(Pod, { metadata, spec: { containers: [container()], ...spec } }), undefined);

test.each([
  [{}, []],
  [{ containers: [container({ env: [{ name: 'A', value: '1' }, { name: 'A', value: '$(A)2' }, { name: 'A', value: '3' }] })] }, [
    'spec.containers[0].env[2]: hides previous definition of "A", which may be dropped when using apply',
  ]],
  [{ containers: [container({ resources: { limits: { memory: '1500m' }, requests: { memory: '1500m', cpu: '1500m' } } })] }, [
    'spec.containers[0].resources.limits[memory]: fractional byte value "1500m" is invalid, must be an integer',
    'spec.containers[0].resources.requests[memory]: fractional byte value "1500m" is invalid, must be an integer',
  ]],
  [{ containers: [container({ ports: [{ containerPort: 80 }] }), container({ name: 'd', ports: [{ containerPort: 80 }, { containerPort: 80, hostPort: 8080 }, { containerPort: 80, hostPort: 8080, hostIP: '10.0.0.1' }] })] }, [
    'spec.containers[1].ports[0]: duplicate port definition with spec.containers[0].ports[0]',
    'spec.containers[1].ports[1]: overlapping port definition with spec.containers[0].ports[0]',
    'spec.containers[1].ports[1]: overlapping port definition with spec.containers[1].ports[0]',
    'spec.containers[1].ports[2]: overlapping port definition with spec.containers[0].ports[0]',
    'spec.containers[1].ports[2]: overlapping port definition with spec.containers[1].ports[0]',
    'spec.containers[1].ports[2]: dangerously ambiguous port definition with spec.containers[1].ports[1]',
  ]],
  [{ containers: [container({ ports: [{ containerPort: 80, hostIP: '10.0.0.1' }] })] }, [
    'spec.containers[0].ports[0]: hostIP set without hostPort: {Name: HostPort:0 ContainerPort:80 Protocol:TCP HostIP:10.0.0.1}',
  ]],
  [{ nodeSelector: { 'beta.kubernetes.io/os': 'linux' }, topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'failure-domain.beta.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' }] }, [
    'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
    'spec.topologySpreadConstraints[0].topologyKey: failure-domain.beta.kubernetes.io/zone is deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
    'spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod',
  ]],
  [{ affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: { topologyKey: 'z' } }] } } }, [
    'spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.labelSelector: a null labelSelector results in matching no pod',
  ]],
  [{ hostAliases: [{ ip: '1.1.1.1' }, { ip: '1.1.1.1' }], imagePullSecrets: [{ name: 'a' }, { name: 'a' }, {}] }, [
    'spec.hostAliases[1].ip: duplicate ip "1.1.1.1"', 'spec.imagePullSecrets[1].name: duplicate name "a"', 'spec.imagePullSecrets[2].name: invalid empty name ""',
  ]],
  [{ terminationGracePeriodSeconds: -1 }, ['spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1']],
  [{ volumes: [{ name: 'v', gitRepo: { repository: 'r' } }, { name: 'w', storageos: {} }, { name: 'x', configMap: { name: 'm', items: [{ key: 'a', path: 'd' }, { key: 'b', path: 'd/e' }] } }] }, [
    'spec.volumes[0].gitRepo: deprecated in v1.11', 'spec.volumes[1].storageOS: deprecated in v1.22, non-functional in v1.25+',
    'volume "x" (ConfigMap "m"): overlapping paths: "d/e" with "d"',
  ]],
  [{ volumes: [{ name: 'p', projected: { sources: [{}, { secret: { name: 's', items: [{ key: 'a', path: 'token' }] } }, { serviceAccountToken: { path: 'token' } }] } }] }, [
    'volume "p" (Projected) has no sources provided', 'volume "p" (Projected ServiceAccountToken): overlapping paths: "token" with "token"',
  ]],
])('a pod with %j is told %j', (spec, expected) => {
  expect(warningsOf({ serviceAccountName: 'a', ...spec })).toEqual(expected);
});

test('annotations and names that no longer do what they did are told of', () => {
  expect(warningsOf({}, { annotations: { 'scheduler.alpha.kubernetes.io/critical-pod': '', 'container.seccomp.security.alpha.kubernetes.io/c': 'x' } })).toEqual([
    'metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; use the "priorityClassName" field instead',
    'metadata.annotations[container.seccomp.security.alpha.kubernetes.io/c]: non-functional in v1.27+; use the "seccompProfile" field instead',
  ]);
  expect(warningsOf({}, { name: 'a.b' })).toEqual([expect.stringMatching(/^metadata\.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: \[a lowercase /)]);
});

const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [container()], terminationGracePeriodSeconds: -1 } };
const TOLD = 'template.spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1';

test('templates are looked at wherever they stand, when they are new or change', () => {
  const deployment = (generation: number) => accepted(Deployment, { metadata: { generation }, spec: { selector: { matchLabels: { a: 'b' } }, template } });
  expect(Deployment.warnings?.(deployment(1), undefined)).toEqual([`spec.${TOLD}`]);
  expect(Deployment.warnings?.(deployment(1), deployment(1))).toEqual([]);
  expect(Deployment.warnings?.(deployment(2), deployment(1))).toEqual([`spec.${TOLD}`]);
  expect(CronJob.warnings?.(accepted(CronJob, { spec: { schedule: 'TZ=UTC * * * * *', jobTemplate: { spec: { template } } } }), undefined)).toEqual([
    `spec.jobTemplate.spec.${TOLD}`, expect.stringMatching(/^CRON_TZ or TZ used in spec\.schedule is not officially supported/),
  ]);
  expect(StatefulSet.warnings?.(accepted(StatefulSet, { spec: { selector: {}, template: { spec: { containers: [] } }, revisionHistoryLimit: -1, volumeClaimTemplates: [{ spec: { resources: { requests: { storage: '1m' } } } }] } }), undefined)).toEqual([
    'spec.volumeClaimTemplates[0].resources.requests[storage]: fractional byte value "1m" is invalid, must be an integer',
    'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended',
  ]);
});

test('what stands behind a gate that is off is dropped, unless it was there before', () => {
  const pod = accepted(Pod, { spec: {
    containers: [container({ lifecycle: { stopSignal: 'SIGUSR1' } })], schedulingGroup: { podGroupName: 'g' },
    volumes: [{ name: 'v', projected: { sources: [{ clusterTrustBundle: { name: 'b', path: 'p' } }, { podCertificate: { signerName: 's', keyType: 'ED25519', keyPath: 'k' } }] } }],
  } });
  const made = Pod.prepareForCreate?.(pod);
  expect(made?.spec.containers[0]?.lifecycle).toEqual({});
  expect(made?.spec).not.toHaveProperty('schedulingGroup');
  expect(made?.spec.volumes?.[0]?.projected?.sources).toEqual([{}, {}]);
  expect(Pod.prepareForUpdate?.(pod, pod)).toBe(pod);
});

test('volumes, claims and services are told of what is deprecated', () => {
  expect(PersistentVolume.warnings?.(accepted(PersistentVolume, { metadata: { annotations: { 'volume.beta.kubernetes.io/mount-options': 'x' } }, spec: { persistentVolumeReclaimPolicy: 'Recycle', rbd: { image: 'i', monitors: [] } } }), undefined)).toEqual([
    'metadata.annotations[volume.beta.kubernetes.io/mount-options]: deprecated since v1.31; use "mountOptions" attribute instead',
    'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
    'spec.rbd: deprecated in v1.28, non-functional in v1.31+',
  ]);
  expect(PersistentVolumeClaim.warnings?.(accepted(PersistentVolumeClaim, { metadata: { annotations: { 'volume.beta.kubernetes.io/storage-class': 'x' } }, spec: { resources: { requests: { storage: '100m' } } } }), undefined)).toEqual([
    'metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead',
    'spec.resources.requests[storage]: fractional byte value "100m" is invalid, must be an integer',
  ]);
  const service = accepted(Service, { spec: {
    ports: [{ port: 80 }], clusterIPs: ['fd00:0::1'], clusterIP: 'fd00:0::1', externalIPs: ['192.0.2.1'], loadBalancerSourceRanges: ['10.0.0.1/8'], trafficDistribution: 'PreferClose', externalName: 'x',
  } });
  expect(Service.warnings?.(service, undefined)).toEqual([
    'spec.clusterIPs[0]: IPv6 address "fd00:0::1" should be in RFC 5952 canonical format ("fd00::1")',
    'spec.externalIPs is deprecated and may no longer be implemented in some clusters',
    'spec.loadBalancerSourceRanges[0]: CIDR value "10.0.0.1/8" is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?)',
    'spec.externalName is ignored when spec.type is not "ExternalName"',
    'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
  ]);
});
