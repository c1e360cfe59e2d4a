/** Security contexts of pods and containers. */
import { duplicate, type FieldPath, forbidden, invalid, notSupported, required } from '../../meta/field-error.ts';
import { dnsSubdomainProblems } from '../../meta/names.ts';
import { type Errors, inRange, MAX_INT32, problemsAt, relativePath } from '../checks.ts';
import type { PodSpec } from './pod-spec.ts';
import type { AppArmorProfile, PodSecurityContext, SeccompProfile, SecurityContext, WindowsSecurityContextOptions } from './security-context.ts';

const IDS = inRange(0, MAX_INT32);

function* idErrors(at: FieldPath, id: number | undefined): Errors {
  if (id !== undefined && (id < 0 || id > MAX_INT32)) yield invalid(at, id, IDS);
}

export function* podSecurityErrors(context: PodSecurityContext, spec: PodSpec, at: FieldPath): Errors {
  yield* idErrors(at.child('fsGroup'), context.fsGroup);
  yield* idErrors(at.child('runAsUser'), context.runAsUser);
  yield* idErrors(at.child('runAsGroup'), context.runAsGroup);
  for (const [index, group] of (context.supplementalGroups ?? []).entries()) yield* idErrors(at.child('supplementalGroups').index(index), group);
  if (spec.shareProcessNamespace && spec.hostPID) {
    yield invalid(at.child('shareProcessNamespace'), true, 'ShareProcessNamespace and HostPID cannot both be enabled');
  }
  yield* sysctlErrors(context, spec, at.child('sysctls'));
  yield* policyErrors(context, at);
  yield* profileErrors(context, at);
}

function* policyErrors({ supplementalGroupsPolicy: groups, seLinuxChangePolicy: change }: PodSecurityContext, at: FieldPath): Errors {
  if (groups !== undefined && groups !== 'Merge' && groups !== 'Strict') yield notSupported(at.child('supplementalGroupsPolicy'), groups, ['Merge', 'Strict']);
  // MountOption waits for the gate SELinuxMount.
  if (change !== undefined && change !== 'Recursive') yield notSupported(at.child('seLinuxChangePolicy'), change, ['Recursive']);
}

const SEGMENT = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const SYSCTL = `^(${SEGMENT}[\\./])*${SEGMENT}$`;
const SYSCTL_NAME = new RegExp(SYSCTL);
const MAX_SYSCTL = 253;

function* sysctlErrors({ sysctls = [] }: PodSecurityContext, { hostNetwork, hostIPC }: PodSpec, at: FieldPath): Errors {
  const seen = new Set<string>();
  for (const [index, { name }] of sysctls.entries()) {
    const here = at.index(index).child('name');
    if (!name) continue;
    if (name.length > MAX_SYSCTL || !SYSCTL_NAME.test(name)) yield invalid(here, name, `must have at most ${MAX_SYSCTL} characters and match regex ${SYSCTL}`);
    else if (seen.has(name)) yield duplicate(here, name);
    if (hostNetwork && /^net[./]/.test(name)) yield invalid(here, name, "may not be specified when 'hostNetwork' is true");
    if (hostIPC && /^(kernel[./](shm|msg|sem)|fs[./]mqueue[./])/.test(name)) yield invalid(here, name, "may not be specified when 'hostIPC' is true");
    seen.add(name);
  }
}

