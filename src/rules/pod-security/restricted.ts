/** What the standard Restricted asks beyond Baseline (https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted). */
import { addedCapabilities, isInUserNamespace, seccompProfile as forbiddenSeccomp } from './baseline.ts';
import { type Checked, containersThat, named, plural, quoted, setters, sorted, type Violation } from './violation.ts';

type Check = (pod: Checked) => Violation | undefined;

/** Some fields mean nothing to Windows, which refuses them. */
export const notOnWindows = (check: Check): Check => (pod) => (pod.spec.os?.name === 'windows' ? undefined : check(pod));

export function allowPrivilegeEscalation({ spec }: Checked): Violation | undefined {
  const bad = containersThat(spec, ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false);
  return bad.length === 0 ? undefined : { reason: 'allowPrivilegeEscalation != false', detail: `${named(bad)} must set securityContext.allowPrivilegeEscalation=false` };
}

const BIND_SERVICE: ReadonlySet<string> = new Set(['NET_BIND_SERVICE']);

export function capabilities(pod: Checked): Violation | undefined {
  const missing = containersThat(pod.spec, ({ securityContext }) => !securityContext?.capabilities?.drop?.includes('ALL'));
  const added = addedCapabilities(pod, BIND_SERVICE);
  const details = [...(missing.length > 0 ? [`${named(missing)} must set securityContext.capabilities.drop=["ALL"]`] : []), ...(added === undefined ? [] : [added])];
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') };
}

const VOLUMES = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected', 'secret'] as const;

export function volumeTypes({ spec }: Checked): Violation | undefined {
  const bad = (spec.volumes ?? []).filter((volume) => !VOLUMES.some((type) => volume[type])).map((volume) => ({
    name: volume.name, type: Object.entries(volume).find(([field, value]) => field !== 'name' && value !== undefined)?.[0] ?? 'unknown',
  }));
  if (bad.length === 0) return undefined;
  const types = sorted(bad.map(({ type }) => type));
  const [who, what] = [plural('volume', 'volumes', bad.length), plural('restricted volume type', 'restricted volume types', types.length)];
  return { reason: 'restricted volume types', detail: `${who} ${quoted(bad.map(({ name }) => name))} ${plural('uses', 'use', bad.length)} ${what} ${quoted(types)}` };
}

export function runAsNonRoot({ spec }: Checked): Violation | undefined {
  const reason = 'runAsNonRoot != true';
  const ofPod = spec.securityContext?.runAsNonRoot;
  const roots = containersThat(spec, ({ securityContext }) => securityContext?.runAsNonRoot === false);
  if (ofPod === false || roots.length > 0) return { reason, detail: `${setters(ofPod === false, roots)} must not set securityContext.runAsNonRoot=false` };
  const silent = ofPod ? [] : containersThat(spec, ({ securityContext }) => securityContext?.runAsNonRoot === undefined);
  return silent.length === 0 ? undefined : { reason, detail: `pod or ${named(silent)} must set securityContext.runAsNonRoot=true` };
}

export function runAsUser({ spec }: Checked): Violation | undefined {
  const ofPod = spec.securityContext?.runAsUser === 0;
  const roots = containersThat(spec, ({ securityContext }) => securityContext?.runAsUser === 0);
  return ofPod || roots.length > 0 ? { reason: 'runAsUser=0', detail: `${setters(ofPod, roots)} must not set runAsUser=0` } : undefined;
}

export const outsideUserNamespaces = (check: Check): Check => (pod) => (isInUserNamespace(pod) ? undefined : check(pod));

export function seccompProfile(pod: Checked): Violation | undefined {
  const forbidden = forbiddenSeccomp(pod);
  if (forbidden || pod.spec.securityContext?.seccompProfile) return forbidden;
  const silent = containersThat(pod.spec, ({ securityContext }) => !securityContext?.seccompProfile);
  if (silent.length === 0) return undefined;
  return { reason: 'seccompProfile', detail: `pod or ${named(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"` };
}
