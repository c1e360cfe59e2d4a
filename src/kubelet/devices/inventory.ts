/** Which devices there are, how they are, and whose they are. Pure but for its own state: nothing here talks to anybody. */
import type { ResourceStatus } from '../../kinds/core/pod-status.ts';
import type { DeviceGrant } from './plugin-v1beta1.ts';

export interface KnownDevice {
  readonly id: string;
  readonly healthy: boolean;
  /** Nobody is there to say how it is. */
  readonly unknown?: boolean;
  /** Of the memory it is next to; none said, none. */
  readonly numaNodes: readonly number[];
}

/** Devices of one resource that one container was given. */
export interface Holding {
  readonly uid: string;
  readonly container: string;
  readonly resource: string;
  readonly devices: readonly string[];
  /** What the plugin wants the container to have for them; absent while it is being asked. */
  readonly grant?: DeviceGrant;
}

/** What outlives a restart of the kubelet. */
export interface Checkpoint {
  readonly holdings: readonly Holding[];
  readonly registered: Readonly<Record<string, readonly string[]>>;
}

export class Inventory {
  readonly #devices = new Map<string, ReadonlyMap<string, KnownDevice>>();
  #holdings: readonly Holding[] = [];

  /** Resources known from before have no healthy device until their plugin registers again. */
  restore({ holdings, registered }: Checkpoint): void {
    this.#holdings = holdings;
    for (const [resource, ids] of Object.entries(registered)) if (!this.#devices.has(resource)) this.set(resource, ids.map((id) => ({ id, healthy: false, unknown: true, numaNodes: [] })));
  }

  checkpoint(): Checkpoint {
    const registered = [...this.#devices].map(([resource, devices]) => [resource, [...devices.keys()]] as const);
    return { holdings: this.#holdings.filter(({ grant }) => grant !== undefined), registered: Object.fromEntries(registered) };
  }

  set(resource: string, devices: readonly KnownDevice[]): void {
    this.#devices.set(resource, new Map(devices.map((device) => [device.id, device])));
  }

  /** Its plugin is gone: nothing of it can be had. */
  disable(resource: string): void {
    this.set(resource, this.devicesOf(resource).map((device) => ({ ...device, healthy: false, unknown: true })));
  }

  forget(resource: string): void {
    this.#devices.set(resource, new Map());
  }

  get resources(): readonly string[] {
    return [...this.#devices.keys()];
  }

  devicesOf(resource: string): readonly KnownDevice[] {
    return [...(this.#devices.get(resource)?.values() ?? [])];
  }

  has(resource: string): boolean {
    return this.#devices.has(resource);
  }

  free(resource: string): readonly KnownDevice[] {
    const taken = new Set(this.#holdings.filter((holding) => holding.resource === resource).flatMap(({ devices }) => devices));
    return this.devicesOf(resource).filter(({ id, healthy }) => healthy && !taken.has(id));
  }

  holdingsOf(uid: string, container?: string): readonly Holding[] {
    return this.#holdings.filter((holding) => holding.uid === uid && (container === undefined || holding.container === container));
  }

  get holders(): readonly string[] {
    return [...new Set(this.#holdings.map(({ uid }) => uid))];
  }

  /** How a container's devices are, as its status tells (KEP-4680). */
  healthOf(uid: string, container: string): readonly ResourceStatus[] {
    return this.holdingsOf(uid, container).map(({ resource, devices }) => ({
      name: resource,
      resources: devices.map((resourceID) => {
        const device = this.#devices.get(resource)?.get(resourceID);
        return { resourceID, health: device === undefined || device.unknown ? 'Unknown' : device.healthy ? 'Healthy' : 'Unhealthy' };
      }),
    }));
  }

  hold(holding: Holding): void {
    const { uid, container, resource } = holding;
    this.#holdings = [...this.#holdings.filter((one) => !(one.uid === uid && one.container === container && one.resource === resource)), holding];
  }

  /** @returns whether there was anything */
  release(uid: string): boolean {
    const before = this.#holdings.length;
    this.#holdings = this.#holdings.filter((holding) => holding.uid !== uid);
    return this.#holdings.length < before;
  }
}

export interface Choice {
  readonly free: readonly KnownDevice[];
  /** Already the pod's: an init container's that has ended. */
  readonly reusable: readonly string[];
  readonly count: number;
  /** Where the container's other resources are; undefined: it does not matter. */
  readonly numaNodes: readonly number[] | undefined;
}

/** Those that must be taken, and those to take from, those near the container's other resources first. undefined where there are too few */
export function candidates({ free, reusable, count, numaNodes }: Choice): { readonly must: readonly string[]; readonly from: readonly string[] } | undefined {
  const must = reusable.slice(0, count);
  const near = (device: KnownDevice): number => (numaNodes === undefined || device.numaNodes.length === 0 ? 1 : device.numaNodes.some((node) => numaNodes.includes(node)) ? 0 : 2);
  const from = free.toSorted((a, b) => near(a) - near(b)).map(({ id }) => id);
  return must.length + from.length < count ? undefined : { must, from };
}