/** @param hostUsers whether the pod shares the host's user namespace */
export function* containerSecurityErrors(context: SecurityContext, hostUsers: boolean, at: FieldPath): Errors {
  yield* idErrors(at.child('runAsUser'), context.runAsUser);
  yield* idErrors(at.child('runAsGroup'), context.runAsGroup);
  const { procMount } = context;
  if (procMount !== undefined && procMount !== 'Default' && procMount !== 'Unmasked') yield notSupported(at.child('procMount'), procMount, ['Default', 'Unmasked']);
  if (procMount === 'Unmasked' && hostUsers) yield invalid(at.child('procMount'), procMount, '`hostUsers` must be false to use `Unmasked`');
  if (context.allowPrivilegeEscalation === false) {
    if (context.privileged) yield invalid(at, context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true');
    if (context.capabilities?.add?.includes('CAP_SYS_ADMIN')) {
      yield invalid(at, context, 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN');
    }
  }
  yield* profileErrors(context, at);
}

function* profileErrors(context: Pick<SecurityContext, 'seccompProfile' | 'appArmorProfile' | 'windowsOptions'>, at: FieldPath): Errors {
  if (context.seccompProfile) yield* seccompErrors(context.seccompProfile, at.child('seccompProfile'));
  if (context.appArmorProfile) yield* appArmorErrors(context.appArmorProfile, at.child('appArmorProfile'));
  if (context.windowsOptions) yield* windowsErrors(context.windowsOptions, at.child('windowsOptions'));
}

const PROFILES = ['Localhost', 'RuntimeDefault', 'Unconfined'];

function* seccompErrors(profile: SeccompProfile, at: FieldPath): Errors {
  const here = at.child('localhostProfile');
  if (!profile.type) yield required(at.child('type'), 'type is required when seccompProfile is set');
  else if (!PROFILES.includes(profile.type)) yield notSupported(at.child('type'), profile.type, PROFILES);
  if (profile.type !== 'Localhost') {
    if (profile.localhostProfile !== undefined) yield invalid(here, profile, 'can only be set when seccomp type is Localhost');
  } else if (profile.localhostProfile === undefined) yield required(here, 'must be set when seccomp type is Localhost');
  else yield* relativePath(here, profile.localhostProfile);
}

const MAX_PATH = 4095;

function* appArmorErrors({ type, localhostProfile: local }: AppArmorProfile, at: FieldPath): Errors {
  const here = at.child('localhostProfile');
  if (!type) return void (yield required(at.child('type'), 'type is required when appArmorProfile is set'));
  if (!PROFILES.includes(type)) return void (yield notSupported(at.child('type'), type, PROFILES));
  if (type !== 'Localhost') {
    if (local !== undefined) yield invalid(here, local, 'can only be set when AppArmor type is Localhost');
    return;
  }
  if (!local) return void (yield required(here, 'must be set when AppArmor type is Localhost'));
  if (local.trim() !== local) yield invalid(here, local, 'must not be padded with whitespace');
  if (local.length > MAX_PATH) yield { reason: 'FieldValueTooLong', field: here.toString(), message: `Too long: may not be more than ${MAX_PATH} bytes` };
}

const MAX_GMSA_KIB = 64;

function* windowsErrors({ gmsaCredentialSpecName: name, gmsaCredentialSpec: spec, runAsUserName: user }: WindowsSecurityContextOptions, at: FieldPath): Errors {
  if (name !== undefined) yield* problemsAt(at.child('gmsaCredentialSpecName'), name, dnsSubdomainProblems(name));
  if (spec === '') yield invalid(at.child('gmsaCredentialSpec'), spec, 'gmsaCredentialSpec cannot be an empty string');
  if ((spec?.length ?? 0) > MAX_GMSA_KIB * 1024) yield invalid(at.child('gmsaCredentialSpec'), spec, `gmsaCredentialSpec size must be under ${MAX_GMSA_KIB} KiB`);
  if (user !== undefined) yield* problemsAt(at.child('runAsUserName'), user, windowsUserProblems(user));
}

const NETBIOS = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const DOMAIN = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/;

/** `DOMAIN\user` as Windows takes it. */
function windowsUserProblems(name: string): readonly string[] {
  if (name === '') return ['runAsUserName cannot be an empty string'];
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(name)) return ['runAsUserName cannot contain control characters'];
  const parts = name.split('\\');
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash'];
  const user = parts.at(-1)!;
  const domain = parts.length === 2 ? parts[0]! : undefined;
  const problems: string[] = [];
  if ((domain?.length ?? 0) >= 256) problems.push("runAsUserName's Domain length must be under 256 characters");
  if (domain !== undefined && !NETBIOS.test(domain) && !DOMAIN.test(domain)) problems.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
  if (user === '') problems.push("runAsUserName's User cannot be empty");
  if (user.length > 104) problems.push("runAsUserName's User length must not be longer than 104 characters");
  if (/^[. ]+$/.test(user)) problems.push("runAsUserName's User cannot contain only periods or spaces");
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) problems.push(String.raw`runAsUserName's User cannot contain the following characters: "/\:;|=,+*?<>@[]`);
  return problems;
}

const WINDOWS = 'cannot be set for a windows pod';
const POD_WIDE = ['appArmorProfile', 'seLinuxOptions', 'seccompProfile', 'fsGroup', 'fsGroupChangePolicy', 'sysctls', 'runAsUser', 'runAsGroup', 'supplementalGroups', 'supplementalGroupsPolicy', 'seLinuxChangePolicy'] as const;
const PER_CONTAINER = ['appArmorProfile', 'seLinuxOptions', 'seccompProfile', 'capabilities', 'readOnlyRootFilesystem', 'privileged', 'allowPrivilegeEscalation', 'procMount', 'runAsUser', 'runAsGroup'] as const;

/** Containers that run on a Windows host itself do so all together, on the host's network. */
function* hostProcessErrors(spec: PodSpec, each: readonly (readonly [SecurityContext | undefined, FieldPath])[], at: FieldPath): Errors {
  const whole = spec.securityContext.windowsOptions?.hostProcess;
  for (const [context, place] of each) {
    const own = context?.windowsOptions?.hostProcess;
    if (whole === undefined || own === undefined || whole === own) continue;
    yield invalid(place.child('windowsOptions').child('hostProcess'), own, `pod hostProcess value must be identical if both are specified, was ${whole}`);
  }
  const there = each.filter(([context]) => context?.windowsOptions?.hostProcess ?? whole);
  if (there.length === 0) return;
  if (there.length < each.length) yield invalid(at, '', 'If pod contains any hostProcess containers then all containers must be HostProcess containers');
  if (!spec.hostNetwork) yield invalid(at.child('hostNetwork'), false, 'hostNetwork must be true if pod contains any hostProcess containers');
}

/** What the other system's pods may not say. @param each the containers' contexts, with their places */
export function* systemErrors(spec: PodSpec, each: readonly (readonly [SecurityContext | undefined, FieldPath])[], at: FieldPath): Errors {
  yield* hostProcessErrors(spec, each, at);
  const here = at.child('securityContext');
  if (spec.os?.name === 'linux') {
    const why = 'windows options cannot be set for a linux pod';
    if (spec.securityContext.windowsOptions) yield forbidden(here.child('windowsOptions'), why);
    for (const [context, place] of each) if (context?.windowsOptions) yield forbidden(place.child('windowsOptions'), why);
    return;
  }
  if (spec.os?.name !== 'windows') return;
  for (const field of POD_WIDE) if (spec.securityContext[field] !== undefined) yield forbidden(here.child(field), WINDOWS);
  for (const field of ['hostUsers', 'shareProcessNamespace'] as const) if (spec[field] !== undefined) yield forbidden(at.child(field), WINDOWS);
  for (const field of ['hostPID', 'hostIPC'] as const) if (spec[field]) yield forbidden(at.child(field), WINDOWS);
  for (const [context, place] of each) {
    for (const field of PER_CONTAINER) if (context?.[field] !== undefined) yield forbidden(place.child(field), WINDOWS);
  }
}
