import { expect, test } from 'vitest';
import { FieldPath } from '../../meta/field-error.ts';
import { decodeObject } from '../../schema/decode.ts';
import { errorsOf } from '../testing/errors-of.ts';
import { podErrors } from './pod-validation.ts';
import { Pod } from './pod.ts';

const image = 'web:1';
const pod = (spec: object, container: object = {}) => ({ spec: { containers: [{ name: 'a', image, ...container }], ...spec } });
const wrong = (spec: object, container?: object) => errorsOf(Pod, pod(spec, container));
const LABEL = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

test('the smallest pod is valid', () => expect(wrong({})).toEqual([]));

test('a pod needs containers, a container a name and an image', () => {
  expect(errorsOf(Pod, { spec: {} })).toEqual(['spec.containers: Required value']);
  expect(wrong({ containers: [{}] })).toEqual(expect.arrayContaining(['spec.containers[0].name: Required value', 'spec.containers[0].image: Required value']));
  expect(wrong({ containers: [{ name: 'A_', image }] })).toEqual([`spec.containers[0].name: Invalid value: "A_": ${LABEL}`]);
});

test('names of containers are unique among all sorts', () => {
  expect(wrong({ containers: [{ name: 'a', image }, { name: 'a', image }] })).toEqual(['spec.containers[1].name: Duplicate value: "a"']);
  expect(wrong({ initContainers: [{ name: 'a', image }] })).toEqual(['spec.initContainers[0].name: Duplicate value: "a"']);
});

test('a spec found sound under one name is judged anew under another', () => {
  const { spec } = decodeObject<Pod>(Pod, pod({ resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 'gpu' }] })).value;
  const fieldsUnder = (name: string) => [...podErrors({ metadata: { name }, spec }, FieldPath.of())].map(({ field }) => field);
  expect(fieldsUnder('web')).toEqual([]);
  expect(fieldsUnder('web')).toEqual([]);
  expect(fieldsUnder('w'.repeat(250))).toEqual(['spec.resourceClaims[0].name']);
});

test('a spec found sound once is judged anew where a name of its own token comes twice', () => {
  const volume = (suffix: string) => ({ name: `kube-api-access-${suffix}`, emptyDir: {} });
  expect(wrong({ volumes: [volume('aaaaa'), volume('bbbbb')] })).toEqual([]);
  expect(wrong({ volumes: [volume('ccccc'), volume('bbbbb')] })).toEqual([]);

  expect(wrong({ volumes: [volume('bbbbb'), volume('bbbbb')] })).toEqual(wrong({ volumes: [{ name: 'a', emptyDir: {} }, { name: 'a', emptyDir: {} }] }).map((text) => text.replaceAll('"a"', '"kube-api-access-bbbbb"')));
});

test('an image may not be padded in a pod', () => {
  expect(wrong({}, { image: ' web ' })).toEqual(['spec.containers[0].image: Invalid value: " web ": must not have leading or trailing whitespace']);
});

test('closed sets name their members in upstream\'s order', () => {
  expect(wrong({ restartPolicy: 'Sometimes' })).toEqual(['spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"']);
  expect(wrong({}, { imagePullPolicy: 'Maybe' })).toEqual(['spec.containers[0].imagePullPolicy: Unsupported value: "Maybe": supported values: "Always", "IfNotPresent", "Never"']);
  expect(wrong({}, { ports: [{ containerPort: 80, protocol: 'ICMP' }] })).toEqual(['spec.containers[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"']);
});

test('ports are numbers of ports, host ports not taken twice', () => {
  expect(wrong({}, { ports: [{}] })).toEqual(['spec.containers[0].ports[0].containerPort: Required value']);
  expect(wrong({}, { ports: [{ containerPort: 70000 }] })).toEqual(['spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive']);
  expect(wrong({}, { ports: [{ containerPort: 80, hostPort: 80 }, { containerPort: 81, hostPort: 80 }] })).toEqual(['spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//80"']);
});

test('mounts name volumes of the pod, at places of their own', () => {
  const volumes = [{ name: 'v', emptyDir: {} }];
  expect(wrong({}, { volumeMounts: [{ name: 'v', mountPath: '/v' }] })).toEqual(['spec.containers[0].volumeMounts[0].name: Not found: "v"']);
  const twice = [{ name: 'v', mountPath: '/v' }, { name: 'v', mountPath: '/v' }];
  expect(wrong({ volumes }, { volumeMounts: twice })).toEqual(['spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/v": must be unique']);
  expect(wrong({ volumes }, { volumeMounts: [{ name: 'v', mountPath: '/v', subPath: '/x/..' }] })).toEqual([
    'spec.containers[0].volumeMounts.subPath: Invalid value: "/x/..": must be a relative path',
    'spec.containers[0].volumeMounts.subPath: Invalid value: "/x/..": must not contain \'..\'',
  ]);
  expect(wrong({ volumes }, { volumeMounts: [{ name: 'v', mountPath: '/v', mountPropagation: 'Bidirectional' }] })).toEqual([
    'spec.containers[0].volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers',
  ]);
});

