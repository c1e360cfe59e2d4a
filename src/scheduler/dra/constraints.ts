import type { Device, DeviceAttribute } from '../../kinds/resource/device.ts';
import type { DeviceConstraint } from '../../kinds/resource/device-claim.ts';
import type { Ask } from './asks.ts';
import type { PooledDevice } from './pools.ts';

/** What the devices of a claim must have in common, or not. Once violated, no further device mends it. */
export interface Constraint {
  /** False where the device cannot join those it holds for; else it has, until it is taken out again, last in first out. */
  add(ask: Ask, device: PooledDevice): boolean;
  remove(ask: Ask): void;
}

/** @throws Error where it asks for nothing that is known */
export function constraintOf({ requests = [], matchAttribute, distinctAttribute }: DeviceConstraint): Constraint | undefined {
  const attribute = matchAttribute ?? distinctAttribute;
  if (attribute === undefined) return undefined;
  const concerns = ({ base, reference }: Ask): boolean => requests.length === 0 || requests.includes(base) || requests.includes(reference);
  const values: string[] = [];
  return {
    add(ask, { device, slice }) {
      if (!concerns(ask)) return true;
      const value = valueOf(device, slice.spec.driver, attribute);
      if (value === undefined) return false;
      const fits = matchAttribute === undefined ? !values.includes(value) : values.length === 0 || values[0] === value;
      if (fits) values.push(value);
      return fits;
    },
    remove(ask) {
      if (concerns(ask)) values.pop();
    },
  };
}

/** As text with its type: 1 and "1" differ. An attribute without a domain is of the driver's. */
function valueOf({ attributes = {} }: Device, driver: string, name: string): string | undefined {
  const slash = name.indexOf('/');
  const found: DeviceAttribute | undefined = attributes[name] ?? (name.slice(0, slash) === driver ? attributes[name.slice(slash + 1)] : undefined);
  if (!found) return undefined;
  const { int, bool, string, version } = found;
  return version === undefined ? JSON.stringify(int === undefined ? (bool ?? string) : Number(int)) : `v${version}`;
}
