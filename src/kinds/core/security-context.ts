import { boolean, int64, list, object, part, string, type TypeOf } from '../../schema/field.ts';

export const appArmorProfile = part(() =>
  object('api.core.v1.AppArmorProfile', {
    type: string().required().tag(1).describe('Localhost, RuntimeDefault or Unconfined.'),
    localhostProfile: string().pointer().tag(2).describe('A profile loaded on the node, for Localhost.'),
  }).union(['localhostProfile'], 'type'));
export type AppArmorProfile = TypeOf<ReturnType<typeof appArmorProfile>>;

export const capabilities = part(() =>
  object('api.core.v1.Capabilities', {
    add: list(string()).tag(1).describe('Capabilities to add, without CAP_.'),
    drop: list(string()).tag(2).describe('Capabilities to take away; ALL takes all.'),
  }));
export type Capabilities = TypeOf<ReturnType<typeof capabilities>>;

export const podSecurityContext = part(() =>
  object('api.core.v1.PodSecurityContext', {
    seLinuxOptions: seLinuxOptions().tag(1).describe('SELinux labels of the containers.'),
    runAsUser: int64().pointer().tag(2).describe('The user ID processes start with; the image\'s unless said.'),
    runAsNonRoot: boolean().pointer().tag(3).describe('Whether to refuse containers that would run as root.'),
    supplementalGroups: list(int64()).tag(4).describe('Further groups of the first process.'),
    fsGroup: int64().pointer().tag(5).describe('A group that owns the volumes and that all containers belong to.'),
    runAsGroup: int64().pointer().tag(6).describe('The group ID processes start with.'),
    sysctls: list(sysctl()).tag(7).describe('Kernel parameters of the pod\'s namespaces.'),
    windowsOptions: windowsSecurityContextOptions().tag(8).describe('What only Windows knows.'),
    fsGroupChangePolicy: string().pointer().among('Always', 'OnRootMismatch').tag(9).describe('When volumes change hands to fsGroup: Always or OnRootMismatch.'),
    seccompProfile: seccompProfile().tag(10).describe('Which system calls are allowed.'),
    appArmorProfile: appArmorProfile().tag(11).describe('The AppArmor profile.'),
    supplementalGroupsPolicy: string().pointer().tag(12).describe('Merge also takes groups from the image, Strict does not.'),
    seLinuxChangePolicy: string().pointer().tag(13).describe('How volumes get their SELinux label: MountOption or Recursive.'),
  }));
export type PodSecurityContext = TypeOf<ReturnType<typeof podSecurityContext>>;

export const seLinuxOptions = part(() =>
  object('api.core.v1.SELinuxOptions', {
    user: string().tag(1).describe('SELinux user.'),
    role: string().tag(2).describe('SELinux role.'),
    type: string().tag(3).describe('SELinux type.'),
    level: string().tag(4).describe('SELinux level.'),
  }));
export type SELinuxOptions = TypeOf<ReturnType<typeof seLinuxOptions>>;

export const seccompProfile = part(() =>
  object('api.core.v1.SeccompProfile', {
    type: string().required().tag(1).describe('Localhost, RuntimeDefault or Unconfined.'),
    localhostProfile: string().pointer().tag(2).describe('A file below the kubelet\'s seccomp directory, for Localhost.'),
  }).union(['localhostProfile'], 'type'));
export type SeccompProfile = TypeOf<ReturnType<typeof seccompProfile>>;

export const securityContext = part(() =>
  object('api.core.v1.SecurityContext', {
    capabilities: capabilities().tag(1).describe('Capabilities of the kernel added to or taken from the container.'),
    privileged: boolean().pointer().tag(2).describe('Whether the container may do all its node can.'),
    seLinuxOptions: seLinuxOptions().tag(3).describe('SELinux labels of the container.'),
    runAsUser: int64().pointer().tag(4).describe('The user ID processes start with; the image\'s unless said.'),
    runAsNonRoot: boolean().pointer().tag(5).describe('Whether to refuse to run as root.'),
    readOnlyRootFilesystem: boolean().pointer().tag(6).describe('Whether the container\'s root file system is read-only.'),
    allowPrivilegeEscalation: boolean().pointer().tag(7).describe('Whether a process may gain more privileges than its parent.'),
    runAsGroup: int64().pointer().tag(8).describe('The group ID processes start with.'),
    procMount: string().pointer().tag(9).describe('How /proc is mounted: Default hides some paths, Unmasked none.'),
    windowsOptions: windowsSecurityContextOptions().tag(10).describe('What only Windows knows.'),
    seccompProfile: seccompProfile().tag(11).describe('Which system calls are allowed.'),
    appArmorProfile: appArmorProfile().tag(12).describe('The AppArmor profile.'),
  }));
export type SecurityContext = TypeOf<ReturnType<typeof securityContext>>;

export const sysctl = part(() =>
  object('api.core.v1.Sysctl', {
    name: string().required().tag(1).describe('The parameter\'s name.'),
    value: string().required().tag(2).describe('Its value.'),
  }));
export type Sysctl = TypeOf<ReturnType<typeof sysctl>>;

export const windowsSecurityContextOptions = part(() =>
  object('api.core.v1.WindowsSecurityContextOptions', {
    gmsaCredentialSpecName: string().pointer().tag(1).describe('The GMSA credential spec\'s name.'),
    gmsaCredentialSpec: string().pointer().tag(2).describe('The GMSA credential spec itself.'),
    runAsUserName: string().pointer().tag(3).describe('The Windows user processes start as.'),
    hostProcess: boolean().pointer().tag(4).describe('Whether the container runs on the host itself.'),
  }));
export type WindowsSecurityContextOptions = TypeOf<ReturnType<typeof windowsSecurityContextOptions>>;
