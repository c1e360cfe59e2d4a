/** The checks of the standard Baseline: no known way to more privileges (https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline). */
import type { Container, EphemeralContainer } from '../../kinds/core/container.ts';
import type { LifecycleHandler, Probe } from '../../kinds/core/probe.ts';
import type { SecurityContext, SELinuxOptions } from '../../kinds/core/security-context.ts';
import { type Checked, containersOf, containersThat, named, plural, quoted, setters, sorted, type Violation } from './violation.ts';

type AnyContainer = Container | EphemeralContainer;

/** A profile's type that a container sets badly, or its pod for all. */
function badTypes({ spec }: Checked, typeIn: (context: Pick<SecurityContext, 'appArmorProfile' | 'seccompProfile'>) => string | undefined) {
  const isBad = (type: string | undefined) => type !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost';
  const ofPod = typeIn(spec.securityContext ?? {});
  const ofContainer = ({ securityContext = {} }: AnyContainer) => typeIn(securityContext);
  const containers = containersThat(spec, (container) => isBad(ofContainer(container)));
  const values = sorted([ofPod, ...containersOf(spec).map(ofContainer)].filter((type) => type !== undefined).filter(isBad));
  return { pod: isBad(ofPod), containers, values };
}

const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/';

export function appArmorProfile(pod: Checked): Violation | undefined {
  const bad = badTypes(pod, ({ appArmorProfile: profile }) => profile?.type);
  const annotations = Object.entries(pod.annotations)
    .filter(([key, value]) => key.startsWith(APP_ARMOR) && value !== '' && value !== 'runtime/default' && !value.startsWith('localhost/'))
    .map(([key, value]) => `${key}="${value}"`).toSorted();
  const who = [setters(bad.pod, bad.containers), annotations.length > 0 ? plural('annotation', 'annotations', annotations.length) : ''].filter((one) => one !== '');
  if (who.length === 0) return undefined;
  const values = [...bad.values, ...annotations];
  return { reason: plural('forbidden AppArmor profile', 'forbidden AppArmor profiles', values.length), detail: `${who.join(' and ')} must not set AppArmor profile type to ${quoted(values)}` };
}

const DEFAULT_CAPABILITIES = new Set([
  'AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT',
]);

export function addedCapabilities({ spec }: Checked, allowed: ReadonlySet<string>): string | undefined {
  const added = ({ securityContext }: AnyContainer) => (securityContext?.capabilities?.add ?? []).filter((one) => !allowed.has(one));
  const bad = containersThat(spec, (container) => added(container).length > 0);
  return bad.length === 0 ? undefined : `${named(bad)} must not include ${quoted(sorted(containersOf(spec).flatMap(added)))} in securityContext.capabilities.add`;
}

export function capabilities(pod: Checked): Violation | undefined {
  const detail = addedCapabilities(pod, DEFAULT_CAPABILITIES);
  return detail === undefined ? undefined : { reason: 'non-default capabilities', detail };
}

export function hostNamespaces({ spec }: Checked): Violation | undefined {
  const shared = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field]);
  return shared.length === 0 ? undefined : { reason: 'host namespaces', detail: shared.map((field) => `${field}=true`).join(', ') };
}

export function hostPathVolumes({ spec }: Checked): Violation | undefined {
  const bad = (spec.volumes ?? []).filter(({ hostPath }) => hostPath).map(({ name }) => name);
  return bad.length === 0 ? undefined : { reason: 'hostPath volumes', detail: `${plural('volume', 'volumes', bad.length)} ${quoted(bad)}` };
}

export function hostPorts({ spec }: Checked): Violation | undefined {
  const portsOf = ({ ports = [] }: AnyContainer) => ports.flatMap(({ hostPort }) => (hostPort ? [String(hostPort)] : []));
  const bad = containersThat(spec, (container) => portsOf(container).length > 0);
  if (bad.length === 0) return undefined;
  const ports = sorted(containersOf(spec).flatMap(portsOf));
  return { reason: 'hostPort', detail: `${named(bad)} ${plural('uses', 'use', bad.length)} ${plural('hostPort', 'hostPorts', ports.length)} ${ports.join(', ')}` };
}

/** A kubelet asks whom a probe or hook names: a pod could have it ask whomever it likes. */
export function hostProbes({ spec }: Checked): Violation | undefined {
  const hostsOf = (container: AnyContainer): readonly string[] => {
    const asks: readonly (Probe | LifecycleHandler | undefined)[] = [
      container.livenessProbe, container.readinessProbe, container.startupProbe, container.lifecycle?.postStart, container.lifecycle?.preStop,
    ];
    return asks.flatMap((one) => [one?.httpGet?.host, one?.tcpSocket?.host]).filter((host): host is string => host !== undefined && host !== '');
  };
  const bad = sorted(containersThat(spec, (container) => hostsOf(container).length > 0));
  if (bad.length === 0) return undefined;
  const hosts = sorted(containersOf(spec).flatMap(hostsOf));
  const what = plural('probe or lifecycle host', 'probe or lifecycle hosts', hosts.length);
  return { reason: 'probe or lifecycle host', detail: `${named(bad)} ${plural('uses', 'use', bad.length)} ${what} ${quoted(hosts)}` };
}

export function privileged({ spec }: Checked): Violation | undefined {
  const bad = containersThat(spec, ({ securityContext }) => securityContext?.privileged);
  return bad.length === 0 ? undefined : { reason: 'privileged', detail: `${named(bad)} must not set securityContext.privileged=true` };
}

