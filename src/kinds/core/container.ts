import { boolean, int32, list, object, part, string, type TypeOf } from '../../schema/field.ts';
import { envFromSource, envVar } from './env.ts';
import { lifecycle, probe } from './probe.ts';
import { resourceRequirements } from './resources.ts';
import { securityContext } from './security-context.ts';

export const container = part(() =>
  object('api.core.v1.Container', {
    name: string().required().tag(1).describe('A DNS label, unique within the pod.'),
    image: string().tag(2).describe('The image to run.'),
    command: list(string()).tag(3).describe('Replaces the image\'s entrypoint; not run in a shell. $(VAR) stands for environment variables.'),
    args: list(string()).tag(4).describe('Replaces the image\'s command; arguments of the entrypoint. $(VAR) stands for environment variables.'),
    workingDir: string().tag(5).describe('The directory the command starts in.'),
    ports: list(containerPort()).mapKeys('containerPort', 'protocol').mergeKey('containerPort').tag(6).describe('Ports the container listens on; for information, and for names that others refer to.'),
    env: list(envVar()).keyedBy('name').tag(7).describe('Environment variables.'),
    resources: resourceRequirements().default({}).tag(8).describe('What the container needs at least and may use at most.'),
    volumeMounts: list(volumeMount()).keyedBy('mountPath').tag(9).describe('Where the pod\'s volumes appear in the container\'s file system.'),
    livenessProbe: probe().tag(10).describe('A check that restarts the container when it fails.'),
    readinessProbe: probe().tag(11).describe('A check that takes the pod out of its services while it fails.'),
    lifecycle: lifecycle().tag(12).describe('What to do just after the start and just before the stop.'),
    terminationMessagePath: string().default('/dev/termination-log').tag(13).describe('A file whose content becomes the message in the status when the container ends.'),
    imagePullPolicy: string().among('Always', 'IfNotPresent', 'Never').tag(14).describe('Always, IfNotPresent or Never; Always by default for the tag latest, else IfNotPresent.'),
    securityContext: securityContext().tag(15).describe('Privileges and identities of this container; wins over the pod\'s.'),
    stdin: boolean().tag(16).describe('Whether the container has a standard input that stays open.'),
    stdinOnce: boolean().tag(17).describe('Whether standard input closes when the first client that attached leaves.'),
    tty: boolean().tag(18).describe('Whether the container has a terminal.'),
    envFrom: list(envFromSource()).tag(19).describe('ConfigMaps and Secrets whose keys all become environment variables.'),
    terminationMessagePolicy: string().default('File').among('File', 'FallbackToLogsOnError').tag(20).describe('File, or FallbackToLogsOnError to take the last lines of the log where that file is empty.'),
    volumeDevices: list(volumeDevice()).keyedBy('devicePath').tag(21).describe('Block devices the container gets.'),
    startupProbe: probe().tag(22).describe('A check that holds back the other two until it succeeds once.'),
    resizePolicy: list(containerResizePolicy()).tag(23).describe('Whether the container restarts when its resources are changed while it runs.'),
    restartPolicy: string().pointer().tag(24).describe('Overrules the pod\'s restart policy; Always makes an init container a sidecar.'),
    restartPolicyRules: list(containerRestartRule()).tag(25).describe('What to do on which exit code, before restartPolicy decides.'),
  }));
export type Container = TypeOf<ReturnType<typeof container>>;

export const containerPort = part(() =>
  object('api.core.v1.ContainerPort', {
    name: string().tag(1).describe('A name for services and probes to refer to, unique within the pod.'),
    hostPort: int32().tag(2).describe('A port of the node that leads here.'),
    containerPort: int32().required().tag(3).describe('The port\'s number in the pod.'),
    protocol: string().default('TCP').among('SCTP', 'TCP', 'UDP').tag(4).describe('TCP, UDP or SCTP.'),
    hostIP: string().tag(5).describe('The address of the node that hostPort is bound to.'),
  }));
export type ContainerPort = TypeOf<ReturnType<typeof containerPort>>;

export const containerResizePolicy = part(() =>
  object('api.core.v1.ContainerResizePolicy', {
    resourceName: string().required().tag(1).describe('cpu or memory.'),
    restartPolicy: string().required().tag(2).describe('NotRequired or RestartContainer.'),
  }));
export type ContainerResizePolicy = TypeOf<ReturnType<typeof containerResizePolicy>>;

export const containerRestartRule = part(() =>
  object('api.core.v1.ContainerRestartRule', {
    action: string().required().tag(1).describe('What to do when the rule applies: Restart or RestartAllContainers.'),
    exitCodes: containerRestartRuleOnExitCodes().tag(2).describe('The exit codes to which the rule applies.'),
  }));
export type ContainerRestartRule = TypeOf<ReturnType<typeof containerRestartRule>>;

export const containerRestartRuleOnExitCodes = part(() =>
  object('api.core.v1.ContainerRestartRuleOnExitCodes', {
    operator: string().required().tag(1).describe('In or NotIn.'),
    values: list(int32()).set().tag(2).describe('Exit codes.'),
  }));
