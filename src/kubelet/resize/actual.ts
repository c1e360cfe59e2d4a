/** The resources a container really has, from what the kernel or the runtime holds it to. Pure. */
import type { ResourceRequirements } from '../../kinds/core/resources.ts';
import { formatQuantity, milliQuantityOf, quantityOf } from '../../meta/quantity.ts';
import type { CgroupLimits } from '../cgroups/cgroups.ts';
import { sharesOfWeight, weightOf } from '../cgroups/v2.ts';
import { memoryBytes, milliCpu, quotaOf, sharesOf } from '../containers/resources.ts';

type Quantities = Readonly<Record<string, string>>;

/** Below these the kernel holds a container to them all the same: what was promised is then told. */
const LEAST_SHARES = 2;
const LEAST_MILLI_LIMIT = 10;
/** The kernel counts memory in pages. */
const PAGE_BYTES = 4096;

/** Where the kernel's number is what the promise comes to, the promise is told; requests of memory are known to nobody else. */
export function actualResources(promised: ResourceRequirements, kernel: CgroupLimits): ResourceRequirements {
  const limits: Quantities = { ...promised.limits, ...without(limitsOf(promised, kernel)) };
  const requests: Quantities = { ...promised.requests, ...without({ cpu: cpuRequest(promised, kernel) }) };
  const clean = (list: Quantities, from: Quantities | undefined, gone: readonly string[]) => {
    const left = Object.entries(list).filter(([name]) => !gone.includes(name));
    return left.length > 0 || from ? Object.fromEntries(left) : undefined;
  };
  const unlimited = [...(kernel.cpuShares !== undefined && kernel.cpuQuota === undefined ? ['cpu'] : []), ...(kernel.memoryBytes === undefined ? ['memory'] : [])];
  const [limited, requested] = [clean(limits, promised.limits, unlimited), clean(requests, promised.requests, [])];
  return { ...(limited && Object.keys(limited).length > 0 ? { limits: limited } : {}), ...(requested && Object.keys(requested).length > 0 ? { requests: requested } : {}) };
}

const without = (list: Readonly<Record<string, string | undefined>>): Quantities =>
  Object.fromEntries(Object.entries(list).flatMap(([name, amount]) => (amount === undefined ? [] : [[name, amount]])));

function limitsOf(promised: ResourceRequirements, { cpuQuota, cpuPeriod = 100_000, memoryBytes: memory }: CgroupLimits): Readonly<Record<string, string | undefined>> {
  const asked = milliCpu(promised.limits);
  const milli = cpuQuota === undefined ? undefined : (cpuQuota * 1000) / cpuPeriod;
  const sameCpu = milli !== undefined && asked > 0 && (quotaOf(asked) === Math.round(milli * 100) || (asked <= LEAST_MILLI_LIMIT && milli <= LEAST_MILLI_LIMIT));
  const wanted = memoryBytes(promised.limits);
  const sameMemory = memory !== undefined && wanted > 0 && wanted - (wanted % PAGE_BYTES) === memory - (memory % PAGE_BYTES);
  return {
    cpu: milli === undefined || sameCpu ? undefined : formatQuantity(milliQuantityOf(milli)),
    memory: memory === undefined || sameMemory ? undefined : formatQuantity(quantityOf(memory, 'BinarySI')),
  };
}

function cpuRequest({ requests, limits }: ResourceRequirements, { cpuShares }: CgroupLimits): string | undefined {
  const asked = requests?.cpu === undefined ? milliCpu(limits) : milliCpu(requests);
  const shares = sharesOf(asked);
  // A weight of cgroup v2 stands for several numbers of shares.
  if (cpuShares === undefined || shares === cpuShares || sharesOfWeight(weightOf(shares)) === cpuShares || cpuShares <= LEAST_SHARES) return undefined;
  return formatQuantity(milliQuantityOf(Math.ceil((cpuShares * 1000) / 1024)));
}