test('a volume has one source', () => {
  expect(wrong({ volumes: [{ name: 'v', emptyDir: {}, hostPath: { path: '/' } }] })).toEqual(['spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type']);
  expect(wrong({ volumes: [{ name: 'v', secret: {} }] })).toEqual(['spec.volumes[0].secret.secretName: Required value']);
  expect(wrong({ volumes: [{ name: 'v', configMap: { name: 'c', items: [{ key: 'k', path: '../x' }] } }] })).toEqual(['spec.volumes[0].configMap.items[0].path: Invalid value: "../x": must not contain \'..\'']);
  expect(wrong({ volumes: [{ name: 'v', hostPath: { path: '/', type: 'Tape' } }] })).toEqual([
    'spec.volumes[0].hostPath.type: Unsupported value: "Tape": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"',
  ]);
  expect(wrong({ volumes: [{ name: 'v' }, { name: 'v' }] })).toEqual(['spec.volumes[1].name: Duplicate value: "v"']);
});

test('an environment variable has one source', () => {
  const env = (one: object) => wrong({}, { env: [{ name: 'A', ...one }] });
  expect(env({ valueFrom: {} })).toEqual(['spec.containers[0].env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`']);
  expect(env({ value: 'x', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } })).toEqual(['spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty']);
  expect(env({ valueFrom: { fieldRef: { fieldPath: 'metadata.whoops' } } })).toEqual([
    'spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: "metadata.whoops": error converting fieldPath: field label not supported: metadata.whoops',
  ]);
  expect(env({ valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } })).toEqual([]);
  expect(env({ valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1Mi' } } })).toEqual([
    'spec.containers[0].env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor\'s values 1m and 1 are supported with the cpu resource',
  ]);
});

test('requests stay within limits, and names of resources are known', () => {
  const resources = (one: object) => wrong({}, { resources: one });
  expect(resources({ limits: { cpu: '1' }, requests: { cpu: '2' } })).toEqual(['spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1']);
  expect(resources({ requests: { cpu: '-1' } })).toEqual(['spec.containers[0].resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0']);
  expect(resources({ requests: { flops: '1' } })).toEqual([
    'spec.containers[0].resources.requests[flops]: Invalid value: "flops": must be a standard resource type or fully qualified',
    'spec.containers[0].resources.requests[flops]: Invalid value: "flops": must be a standard resource for containers',
  ]);
  expect(resources({ requests: { 'example.com/gpu': '1' } })).toEqual(['spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources']);
  expect(resources({ limits: { 'example.com/gpu': '1.5' } })).toContain('spec.containers[0].resources.limits[example.com/gpu]: Invalid value: "1500m": must be an integer');
});

test('a probe has one handler, and succeeds at once where it must', () => {
  expect(wrong({}, { livenessProbe: {} })).toEqual(['spec.containers[0].livenessProbe: Required value: must specify a handler type']);
  expect(wrong({}, { livenessProbe: { exec: { command: ['true'] }, tcpSocket: { port: 80 } } })).toEqual(['spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type']);
  expect(wrong({}, { livenessProbe: { httpGet: { port: 80 }, successThreshold: 2 } })).toEqual(['spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1']);
  expect(wrong({}, { livenessProbe: { httpGet: {} } })).toContain('spec.containers[0].livenessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive');
  expect(wrong({ initContainers: [{ name: 'i', image, livenessProbe: { httpGet: { port: 80 } } }] })).toEqual(['spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always']);
  expect(wrong({ initContainers: [{ name: 'i', image, restartPolicy: 'Always', livenessProbe: { httpGet: { port: 80 } } }] })).toEqual([]);
});

test('affinity, spreading and tolerations are checked as deep as they go', () => {
  const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Near' }] }] } };
  expect(wrong({ affinity: { nodeAffinity } })).toEqual([
    'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].operator: Invalid value: "Near": not a valid selector operator',
  ]);
  expect(wrong({ tolerations: [{ key: 'a', operator: 'Exists', value: 'b' }] })).toEqual(['spec.tolerations[0].operator: Invalid value: "b": value must be empty when `operator` is \'Exists\'']);
  expect(wrong({ tolerations: [{ key: 'a', effect: 'Whim' }] })).toEqual(['spec.tolerations[0].effect: Unsupported value: "Whim": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"']);
  expect(wrong({ topologySpreadConstraints: [{ maxSkew: 0, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }] })).toEqual([
    'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
  ]);
});

test('security contexts keep to what the kernel knows', () => {
  expect(wrong({ securityContext: { runAsUser: -1 } })).toEqual(['spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive']);
  expect(wrong({}, { securityContext: { seccompProfile: { type: 'Localhost' } } })).toEqual([
    'spec.containers[0].securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost',
  ]);
  expect(wrong({ hostUsers: false, hostNetwork: true })).toEqual(['spec.hostNetwork: Forbidden: when `hostUsers` is false']);
  expect(wrong({ os: { name: 'windows' }, hostPID: true })).toEqual(['spec.hostPID: Forbidden: cannot be set for a windows pod']);
});

