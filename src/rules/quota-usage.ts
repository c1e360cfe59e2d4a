/**
 * What an object uses of a ResourceQuota, and which objects a quota is for
 * (https://kubernetes.io/docs/concepts/policy/resource-quotas/). Admission charges by it, the controller adds up by it.
 */
import { namedClass } from '../kinds/core/storage-class-of.ts';
import { addQuantity, milliQuantityOf, parseQuantity, quantityOf, type Quantity } from '../meta/quantity.ts';
import { podLimits, podRequests, type Amounts, type PodResourcesLike } from './pod-resources.ts';
import { isTerminalPhase } from './pod-conditions.ts';

/** Names as a quota's `hard` has them, to amounts. */
export type Usage = ReadonlyMap<string, Quantity>;

type Quantities = Readonly<Record<string, string>>;
type Labels = Readonly<Record<string, string>>;

export interface ResourceLike {
  readonly group: string;
  readonly plural: string;
}

export interface ObjectLike {
  readonly metadata: { readonly deletionTimestamp?: string; readonly deletionGracePeriodSeconds?: number; readonly annotations?: Labels };
  readonly spec?: unknown;
  readonly status?: unknown;
}

interface ScopeRequirement {
  readonly scopeName: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

export interface QuotaLike {
  readonly hard?: Quantities;
  readonly scopes?: readonly string[];
  readonly scopeSelector?: { readonly matchExpressions?: readonly ScopeRequirement[] };
}

type PodLike = ObjectLike & PodResourcesLike & {
  readonly spec: PodResourcesLike['spec'] & {
    readonly activeDeadlineSeconds?: number;
    readonly priorityClassName?: string;
    readonly affinity?: { readonly podAffinity?: AffinityLike; readonly podAntiAffinity?: AffinityLike };
  };
  readonly status?: { readonly phase?: string; readonly qosClass?: string };
};
interface TermLike {
  readonly namespaces?: readonly string[];
  readonly namespaceSelector?: unknown;
}
interface AffinityLike {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly TermLike[];
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly { readonly podAffinityTerm: TermLike }[];
}

const ONE = quantityOf(1);

/** How the resource is called in `count/…`. */
const countOf = ({ group, plural }: ResourceLike): string => `count/${plural}${group === '' ? '' : `.${group}`}`;

/** Core kinds with a name of their own among a quota's counts. */
const PLAIN_COUNTS = new Set(['configmaps', 'persistentvolumeclaims', 'replicationcontrollers', 'resourcequotas', 'secrets', 'services']);

/** @param now milliseconds since the epoch: a pod that outlived its grace period uses nothing */
export function usageOf(resource: ResourceLike, object: ObjectLike, now: number): Usage {
  const usage = new Map<string, Quantity>([[countOf(resource), ONE]]);
  if (resource.group === 'resource.k8s.io' && resource.plural === 'resourceclaims') addDevices(usage, object.spec as DeviceClaimSpec);
  if (resource.group !== '') return usage;
  if (PLAIN_COUNTS.has(resource.plural)) usage.set(resource.plural, ONE);
  if (resource.plural === 'pods') addPod(usage, object as PodLike, now);
  else if (resource.plural === 'services') addService(usage, object);
  else if (resource.plural === 'persistentvolumeclaims') addClaim(usage, object);
  return usage;
}

function addPod(usage: Map<string, Quantity>, pod: PodLike, now: number): void {
  const { deletionTimestamp, deletionGracePeriodSeconds: grace } = pod.metadata;
  const overdue = deletionTimestamp !== undefined && grace !== undefined && now > Date.parse(deletionTimestamp) + grace * 1000;
  if (isTerminalPhase(pod.status?.phase) || overdue) return;
  usage.set('pods', ONE);
  for (const [name, quantity] of quantities(podRequests(pod))) {
    usage.set(`requests.${name}`, quantity);
    // An extended resource is counted by its request alone.
    if (!name.includes('/')) usage.set(name, quantity);
  }
  for (const [name, quantity] of quantities(podLimits(pod))) if (!name.includes('/')) usage.set(`limits.${name}`, quantity);
}

const isBytes = (name: string): boolean => name === 'memory' || name === 'ephemeral-storage' || name.startsWith('hugepages-');

const quantities = (amounts: Amounts): readonly (readonly [string, Quantity])[] =>
  [...amounts].map(([name, amount]) => [name, name === 'cpu' ? milliQuantityOf(amount) : quantityOf(amount, isBytes(name) ? 'BinarySI' : 'DecimalSI')]);

interface ServiceSpec {
  readonly type?: string;
  readonly ports?: readonly unknown[];
  readonly allocateLoadBalancerNodePorts?: boolean;
}

function addService(usage: Map<string, Quantity>, { spec = {} }: ObjectLike): void {
  const { type, ports = [], allocateLoadBalancerNodePorts = true } = spec as ServiceSpec;
  const balanced = type === 'LoadBalancer';
  usage.set('services.nodeports', quantityOf(type === 'NodePort' || (balanced && allocateLoadBalancerNodePorts) ? ports.length : 0));
  usage.set('services.loadbalancers', quantityOf(balanced ? 1 : 0));
}

interface ClaimSpec {
  readonly storageClassName?: string;
  readonly resources?: { readonly requests?: Quantities };
}

function addClaim(usage: Map<string, Quantity>, claim: ObjectLike): void {
  const spec = (claim.spec ?? {}) as ClaimSpec;
  const storage = spec.resources?.requests?.['storage'];
  const of = namedClass({ metadata: claim.metadata, spec });
  if (storage !== undefined) usage.set('requests.storage', parseQuantity(storage));
  if (of === undefined || of === '') return;
  usage.set(`${of}.storageclass.storage.k8s.io/persistentvolumeclaims`, ONE);
  if (storage !== undefined) usage.set(`${of}.storageclass.storage.k8s.io/requests.storage`, parseQuantity(storage));
}

interface DeviceAsk {
  readonly deviceClassName: string;
  readonly allocationMode?: string;
  readonly count?: number;
}
interface DeviceClaimSpec {
  readonly devices?: { readonly requests?: readonly { readonly exactly?: DeviceAsk; readonly firstAvailable?: readonly DeviceAsk[] }[] | null };
}

/** What quotas call the devices of a class that claims may have. */
export const DEVICES = '.deviceclass.resource.k8s.io/devices';
/** "All" is as many as a claim can have. */
const MOST_DEVICES = 32;

/** By class; of alternatives the one that may take most. */
function addDevices(usage: Map<string, Quantity>, { devices }: DeviceClaimSpec): void {
  for (const { exactly, firstAvailable = [] } of devices?.requests ?? []) {
    const most = new Map<string, number>();
    for (const { deviceClassName, allocationMode, count = 1 } of exactly ? [exactly] : firstAvailable) {
      most.set(deviceClassName, Math.max(most.get(deviceClassName) ?? 0, allocationMode === 'All' ? MOST_DEVICES : count));
    }
    for (const [name, count] of most) {
      const before = usage.get(`${name}${DEVICES}`);
      usage.set(`${name}${DEVICES}`, before ? addQuantity(before, quantityOf(count)) : quantityOf(count));
    }
  }
}

/** The sum of two usages. */
export function addUsage(a: Usage, b: Usage): Usage {
  const sum = new Map(a);
  for (const [name, quantity] of b) sum.set(name, sum.has(name) ? addQuantity(sum.get(name)!, quantity) : quantity);
  return sum;
}

/** Whether the quota's scopes, if it has any, all take the object. */
export function inScope(quota: QuotaLike, resource: ResourceLike, object: ObjectLike): boolean {
  const plain = (quota.scopes ?? []).map((scopeName): ScopeRequirement => ({ scopeName, operator: 'Exists' }));
  return [...plain, ...(quota.scopeSelector?.matchExpressions ?? [])].every((requirement) => meetsScope(requirement, resource, object));
}

function meetsScope({ scopeName, operator, values = [] }: ScopeRequirement, { group, plural }: ResourceLike, object: ObjectLike): boolean {
  if (group === '' && plural === 'persistentvolumeclaims' && scopeName === 'VolumeAttributesClass') {
    return chooses(operator, values, (object.spec as { readonly volumeAttributesClassName?: string } | undefined)?.volumeAttributesClassName);
  }
  if (group !== '' || plural !== 'pods') return false;
  const { spec, status } = object as PodLike;
  switch (scopeName) {
    case 'Terminating': return spec.activeDeadlineSeconds !== undefined;
    case 'NotTerminating': return spec.activeDeadlineSeconds === undefined;
    case 'BestEffort': return isBestEffort(spec, status?.qosClass);
    case 'NotBestEffort': return !isBestEffort(spec, status?.qosClass);
    case 'PriorityClass': return chooses(operator, values, spec.priorityClassName || undefined);
    case 'CrossNamespacePodAffinity': return reachesOut(spec.affinity);
    default: return false;
  }
}

function chooses(operator: string, values: readonly string[], value: string | undefined): boolean {
  switch (operator) {
    case 'Exists': return value !== undefined;
    case 'DoesNotExist': return value === undefined;
    case 'In': return value !== undefined && values.includes(value);
    case 'NotIn': return value === undefined || !values.includes(value);
    default: return false;
  }
}

/** No container asks for anything that QoS looks at, nor does the pod. */
function isBestEffort({ containers, initContainers = [], resources }: PodLike['spec'], qosClass: string | undefined): boolean {
  if (qosClass !== undefined && qosClass !== '') return qosClass === 'BestEffort';
  const asks = (from: { readonly requests?: Quantities; readonly limits?: Quantities } | undefined) =>
    [from?.requests, from?.limits].some((list) => ['cpu', 'memory'].some((name) => list?.[name] !== undefined && parseQuantity(list[name]).nanos > 0n));
  return ![resources, ...[...containers, ...initContainers].map((container) => container.resources)].some((one) => asks(one));
}

function reachesOut(affinity: PodLike['spec']['affinity']): boolean {
  const terms = [affinity?.podAffinity, affinity?.podAntiAffinity].flatMap((one) => [
    ...(one?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(one?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ]);
  return terms.some(({ namespaces = [], namespaceSelector }) => namespaces.length > 0 || namespaceSelector !== undefined);
}

const MUST_BE_SAID = ['cpu', 'limits.cpu', 'limits.memory', 'memory', 'requests.cpu', 'requests.memory'];

/** What a quota on compute makes every container say: `must specify cpu for: a,b; memory for: a`; undefined where all do. */
export function unsaid(hard: Quantities, { spec }: ObjectLike): string | undefined {
  const { containers, initContainers = [], resources: whole } = spec as PodLike['spec'] & { readonly resources?: { readonly limits?: Quantities } };
  const problems: string[] = [];
  for (const name of MUST_BE_SAID) {
    if (!(name in hard)) continue;
    const [list, resource] = name.startsWith('limits.') ? (['limits', name.slice(7)] as const) : (['requests', name.replace('requests.', '')] as const);
    if (whole?.[list]?.[resource] !== undefined) continue;
    const silent = [...containers, ...initContainers].filter(({ resources }) => (resources as { readonly [list in 'limits' | 'requests']?: Quantities } | undefined)?.[list]?.[resource] === undefined);
    if (silent.length > 0) problems.push(`${name} for: ${silent.map((container) => container.name).sort().join()}`);
  }
  return problems.length > 0 ? `must specify ${problems.join('; ')}` : undefined;
}