export type ContainerRestartRuleOnExitCodes = TypeOf<ReturnType<typeof containerRestartRuleOnExitCodes>>;

export const ephemeralContainer = part(() =>
  object('api.core.v1.EphemeralContainer', {
    name: string().required().within(1).tag(1).describe('A DNS label, unique within the pod.'),
    image: string().within(1).tag(2).describe('The image to run.'),
    command: list(string()).within(1).tag(3).describe('Replaces the image\'s entrypoint; not run in a shell. $(VAR) stands for environment variables.'),
    args: list(string()).within(1).tag(4).describe('Replaces the image\'s command; arguments of the entrypoint. $(VAR) stands for environment variables.'),
    workingDir: string().within(1).tag(5).describe('The directory the command starts in.'),
    ports: list(containerPort()).mapKeys('containerPort', 'protocol').mergeKey('containerPort').within(1).tag(6).describe('Ports the container listens on; for information, and for names that others refer to.'),
    env: list(envVar()).keyedBy('name').within(1).tag(7).describe('Environment variables.'),
    resources: resourceRequirements().within(1).tag(8).describe('What the container needs at least and may use at most.'),
    volumeMounts: list(volumeMount()).keyedBy('mountPath').within(1).tag(9).describe('Where the pod\'s volumes appear in the container\'s file system.'),
    livenessProbe: probe().within(1).tag(10).describe('A check that restarts the container when it fails.'),
    readinessProbe: probe().within(1).tag(11).describe('A check that takes the pod out of its services while it fails.'),
    lifecycle: lifecycle().within(1).tag(12).describe('What to do just after the start and just before the stop.'),
    terminationMessagePath: string().default('/dev/termination-log').within(1).tag(13).describe('A file whose content becomes the message in the status when the container ends.'),
    imagePullPolicy: string().among('Always', 'IfNotPresent', 'Never').within(1).tag(14).describe('Always, IfNotPresent or Never; Always by default for the tag latest, else IfNotPresent.'),
    securityContext: securityContext().within(1).tag(15).describe('Privileges and identities of this container; wins over the pod\'s.'),
    stdin: boolean().within(1).tag(16).describe('Whether the container has a standard input that stays open.'),
    stdinOnce: boolean().within(1).tag(17).describe('Whether standard input closes when the first client that attached leaves.'),
    tty: boolean().within(1).tag(18).describe('Whether the container has a terminal.'),
    envFrom: list(envFromSource()).within(1).tag(19).describe('ConfigMaps and Secrets whose keys all become environment variables.'),
    terminationMessagePolicy: string().default('File').among('File', 'FallbackToLogsOnError').within(1).tag(20).describe('File, or FallbackToLogsOnError to take the last lines of the log where that file is empty.'),
    volumeDevices: list(volumeDevice()).keyedBy('devicePath').within(1).tag(21).describe('Block devices the container gets.'),
    startupProbe: probe().within(1).tag(22).describe('A check that holds back the other two until it succeeds once.'),
    resizePolicy: list(containerResizePolicy()).within(1).tag(23).describe('Whether the container restarts when its resources are changed while it runs.'),
    restartPolicy: string().pointer().within(1).tag(24).describe('Overrules the pod\'s restart policy; Always makes an init container a sidecar.'),
    restartPolicyRules: list(containerRestartRule()).within(1).tag(25).describe('What to do on which exit code, before restartPolicy decides.'),
    targetContainerName: string().tag(2).describe('The container whose processes this one sees.'),
  }));
export type EphemeralContainer = TypeOf<ReturnType<typeof ephemeralContainer>>;

export const volumeDevice = part(() =>
  object('api.core.v1.VolumeDevice', {
    name: string().required().tag(1).describe('The pod\'s volume, made of a claim in block mode.'),
    devicePath: string().required().tag(2).describe('The device\'s path in the container.'),
  }));
export type VolumeDevice = TypeOf<ReturnType<typeof volumeDevice>>;

export const volumeMount = part(() =>
  object('api.core.v1.VolumeMount', {
    name: string().required().tag(1).describe('The pod\'s volume.'),
    readOnly: boolean().tag(2).describe('Whether the container may only read it.'),
    mountPath: string().required().tag(3).describe('Where it appears in the container.'),
    subPath: string().tag(4).describe('A path within the volume that is mounted instead of its root.'),
    mountPropagation: string().pointer().tag(5).describe('Whether mounts made later cross between node and container: None, HostToContainer or Bidirectional.'),
    subPathExpr: string().tag(6).describe('As subPath, with $(VAR) standing for the container\'s environment variables.'),
    recursiveReadOnly: string().pointer().tag(7).describe('Whether mounts below are read-only too: Disabled, IfPossible or Enabled.'),
  }));
export type VolumeMount = TypeOf<ReturnType<typeof volumeMount>>;
