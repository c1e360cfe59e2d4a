/** The Pod Security Standards in all their versions: which check holds at which level since when. */
import * as baseline from './baseline.ts';
import type { Standard } from './policy.ts';
import * as restricted from './restricted.ts';
import type { Checked, Violation } from './violation.ts';

type Check = (pod: Checked) => Violation | undefined;

interface Rule {
  readonly level: 'baseline' | 'restricted';
  /** Each holds from its minor version until the next one's. */
  readonly since: Readonly<Record<number, Check>>;
  /** Baseline's rule that Restricted has this one for. */
  readonly instead?: string;
}

/** In the order of what is told: Baseline's by name, then Restricted's. */
const RULES: Readonly<Record<string, Rule>> = {
  appArmorProfile: { level: 'baseline', since: { 0: baseline.appArmorProfile } },
  capabilities_baseline: { level: 'baseline', since: { 0: baseline.capabilities } },
  hostNamespaces: { level: 'baseline', since: { 0: baseline.hostNamespaces } },
  hostPathVolumes: { level: 'baseline', since: { 0: baseline.hostPathVolumes } },
  hostPorts: { level: 'baseline', since: { 0: baseline.hostPorts } },
  hostProbesAndHostLifecycle: { level: 'baseline', since: { 34: baseline.hostProbes } },
  privileged: { level: 'baseline', since: { 0: baseline.privileged } },
  procMount_baseline: { level: 'baseline', since: { 0: baseline.procMount, 35: baseline.procMountOutsideUserNamespaces } },
  seLinuxOptions: { level: 'baseline', since: { 0: baseline.seLinuxOptions, 31: baseline.seLinuxOptions31 } },
  seccompProfile_baseline: { level: 'baseline', since: { 0: baseline.seccompAnnotations, 19: baseline.seccompProfile } },
  sysctls: { level: 'baseline', since: { 0: baseline.sysctls(0), 27: baseline.sysctls(27), 29: baseline.sysctls(29), 32: baseline.sysctls(32) } },
  windowsHostProcess: { level: 'baseline', since: { 0: baseline.windowsHostProcess } },

  allowPrivilegeEscalation: { level: 'restricted', since: { 8: restricted.allowPrivilegeEscalation, 25: restricted.notOnWindows(restricted.allowPrivilegeEscalation) } },
  capabilities_restricted: { level: 'restricted', since: { 22: restricted.capabilities, 25: restricted.notOnWindows(restricted.capabilities) }, instead: 'capabilities_baseline' },
  procMount_restricted: { level: 'restricted', since: { 35: baseline.procMount }, instead: 'procMount_baseline' },
  restrictedVolumes: { level: 'restricted', since: { 0: restricted.volumeTypes }, instead: 'hostPathVolumes' },
  runAsNonRoot: { level: 'restricted', since: { 0: restricted.runAsNonRoot, 35: restricted.outsideUserNamespaces(restricted.runAsNonRoot) } },
  runAsUser: { level: 'restricted', since: { 23: restricted.runAsUser, 35: restricted.outsideUserNamespaces(restricted.runAsUser) } },
  seccompProfile_restricted: { level: 'restricted', since: { 19: restricted.seccompProfile, 25: restricted.notOnWindows(restricted.seccompProfile) }, instead: 'seccompProfile_baseline' },
};

const NEWEST = Math.max(...Object.values(RULES).flatMap(({ since }) => Object.keys(since).map(Number)));

function checkAt({ since }: Rule, version: number): Check | undefined {
  const start = Object.keys(since).map(Number).filter((minor) => minor <= version);
  return start.length === 0 ? undefined : since[Math.max(...start)];
}

const chosen = new Map<string, readonly Check[]>();

function checksOf({ level, version }: Standard): readonly Check[] {
  const minor = version === 'latest' ? NEWEST : Math.min(version, NEWEST);
  const key = `${level}:${minor}`;
  const kept = chosen.get(key);
  if (kept) return kept;
  const held = Object.entries(RULES).flatMap(([id, rule]) => {
    const check = rule.level === 'baseline' || level === 'restricted' ? checkAt(rule, minor) : undefined;
    return check ? [{ id, rule, check }] : [];
  });
  const checks = held.filter(({ id }) => !held.some(({ rule }) => rule.instead === id)).map(({ check }) => check);
  chosen.set(key, checks);
  return checks;
}

/** What of a pod its standard does not allow. */
export function violationsOf(standard: Standard, pod: Checked): readonly Violation[] {
  if (standard.level === 'privileged') return [];
  return checksOf(standard).flatMap((check) => check(pod) ?? []);
}
