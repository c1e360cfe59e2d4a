/** Names and amounts of resources: containers', pods', nodes'. */
import { type FieldPath, type FieldError, forbidden, invalid, notSupported, required } from '../../meta/field-error.ts';
import { qualifiedNameProblems } from '../../meta/names.ts';
import { compareQuantity, formatQuantity, parseQuantity, type Quantity, quantityValue, tryParseQuantity } from '../../meta/quantity.ts';
import { withFields } from '../change.ts';
import { type Errors, NEGATIVE, problemsAt } from '../checks.ts';
import type { PodSpec } from './pod-spec.ts';
import { isPodLevelResource, totalOf } from './pod-totals.ts';
import type { ResourceRequirements } from './resources.ts';

const STANDARD_OF_CONTAINERS = ['cpu', 'memory', 'ephemeral-storage'];
const STANDARD = new Set([
  ...STANDARD_OF_CONTAINERS, 'requests.cpu', 'requests.memory', 'requests.ephemeral-storage', 'limits.cpu', 'limits.memory',
  'limits.ephemeral-storage', 'pods', 'resourcequotas', 'services', 'replicationcontrollers', 'secrets', 'configmaps',
  'persistentvolumeclaims', 'storage', 'requests.storage', 'services.nodeports', 'services.loadbalancers',
]);
const MAX_QUALIFIED = 'requests.';

export const isHugePages = (name: string): boolean => name.startsWith('hugepages-');
const isNative = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/');
const isAttachable = (name: string): boolean => name.startsWith('attachable-volumes-');
/** Fully qualified outside kubernetes.io, and still a name as a quota's `requests.` */
export const isExtended = (name: string): boolean =>
  !isNative(name) && !name.startsWith(MAX_QUALIFIED) && qualifiedNameProblems(`${MAX_QUALIFIED}${name}`).length === 0;
/** Whether more may be promised than there is: not of devices and pages, which are whole. */
export const isOvercommittable = (name: string): boolean => isNative(name) && !isHugePages(name);
const isInteger = (name: string): boolean => isExtended(name);

/** Whether a name is one of Kubernetes' own, or somebody's. */
export function* anyResourceNameErrors(name: string, at: FieldPath): Errors {
  const problems = qualifiedNameProblems(name);
  if (problems.length > 0) return void (yield* problemsAt(at, name, problems));
  if (name.includes('/') || STANDARD.has(name) || isHugePages(name) || name.startsWith('requests.hugepages-') || isAttachable(name)) return;
  yield invalid(at, name, 'must be a standard resource type or fully qualified');
}

/** Whether a name is one a container can ask for. */
export function* resourceNameErrors(name: string, at: FieldPath): Errors {
  yield* anyResourceNameErrors(name, at);
  if (name.includes('/')) {
    if (!isNative(name) && !isExtended(name)) yield invalid(at, name, "doesn't follow extended resource name standard");
  } else if (!STANDARD_OF_CONTAINERS.includes(name) && !isHugePages(name)) yield invalid(at, name, 'must be a standard resource for containers');
}

/** An amount that may not be negative, nor broken where the resource is whole. */
export function* amountErrors(name: string, amount: string, at: FieldPath): Errors {
  const { nanos } = parseQuantity(amount);
  if (nanos < 0n) yield invalid(at, amount, NEGATIVE);
  if (isInteger(name) && nanos % 1_000_000_000n !== 0n) yield invalid(at, amount, 'must be an integer');
}

type Quantities = Readonly<Record<string, string>>;

function* listErrors(list: Quantities, at: FieldPath): Errors {
  for (const [name, amount] of Object.entries(list)) {
    const here = at.key(name);
    yield* resourceNameErrors(name, here);
    yield* amountErrors(name, amount, here);
    if (isHugePages(name) && !isMultiple(name, amount)) yield invalid(here, amount, `${amount} is not positive integer multiple of ${name}`);
  }
}

function isMultiple(name: string, amount: string): boolean {
  const page = tryParseQuantity(name.slice('hugepages-'.length))?.nanos ?? 0n;
  return page > 0n && parseQuantity(amount).nanos % page === 0n;
}