test('what a pod alone may not have at its creation', () => {
  expect(wrong({ ephemeralContainers: [{ name: 'e', image }] })).toEqual(['spec.ephemeralContainers: Forbidden: cannot be set on create']);
  expect(wrong({ nodeName: 'n', schedulingGates: [{ name: 'g' }] })).toEqual(['spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared']);
});

test('a body that lacks everything is told so, not crashed upon', () => {
  const holes = {
    containers: [{ ports: [{}], env: [{ valueFrom: { configMapKeyRef: {} } }], envFrom: [{}], volumeMounts: [{}], volumeDevices: [{}], resizePolicy: [{}], restartPolicyRules: [{}], livenessProbe: { grpc: {} }, lifecycle: { preStop: { sleep: {} } } }],
    initContainers: [{}], ephemeralContainers: [{}], imagePullSecrets: [{}], hostAliases: [{}], resourceClaims: [{}], schedulingGates: [{}], readinessGates: [{}],
    volumes: [{ iscsi: {}, nfs: {}, csi: {}, projected: { sources: [{ serviceAccountToken: {}, downwardAPI: { items: [{}] }, secret: { items: [{}] } }] }, ephemeral: {}, downwardAPI: { items: [{}] }, azureDisk: {} }],
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {}, preferredDuringSchedulingIgnoredDuringExecution: [{}] }, podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{}], preferredDuringSchedulingIgnoredDuringExecution: [{}] } },
    tolerations: [{}], topologySpreadConstraints: [{}], securityContext: { sysctls: [{}], seccompProfile: {}, appArmorProfile: {} }, os: {}, dnsConfig: { options: [{}] },
  };
  expect(errorsOf(Pod, { spec: holes }).length).toBeGreaterThan(30);
});

const asks = (cpu: string, more: object = {}) => ({ name: 'a', image, resources: { requests: { cpu } }, ...more });
test.each<[why: string, spec: object, errors: readonly string[]]>([
  ['covers its containers', { resources: { requests: { cpu: '2' } }, containers: [asks('2')] }, []],
  ['asks for less', { resources: { requests: { cpu: '1' } }, containers: [asks('1'), asks('500m', { name: 'b' })] }, [
    'spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 1500m']],
  ['asks for less than an init container', { resources: { requests: { cpu: '1' } }, initContainers: [asks('3', { name: 'i' })] }, [
    'spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 3']],
  ['limits its containers', { resources: { limits: { cpu: '1' } }, containers: [{ name: 'a', image, resources: { limits: { cpu: '2' } } }] }, [
    'spec.resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    'spec.resources.containers[0][cpu].limits: Invalid value: "2": must be less than or equal to pod limits of 1']],
  ['has its own sorts', { resources: { limits: { 'example.com/gpu': '1' } } }, ['spec.resources.limits[example.com/gpu]: Unsupported value: "example.com/gpu": supported values: "cpu", "hugepages-", "memory"']],
  ['claims', { resources: { claims: [{ name: 'x' }] } }, ['spec.resources.claims: Forbidden: claims cannot be set for Resources at pod-level']],
  ['is of windows', { os: { name: 'windows' }, resources: {} }, ['spec.resources: Forbidden: may not be set for a windows pod']],
])('a pod that as a whole %s', (_, spec, errors) => expect(wrong(spec)).toEqual(errors));

test.each<[why: string, spec: object, errors: readonly string[]]>([
  ['all on the host', { hostNetwork: true, securityContext: { windowsOptions: { hostProcess: true } } }, []],
  ['one on the host', { securityContext: { windowsOptions: { hostProcess: true } }, containers: [{ name: 'a', image }, { name: 'b', image, securityContext: { windowsOptions: { hostProcess: false } } }] }, [
    'spec.containers[1].securityContext.windowsOptions.hostProcess: Invalid value: false: pod hostProcess value must be identical if both are specified, was true',
    'spec: Invalid value: "": If pod contains any hostProcess containers then all containers must be HostProcess containers',
    'spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers']],
  ['by mount option', { securityContext: { seLinuxChangePolicy: 'MountOption' } }, ['spec.securityContext.seLinuxChangePolicy: Unsupported value: "MountOption": supported values: "Recursive"']],
  ['an image at times', { volumes: [{ name: 'v', image: { reference: '', pullPolicy: 'Now' } }] }, [
    'spec.volumes[0].image.reference: Required value', 'spec.volumes[0].image.pullPolicy: Unsupported value: "Now": supported values: "Always", "IfNotPresent", "Never"']],
])('%s', (_, spec, errors) => expect(wrong(spec)).toEqual(errors));