export function procMount({ spec }: Checked): Violation | undefined {
  const mountOf = ({ securityContext }: AnyContainer) => securityContext?.procMount ?? 'Default';
  const bad = containersThat(spec, (container) => mountOf(container) !== 'Default');
  if (bad.length === 0) return undefined;
  const mounts = sorted(containersOf(spec).map(mountOf).filter((mount) => mount !== 'Default'));
  return { reason: 'procMount', detail: `${named(bad)} must not set securityContext.procMount to ${quoted(mounts)}` };
}

/** In a user namespace root is nobody on the node (KEP-127). */
export const isInUserNamespace = ({ spec }: Checked): boolean => spec.hostUsers === false;

export const procMountOutsideUserNamespaces = (pod: Checked): Violation | undefined => (isInUserNamespace(pod) ? undefined : procMount(pod));

const SELINUX_TYPES = ['', 'container_t', 'container_init_t', 'container_kvm_t'];
/** With container_engine_t, for what runs containers in containers. */
const SELINUX_TYPES_31 = [...SELINUX_TYPES, 'container_engine_t'];

const seLinux = (types: readonly string[]) => ({ spec }: Checked): Violation | undefined => {
  const isBad = (options: SELinuxOptions | undefined) => options && (!types.includes(options.type ?? '') || options.user || options.role);
  const ofPod = spec.securityContext?.seLinuxOptions;
  const containers = containersThat(spec, ({ securityContext }) => isBad(securityContext?.seLinuxOptions));
  if (!isBad(ofPod) && containers.length === 0) return undefined;
  const all = [ofPod, ...containersOf(spec).map(({ securityContext }) => securityContext?.seLinuxOptions)].filter((options) => options !== undefined);
  const bad = sorted(all.map(({ type = '' }) => type).filter((type) => !types.includes(type)));
  const complaints = [
    ...(bad.length > 0 ? [`${plural('type', 'types', bad.length)} ${quoted(bad)}`] : []),
    ...(all.some(({ user }) => user) ? ['user may not be set'] : []),
    ...(all.some(({ role }) => role) ? ['role may not be set'] : []),
  ];
  return { reason: 'seLinuxOptions', detail: `${setters(Boolean(isBad(ofPod)), containers)} set forbidden securityContext.seLinuxOptions: ${complaints.join('; ')}` };
};
export const seLinuxOptions = seLinux(SELINUX_TYPES);
export const seLinuxOptions31 = seLinux(SELINUX_TYPES_31);

const SECCOMP = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_OF = 'container.seccomp.security.alpha.kubernetes.io/';

/** Before 1.19 profiles were annotations. */
export function seccompAnnotations({ annotations, spec }: Checked): Violation | undefined {
  const bad = sorted([SECCOMP, ...containersOf(spec).map(({ name }) => SECCOMP_OF + name)].flatMap((key) => {
    const value = annotations[key];
    return value === undefined || value === 'runtime/default' || value === 'docker/default' || value.startsWith('localhost/') ? [] : [`${key}="${value}"`];
  }));
  return bad.length === 0 ? undefined : { reason: 'seccompProfile', detail: `forbidden ${plural('annotation', 'annotations', bad.length)} ${bad.join(', ')}` };
}

export function seccompProfile(pod: Checked): Violation | undefined {
  const bad = badTypes(pod, ({ seccompProfile: profile }) => profile?.type);
  if (bad.values.length === 0) return undefined;
  return { reason: 'seccompProfile', detail: `${setters(bad.pod, bad.containers)} must not set securityContext.seccompProfile.type to ${quoted(bad.values)}` };
}

/** By the version of the policy that first allows it. */
const SAFE_SYSCTLS: readonly (readonly [since: number, name: string])[] = [
  [0, 'kernel.shm_rmid_forced'], [0, 'net.ipv4.ip_local_port_range'], [0, 'net.ipv4.tcp_syncookies'], [0, 'net.ipv4.ping_group_range'],
  [0, 'net.ipv4.ip_unprivileged_port_start'], [27, 'net.ipv4.ip_local_reserved_ports'], [29, 'net.ipv4.tcp_keepalive_time'], [29, 'net.ipv4.tcp_fin_timeout'],
  [29, 'net.ipv4.tcp_keepalive_intvl'], [29, 'net.ipv4.tcp_keepalive_probes'], [32, 'net.ipv4.tcp_rmem'], [32, 'net.ipv4.tcp_wmem'],
];

export const sysctls = (version: number) => {
  const safe = new Set(SAFE_SYSCTLS.flatMap(([since, name]) => (since <= version ? [name] : [])));
  return ({ spec }: Checked): Violation | undefined => {
    const bad = (spec.securityContext?.sysctls ?? []).map(({ name }) => name).filter((name) => !safe.has(name));
    return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') };
  };
};

export function windowsHostProcess({ spec }: Checked): Violation | undefined {
  const pod = spec.securityContext?.windowsOptions?.hostProcess === true;
  const containers = containersThat(spec, ({ securityContext }) => securityContext?.windowsOptions?.hostProcess);
  if (!pod && containers.length === 0) return undefined;
  return { reason: 'hostProcess', detail: `${setters(pod, containers)} must not set securityContext.windowsOptions.hostProcess=true` };
}