/** @param claims the names of the pod's resource claims */
export function* requirementErrors({ limits = {}, requests = {}, claims = [] }: ResourceRequirements, podClaims: readonly string[], at: FieldPath): Errors {
  yield* listErrors(limits, at.child('limits'));
  yield* listErrors(requests, at.child('requests'));
  for (const [name, amount] of Object.entries(requests)) yield* requestErrors(name, amount, Object.hasOwn(limits, name) ? limits[name] : undefined, at);
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  if (names.some(isHugePages) && !names.includes('cpu') && !names.includes('memory')) yield forbidden(at, 'HugePages require cpu or memory');
  yield* claimErrors(claims, podClaims, at.child('claims'));
}

function* requestErrors(name: string, request: string, limit: string | undefined, at: FieldPath): Errors {
  const wanted = at.child('requests');
  if (limit === undefined) {
    if (!isOvercommittable(name)) yield required(at.child('limits'), 'Limit must be set for non overcommitable resources');
    return;
  }
  const difference = compareQuantity(parseQuantity(request), parseQuantity(limit));
  if (difference !== 0 && !isOvercommittable(name)) yield invalid(wanted, request, `must be equal to ${name} limit of ${limit}`);
  else if (difference > 0) yield invalid(wanted, request, `must be less than or equal to ${name} limit of ${limit}`);
}

function* claimErrors(claims: NonNullable<ResourceRequirements['claims']>, podClaims: readonly string[], at: FieldPath): Errors {
  const known = podClaims.length === 0 ? ' which is empty' : `: ${podClaims.toSorted().join(', ')}`;
  for (const [index, { name }] of claims.entries()) {
    const here = at.index(index);
    if (!name || podClaims.includes(name)) continue;
    yield { reason: 'FieldValueNotFound', field: here.toString(), message: `Not found: ${JSON.stringify(name)}: must be one of the names in pod.spec.resourceClaims${known}` } satisfies FieldError;
  }
}

/** What a pod as a whole may ask for. */
export function* podLevelErrors(resources: ResourceRequirements, spec: PodSpec, at: FieldPath): Errors {
  if (spec.os?.name === 'windows') return void (yield forbidden(at, 'may not be set for a windows pod'));
  if (resources.claims?.length) yield forbidden(at.child('claims'), 'claims cannot be set for Resources at pod-level');
  for (const list of ['limits', 'requests'] as const) {
    for (const name of Object.keys(resources[list] ?? {})) {
      if (!isPodLevelResource(name)) yield notSupported(at.child(list).key(name), name, ['cpu', 'hugepages-', 'memory']);
    }
  }
  yield* requirementErrors(withFields(resources, { claims: undefined }), [], at);
  yield* consistencyErrors(resources, spec, at);
}

/** The whole covers its parts. */
function* consistencyErrors({ requests = {}, limits = {} }: ResourceRequirements, spec: PodSpec, at: FieldPath): Errors {
  for (const [name, sum] of totalOf(spec, 'requests')) {
    const whole = requests[name];
    if (whole !== undefined && isMore(sum, whole)) {
      yield invalid(at.child('requests').key(name), whole, `must be greater than or equal to aggregate container requests of ${formatQuantity(sum)}`);
    }
  }
  for (const [name, sum] of totalOf(spec, 'limits')) {
    const whole = limits[name];
    if (isHugePages(name) && whole !== undefined && isMore(sum, whole)) {
      yield invalid(at.child('limits').key(name), whole, `must be greater than or equal to aggregate container limits of ${formatQuantity(sum)}`);
    }
  }
  for (const [index, container] of spec.containers.entries()) {
    for (const [name, limit] of Object.entries(container.resources?.limits ?? {})) {
      const whole = limits[name];
      if (whole !== undefined && isMore(parseQuantity(limit), whole)) yield invalid(at.child('containers').index(index).key(name).child('limits'), limit, `must be less than or equal to pod limits of ${whole}`);
    }
  }
}

const isMore = (amount: Quantity, than: string): boolean => compareQuantity(amount, parseQuantity(than)) > 0;

/** A quantity of bytes or counts that may not be negative, as the size of an emptyDir. */
export const isNegative = (amount: string): boolean => quantityValue(parseQuantity(amount)) < 0;
