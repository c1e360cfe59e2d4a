import { messageOf } from '../../base/message-of.ts';
import type { DeviceClass } from '../../kinds/resource/device-class.ts';
import type { DeviceRequest, DeviceSelector, DeviceSubRequest, ExactDeviceRequest } from '../../kinds/resource/device-claim.ts';
import type { ResourceClaim } from '../../kinds/resource/resource-claim.ts';
import { consumptionOf, isLeft } from './capacity.ts';
import type { Allocated } from './ledger.ts';
import { nameOfPool, type Pool, type PooledDevice } from './pools.ts';
import type { DeviceSelectors } from './selectors.ts';

/** As many devices a claim can have (AllocationResultsMaxSize). */
export const MOST_RESULTS = 32;

/** One request of a claim, or one of its alternatives, with all it takes to look for devices. */
export interface Ask {
  readonly claim: ResourceClaim;
  readonly request: ExactDeviceRequest | DeviceSubRequest;
  /** Of the request, and of the alternative as `request/alternative`: one of the two is how results speak of it. */
  readonly base: string;
  readonly reference: string;
  readonly isAlternative: boolean;
  readonly deviceClass: DeviceClass;
  readonly adminAccess: boolean;
  readonly count: number;
  /** These and no others: what "all" is. */
  readonly all?: readonly PooledDevice[];
}

export interface AskInput {
  readonly pools: readonly Pool[];
  readonly allocated: Allocated;
  readonly selectors: DeviceSelectors;
  readonly deviceClass: (name: string) => DeviceClass | undefined;
}

const nameOf = ({ metadata }: ResourceClaim): string => `${metadata.namespace}/${metadata.name}`;

/** The alternatives of each of the claim's requests, the first choice first; one, where it has none. @throws Error with upstream's text where it can be met nowhere */
export function asksOf(claim: ResourceClaim, input: AskInput): readonly (readonly Ask[])[] {
  const asks = (claim.spec.devices.requests ?? []).map((request) => alternativesOf(claim, request, input));
  const least = asks.reduce((sum, alternatives) => sum + Math.min(...alternatives.map(({ count }) => count)), 0);
  if (least > MOST_RESULTS) throw new Error(`claim ${nameOf(claim)}: number of requested devices ${least} exceeds the claim limit of ${MOST_RESULTS}`);
  return asks;
}

function alternativesOf(claim: ResourceClaim, { name, exactly, firstAvailable = [] }: DeviceRequest, input: AskInput): readonly Ask[] {
  if (exactly) return [askOf({ claim, request: exactly, base: name, reference: name, isAlternative: false }, name, input)];
  return firstAvailable.map((request) => askOf({ claim, request, base: name, reference: `${name}/${request.name}`, isAlternative: true }, request.name, input));
}

type AskStart = Pick<Ask, 'claim' | 'request' | 'base' | 'reference' | 'isAlternative'>;

function askOf(start: AskStart, name: string, input: AskInput): Ask {
  const { claim, request } = start;
  const where = `claim ${nameOf(claim)}, request ${name}`;
  const deviceClass = input.deviceClass(request.deviceClassName);
  if (!deviceClass) {
    throw new Error(`${where}: could not retrieve device class ${request.deviceClassName}: deviceclass.resource.k8s.io "${request.deviceClassName}" not found`);
  }
  const ask = { ...start, deviceClass, adminAccess: 'adminAccess' in request && request.adminAccess === true, count: request.count ?? 1 };
  switch (request.allocationMode) {
    case 'ExactCount':
      return ask;
    case 'All': {
      const trouble = input.pools.find((pool) => pool.trouble);
      if (trouble) throw new Error(`${where}: asks for all devices, but resource pool ${nameOfPool(trouble.base)} is ${trouble.trouble}`);
      const all = input.pools.flatMap(({ devices }) => devices).filter((device) => isMeant(ask, device, input.selectors) && hasRoom(ask, device, input.allocated));
      return { ...ask, all, count: all.length };
    }
    default:
      throw new Error(`${where}: unsupported count mode ${request.allocationMode}`);
  }
}

/** Whether the selectors of class and request mean the device, whoever has it. @throws Error with upstream's text */
export function isMeant({ claim, deviceClass, request }: Ask, device: PooledDevice, known: DeviceSelectors): boolean {
  const { selectors: ofClass = NO_SELECTORS } = deviceClass.spec;
  const { selectors = NO_SELECTORS } = request;
  return areMet(ofClass, device, known, () => `class ${deviceClass.metadata.name}`) && areMet(selectors, device, known, () => `claim ${nameOf(claim)}`);
}

const NO_SELECTORS: readonly DeviceSelector[] = [];

function areMet(selectors: readonly DeviceSelector[], { device, slice }: PooledDevice, known: DeviceSelectors, owner: () => string): boolean {
  for (let index = 0; index < selectors.length; index++) {
    try {
      if (!known.matches(selectors[index]!.cel!.expression, slice.spec.driver, device)) return false;
    } catch (error) {
      throw new Error(`${owner()}: selector #${index}: ${messageOf(error)}`, { cause: error });
    }
  }
  return true;
}

function hasRoom({ request }: Ask, { id, device }: PooledDevice, allocated: Allocated): boolean {
  const consumed = consumptionOf(device, request.capacity);
  return consumed !== undefined && isLeft(consumed, device, [allocated.shared(id)]);
}
