/** Options of the CPU manager's static policy (https://kubernetes.io/docs/tasks/administer-cluster/cpu-management-policies/#cpu-policy-static--options). */
import type { TakeOptions } from './take.ts';

export interface CpuPolicyOptions extends TakeOptions {
  /** Reserved processors are the system's alone: the shared pool is without them. */
  readonly strictReservation?: boolean;
  /** Memory nodes of one socket are as good as one. */
  readonly bySocket?: boolean;
}

const NAMES = {
  'full-pcpus-only': 'wholeCores', 'distribute-cpus-across-numa': 'acrossNumaNodes', 'align-by-socket': 'bySocket', 'distribute-cpus-across-cores': 'acrossCores',
  'strict-cpu-reservation': 'strictReservation', 'prefer-align-cpus-by-uncorecache': 'byCache',
} as const;

const isName = (name: string): name is keyof typeof NAMES => name in NAMES;

/** @throws Error with upstream's text where an option is none, or does not go with another */
export function parseCpuPolicyOptions(given: Readonly<Record<string, string>> = {}): CpuPolicyOptions {
  const options = Object.fromEntries(Object.entries(given).map(([name, text]) => {
    if (!isName(name)) throw new Error(`CPU Manager Policy Options: unsupported cpumanager option: "${name}" (${text})`);
    if (text !== 'true' && text !== 'false') throw new Error(`bad value for option "${name}": strconv.ParseBool: parsing "${text}": invalid syntax`);
    return [NAMES[name], text === 'true'];
  })) as CpuPolicyOptions;
  if (options.wholeCores && options.acrossCores) throw new Error('static policy options FullPhysicalCPUsOnly and DistributeCPUsAcrossCores can not be used at the same time');
  if (options.byCache && options.acrossCores) throw new Error('static policy options PreferAlignByUnCoreCacheOption and DistributeCPUsAcrossCores can not be used at the same time');
  return options;
}
