import { boolean, int32, list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { envFromSource, envVar } from './env.ts';
import { lifecycle, probe } from './probe.ts';
import { resourceRequirements } from './resources.ts';
import { securityContext } from './security-context.ts';

export const container = part(() =>
  object('api.core.v1.Container', {
    name: string().required().tag(1),
    image: string().tag(2),
    command: list(string()).tag(3),
    args: list(string()).tag(4),
    workingDir: string().tag(5),
    ports: list(containerPort()).mapKeys('containerPort', 'protocol').mergeKey('containerPort').tag(6),
    env: list(envVar()).keyedBy('name').tag(7),
    resources: resourceRequirements().default({}).tag(8),
    volumeMounts: list(volumeMount()).keyedBy('mountPath').tag(9),
    livenessProbe: probe().tag(10),
    readinessProbe: probe().tag(11),
    lifecycle: lifecycle().tag(12),
    terminationMessagePath: string().default('/dev/termination-log').tag(13),
    imagePullPolicy: string().among('Always', 'IfNotPresent', 'Never').tag(14),
    securityContext: securityContext().tag(15),
    stdin: boolean().tag(16),
    stdinOnce: boolean().tag(17),
    tty: boolean().tag(18),
    envFrom: list(envFromSource()).tag(19),
    terminationMessagePolicy: string().default('File').among('File', 'FallbackToLogsOnError').tag(20),
    volumeDevices: list(volumeDevice()).keyedBy('devicePath').tag(21),
    startupProbe: probe().tag(22),
    resizePolicy: list(containerResizePolicy()).tag(23),
    restartPolicy: string().pointer().tag(24),
    restartPolicyRules: list(containerRestartRule()).tag(25),
  }));
export type Container = TypeOf<ReturnType<typeof container>>;

export const containerPort = part(() =>
  object('api.core.v1.ContainerPort', {
    name: string().tag(1),
    hostPort: int32().tag(2),
    containerPort: int32().required().tag(3),
    protocol: string().default('TCP').among('SCTP', 'TCP', 'UDP').tag(4),
    hostIP: string().tag(5),
  }));
export type ContainerPort = TypeOf<ReturnType<typeof containerPort>>;

export const containerResizePolicy = part(() =>
  object('api.core.v1.ContainerResizePolicy', {
    resourceName: string().required().tag(1),
    restartPolicy: string().required().tag(2),
  }));
export type ContainerResizePolicy = TypeOf<ReturnType<typeof containerResizePolicy>>;

export const containerRestartRule = part(() =>
  object('api.core.v1.ContainerRestartRule', {
    action: string().required().tag(1),
    exitCodes: containerRestartRuleOnExitCodes().tag(2),
  }));
export type ContainerRestartRule = TypeOf<ReturnType<typeof containerRestartRule>>;

export const containerRestartRuleOnExitCodes = part(() =>
  object('api.core.v1.ContainerRestartRuleOnExitCodes', {
    operator: string().required().tag(1),
    values: list(int32()).set().tag(2),
  }));
export type ContainerRestartRuleOnExitCodes = TypeOf<ReturnType<typeof containerRestartRuleOnExitCodes>>;

export const ephemeralContainer = part(() =>
  object('api.core.v1.EphemeralContainer', {
    name: string().required().within(1).tag(1),
    image: string().within(1).tag(2),
    command: list(string()).within(1).tag(3),
    args: list(string()).within(1).tag(4),
    workingDir: string().within(1).tag(5),
    ports: list(containerPort()).mapKeys('containerPort', 'protocol').mergeKey('containerPort').within(1).tag(6),
    env: list(envVar()).keyedBy('name').within(1).tag(7),
    resources: resourceRequirements().within(1).tag(8),
    volumeMounts: list(volumeMount()).keyedBy('mountPath').within(1).tag(9),
    livenessProbe: probe().within(1).tag(10),
    readinessProbe: probe().within(1).tag(11),
    lifecycle: lifecycle().within(1).tag(12),
    terminationMessagePath: string().default('/dev/termination-log').within(1).tag(13),
    imagePullPolicy: string().among('Always', 'IfNotPresent', 'Never').within(1).tag(14),
    securityContext: securityContext().within(1).tag(15),
    stdin: boolean().within(1).tag(16),
    stdinOnce: boolean().within(1).tag(17),
    tty: boolean().within(1).tag(18),
    envFrom: list(envFromSource()).within(1).tag(19),
    terminationMessagePolicy: string().default('File').among('File', 'FallbackToLogsOnError').within(1).tag(20),
    volumeDevices: list(volumeDevice()).keyedBy('devicePath').within(1).tag(21),
    startupProbe: probe().within(1).tag(22),
    resizePolicy: list(containerResizePolicy()).within(1).tag(23),
    restartPolicy: string().pointer().within(1).tag(24),
    restartPolicyRules: list(containerRestartRule()).within(1).tag(25),
    targetContainerName: string().tag(2),
  }));
export type EphemeralContainer = TypeOf<ReturnType<typeof ephemeralContainer>>;

export const volumeDevice = part(() =>
  object('api.core.v1.VolumeDevice', {
    name: string().required().tag(1),
    devicePath: string().required().tag(2),
  }));
export type VolumeDevice = TypeOf<ReturnType<typeof volumeDevice>>;

export const volumeMount = part(() =>
  object('api.core.v1.VolumeMount', {
    name: string().required().tag(1),
    readOnly: boolean().tag(2),
    mountPath: string().required().tag(3),
    subPath: string().tag(4),
    mountPropagation: string().pointer().tag(5),
    subPathExpr: string().tag(6),
    recursiveReadOnly: string().pointer().tag(7),
  }));
export type VolumeMount = TypeOf<ReturnType<typeof volumeMount>>;
