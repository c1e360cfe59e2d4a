import { boolean, int64, list, object, part, string, type TypeOf } from '../../schema/field.ts';

export const appArmorProfile = part(() =>
  object('api.core.v1.AppArmorProfile', {
    type: string().required().tag(1),
    localhostProfile: string().pointer().tag(2),
  }));
export type AppArmorProfile = TypeOf<ReturnType<typeof appArmorProfile>>;

export const capabilities = part(() =>
  object('api.core.v1.Capabilities', {
    add: list(string()).tag(1),
    drop: list(string()).tag(2),
  }));
export type Capabilities = TypeOf<ReturnType<typeof capabilities>>;

export const podSecurityContext = part(() =>
  object('api.core.v1.PodSecurityContext', {
    seLinuxOptions: seLinuxOptions().tag(1),
    runAsUser: int64().pointer().tag(2),
    runAsNonRoot: boolean().pointer().tag(3),
    supplementalGroups: list(int64()).tag(4),
    fsGroup: int64().pointer().tag(5),
    runAsGroup: int64().pointer().tag(6),
    sysctls: list(sysctl()).tag(7),
    windowsOptions: windowsSecurityContextOptions().tag(8),
    fsGroupChangePolicy: string().pointer().among('Always', 'OnRootMismatch').tag(9),
    seccompProfile: seccompProfile().tag(10),
    appArmorProfile: appArmorProfile().tag(11),
    supplementalGroupsPolicy: string().pointer().tag(12),
    seLinuxChangePolicy: string().pointer().tag(13),
  }));
export type PodSecurityContext = TypeOf<ReturnType<typeof podSecurityContext>>;

export const seLinuxOptions = part(() =>
  object('api.core.v1.SELinuxOptions', {
    user: string().tag(1),
    role: string().tag(2),
    type: string().tag(3),
    level: string().tag(4),
  }));
export type SELinuxOptions = TypeOf<ReturnType<typeof seLinuxOptions>>;

export const seccompProfile = part(() =>
  object('api.core.v1.SeccompProfile', {
    type: string().required().tag(1),
    localhostProfile: string().pointer().tag(2),
  }));
export type SeccompProfile = TypeOf<ReturnType<typeof seccompProfile>>;

export const securityContext = part(() =>
  object('api.core.v1.SecurityContext', {
    capabilities: capabilities().tag(1),
    privileged: boolean().pointer().tag(2),
    seLinuxOptions: seLinuxOptions().tag(3),
    runAsUser: int64().pointer().tag(4),
    runAsNonRoot: boolean().pointer().tag(5),
    readOnlyRootFilesystem: boolean().pointer().tag(6),
    allowPrivilegeEscalation: boolean().pointer().tag(7),
    runAsGroup: int64().pointer().tag(8),
    procMount: string().pointer().tag(9),
    windowsOptions: windowsSecurityContextOptions().tag(10),
    seccompProfile: seccompProfile().tag(11),
    appArmorProfile: appArmorProfile().tag(12),
  }));
export type SecurityContext = TypeOf<ReturnType<typeof securityContext>>;

export const sysctl = part(() =>
  object('api.core.v1.Sysctl', {
    name: string().required().tag(1),
    value: string().required().tag(2),
  }));
export type Sysctl = TypeOf<ReturnType<typeof sysctl>>;

export const windowsSecurityContextOptions = part(() =>
  object('api.core.v1.WindowsSecurityContextOptions', {
    gmsaCredentialSpecName: string().pointer().tag(1),
    gmsaCredentialSpec: string().pointer().tag(2),
    runAsUserName: string().pointer().tag(3),
    hostProcess: boolean().pointer().tag(4),
  }));
export type WindowsSecurityContextOptions = TypeOf<ReturnType<typeof windowsSecurityContextOptions>>;
