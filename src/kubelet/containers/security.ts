/** Pod and container security contexts as CRI takes them; the container's own settings win over its pod's. */
import { join } from 'node:path';
import type { Container, EphemeralContainer } from '../../kinds/core/container.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { SeccompProfile } from '../../kinds/core/security-context.ts';
import type { Image, LinuxContainerSecurityContext, LinuxPodSandboxConfig, NamespaceOption, SecurityProfile, UserNamespace } from '../cri/runtime-v1.ts';
import { ephemeralContainers, initContainers, podTitle } from '../pod.ts';

const READONLY_PATHS = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/** The node's own part in what containers may do. */
export interface SecuritySettings {
  /** Localhost seccomp profiles are files below it. */
  readonly seccompDir: string;
  /** RuntimeDefault for containers that say nothing of seccomp; unconfined unless said. */
  readonly seccompDefault?: boolean | undefined;
  /** What /proc and /sys hide from containers. */
  readonly maskedPaths: readonly string[];
}

export interface SecurityInput {
  readonly pod: Pod;
  readonly container: Container | EphemeralContainer;
  readonly image: Image;
  readonly settings: SecuritySettings;
  /** The users of the pod's sandbox. */
  readonly userns?: UserNamespace | undefined;
  /** Of the container whose processes an ephemeral one wants to see. */
  readonly targetId?: string | undefined;
}

/** @throws Error with upstream's text where a container that must not run as root would */
export function containerSecurity(input: SecurityInput): LinuxContainerSecurityContext {
  const { pod, container, image, settings, targetId, userns } = input;
  const own = container.securityContext ?? {};
  const shared = pod.spec.securityContext ?? {};
  const runAsUser = own.runAsUser ?? shared.runAsUser ?? image.uid?.value;
  const runAsGroup = own.runAsGroup ?? shared.runAsGroup;
  refuseRoot(input, { runAsUser, nonRoot: own.runAsNonRoot ?? shared.runAsNonRoot });
  const privileged = own.privileged === true;
  const unmasked = privileged || own.procMount === 'Unmasked';
  const capabilities = own.capabilities;
  const selinux = own.seLinuxOptions ?? shared.seLinuxOptions;
  return {
    privileged,
    ...(capabilities ? { capabilities: { addCapabilities: capabilities.add ?? [], dropCapabilities: capabilities.drop ?? [] } } : {}),
    namespaceOptions: { ...namespacesOf(pod, userns), ...(targetId === undefined ? {} : { pid: 'TARGET' as const, targetId }) },
    ...(selinux ? { selinuxOptions: selinux } : {}),
    ...(runAsUser === undefined ? (image.username ? { runAsUsername: image.username } : {}) : { runAsUser: { value: runAsUser } }),
    ...(runAsGroup === undefined ? {} : { runAsGroup: { value: runAsGroup } }),
    readonlyRootfs: own.readOnlyRootFilesystem === true,
    supplementalGroups: groupsOf(pod),
    supplementalGroupsPolicy: shared.supplementalGroupsPolicy === 'Strict' ? 'Strict' : 'Merge',
    noNewPrivs: own.allowPrivilegeEscalation === false,
    maskedPaths: unmasked ? [] : settings.maskedPaths,
    readonlyPaths: unmasked ? [] : READONLY_PATHS,
    seccomp: privileged ? { profileType: 'Unconfined' } : seccompOf(own.seccompProfile ?? shared.seccompProfile, settings),
    ...appArmorOf(input),
  };
}

function refuseRoot({ pod, container, image }: SecurityInput, { runAsUser, nonRoot }: { readonly runAsUser: number | undefined; readonly nonRoot: boolean | undefined }): void {
  if (nonRoot !== true) return;
  const at = `(pod: "${podTitle(pod)}", container: ${container.name})`;
  const asked = container.securityContext?.runAsUser ?? pod.spec.securityContext?.runAsUser;
  if (asked !== undefined) {
    if (asked === 0) throw new Error(`container's runAsUser breaks non-root policy ${at}`);
    return;
  }
  if (runAsUser === 0 || (runAsUser === undefined && image.username === '')) throw new Error(`container has runAsNonRoot and image will run as root ${at}`);
  if (runAsUser === undefined) {
    throw new Error(`container has runAsNonRoot and image has non-numeric user (${image.username}), cannot verify user is non-root ${at}`);
  }
}

const groupsOf = (pod: Pod): readonly number[] => {
  const { supplementalGroups = [], fsGroup } = pod.spec.securityContext ?? {};
  return fsGroup === undefined ? supplementalGroups : [fsGroup, ...supplementalGroups];
};

export function namespacesOf({ spec }: Pod, userns: UserNamespace | undefined): NamespaceOption {
  return {
    network: spec.hostNetwork ? 'NODE' : 'POD',
    pid: spec.hostPID ? 'NODE' : spec.shareProcessNamespace ? 'POD' : 'CONTAINER',
    ipc: spec.hostIPC ? 'NODE' : 'POD',
    ...(userns ? { usernsOptions: userns } : {}),
  };
}

/** @throws Error with upstream's text where a profile of the node's own has no name */
function seccompOf(profile: SeccompProfile | undefined, { seccompDir, seccompDefault }: SecuritySettings): SecurityProfile {
  switch (profile?.type) {
    case 'RuntimeDefault': return { profileType: 'RuntimeDefault' };
    case 'Localhost':
      if (!profile.localhostProfile) throw new Error('localhostProfile must be set if seccompProfile type is Localhost.');
      return { profileType: 'Localhost', localhostRef: join(seccompDir, profile.localhostProfile) };
    case 'Unconfined': return { profileType: 'Unconfined' };
    default: return { profileType: seccompDefault ? 'RuntimeDefault' : 'Unconfined' };
  }
}

/** Nothing said leaves it to the runtime. */
function appArmorOf({ pod, container }: SecurityInput): { readonly apparmor?: SecurityProfile } {
  const profile = container.securityContext?.appArmorProfile ?? pod.spec.securityContext?.appArmorProfile;
  switch (profile?.type) {
    case 'RuntimeDefault': return { apparmor: { profileType: 'RuntimeDefault' } };
    case 'Unconfined': return { apparmor: { profileType: 'Unconfined' } };
    case 'Localhost': return { apparmor: { profileType: 'Localhost', localhostRef: profile.localhostProfile ?? '' } };
    default: return {};
  }
}

export const hasPrivileged = (pod: Pod): boolean =>
  [...pod.spec.containers, ...initContainers(pod), ...ephemeralContainers(pod)].some(({ securityContext }) => securityContext?.privileged === true);

export function sandboxSecurity(pod: Pod, userns?: UserNamespace): NonNullable<LinuxPodSandboxConfig['securityContext']> {
  const { runAsUser, runAsGroup, seLinuxOptions, supplementalGroupsPolicy } = pod.spec.securityContext ?? {};
  return {
    privileged: hasPrivileged(pod),
    namespaceOptions: namespacesOf(pod, userns),
    ...(seLinuxOptions ? { selinuxOptions: seLinuxOptions } : {}),
    ...(runAsUser === undefined ? {} : { runAsUser: { value: runAsUser }, ...(runAsGroup === undefined ? {} : { runAsGroup: { value: runAsGroup } }) }),
    supplementalGroups: groupsOf(pod),
    supplementalGroupsPolicy: supplementalGroupsPolicy === 'Strict' ? 'Strict' : 'Merge',
    // The sandbox itself runs nothing of the user's: upstream confines it whatever the pod says.
    seccomp: { profileType: 'RuntimeDefault' },
  };
}
