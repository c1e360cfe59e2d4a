/**
 * Device plugins (https://kubernetes.io/docs/concepts/extend-kubernetes/compute-storage-net/device-plugins/): they register at a
 * socket, list their devices and say how a container gets at them.
 *
 *     Register ─▶ GetDevicePluginOptions ─▶ ListAndWatch ─(changes)─▶ node status
 *     pod admitted ─▶ choose [GetPreferredAllocation] ─▶ Allocate ─▶ checkpoint ─▶ container starts [PreStartContainer]
 */
import { readdir, rm, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Millis } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { messageOf } from '../../base/message-of.ts';
import type { Container } from '../../kinds/core/container.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import { quantityValue, parseQuantity } from '../../meta/quantity.ts';
import { serveGrpc, served } from '../grpc/server.ts';
import { readCheckpoint, writeCheckpoint } from '../checkpoint.ts';
import { initContainers, isSidecar } from '../pod.ts';
import { candidates, Inventory } from './inventory.ts';
import type { Checkpoint, Holding } from './inventory.ts';
import { connectPlugin } from './plugin-client.ts';
import type { PluginClient } from './plugin-client.ts';
import { KUBELET_SOCKET, Registration, VERSION } from './plugin-v1beta1.ts';
import type { PluginHandler } from './plugin-watcher.ts';

export interface DeviceManagerOptions {
  /** Where plugins' sockets are. */
  readonly dir: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Devices came, went or fell ill. */
  readonly onChange: () => void;
}

export interface DeviceManager extends PluginHandler, AsyncDisposable {
  readonly inventory: Inventory;
  /** What the node has of each resource, and how much of it works. */
  offers(): Readonly<Record<string, { readonly capacity: number; readonly allocatable: number }>>;
  /** Gives a container its devices; what it was given before stays its own. @throws Error with upstream's text */
  allocate(pod: Pod, container: Container, numaNodes?: readonly number[]): Promise<void>;
  /** Right before a container starts. */
  prepare(uid: string, container: string): Promise<void>;
  holdings(uid: string, container: string): readonly Holding[];
  release(uid: string): Promise<void>;
  /** Takes back what others than these were given. */
  releaseUnless(holds: (uid: string) => boolean): Promise<void>;
}

/** A plugin that does not come back within this takes its resource with it. */
const GONE_AFTER: Millis = 300_000;
const CHECKPOINT = 'kubelet_internal_checkpoint';

export async function startDeviceManager(options: DeviceManagerOptions): Promise<DeviceManager> {
  const { dir } = options;
  const manager = new Devices(options);
  await mkdir(dir, { recursive: true, mode: 0o750 });
  // Plugins wait for our socket to be made anew, and then register again.
  for (const entry of await readdir(dir, { withFileTypes: true })) if (entry.isSocket()) await rm(join(dir, entry.name), { force: true });
  await manager.start();
  return manager;
}

class Devices implements DeviceManager {
  readonly inventory = new Inventory();
  readonly #options: DeviceManagerOptions;
  readonly #plugins = new Map<string, PluginClient>();
  readonly #leaving = new Map<string, Disposable>();
  #server: AsyncDisposable | undefined;
  #saving: Promise<void> = Promise.resolve();

  constructor(options: DeviceManagerOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { dir, log } = this.#options;
    this.inventory.restore(await this.#readCheckpoint());
    for (const resource of this.inventory.resources) this.#leaveLater(resource);
    this.#server = await serveGrpc(join(dir, KUBELET_SOCKET), [served('v1beta1', { Registration }, {
      Register: async ({ version, endpoint, resourceName }) => {
        log.info('a device plugin registers', { resource: resourceName, endpoint });
        this.register({ name: resourceName, endpoint: join(dir, endpoint), supportedVersions: [version] });
        return {};
      },
    })]).catch((error: unknown) => {
      // A node without device plugins is better than none.
      log.warn('device plugins cannot register', { error: String(error) });
      return undefined;
    });
  }

  register({ name, endpoint, supportedVersions }: Parameters<PluginHandler['register']>[0]): void {
    if (!supportedVersions.includes(VERSION)) throw new Error(`requested API version "${supportedVersions.join()}" is not supported by kubelet. Supported version is ["${VERSION}"]`);
    if (!isExtendedName(name)) throw new Error(`the ResourceName "${name}" is invalid`);
    // The plugin may serve only once it has been answered.
    void this.#connect(name, endpoint);
  }

  deregister(name: string): void {
    if (this.#plugins.has(name)) this.#stopped(name);
  }

  offers(): ReturnType<DeviceManager['offers']> {
    return Object.fromEntries(this.inventory.resources.map((resource) => {
      const devices = this.inventory.devicesOf(resource);
      return [resource, { capacity: devices.length, allocatable: devices.filter(({ healthy }) => healthy).length }];
    }));
  }

  async allocate(pod: Pod, container: Container, numaNodes?: readonly number[]): Promise<void> {
    const { uid } = pod.metadata;
    for (const [resource, amount] of Object.entries(container.resources?.limits ?? {})) {
      if (!this.inventory.has(resource)) continue;
      const count = quantityValue(parseQuantity(amount));
      const held = this.inventory.holdingsOf(uid, container.name).find((holding) => holding.resource === resource);
      if (count === 0 || held?.grant) continue;
      await this.#allocate({ pod, container, resource, count, numaNodes });
    }
  }

  async prepare(uid: string, container: string): Promise<void> {
    for (const { resource, devices } of this.inventory.holdingsOf(uid, container)) {
      const plugin = this.#plugins.get(resource);
      if (!plugin?.options.preStartRequired) continue;
      await plugin.preStart(devices).catch((error: unknown) => {
        throw new Error(`device plugin PreStartContainer rpc failed with err: ${messageOf(error)}`, { cause: error });
      });
    }
  }

  holdings(uid: string, container: string): readonly Holding[] {
    return this.inventory.holdingsOf(uid, container);
  }

  async release(uid: string): Promise<void> {
    if (this.inventory.release(uid)) await this.#save();
  }

  async releaseUnless(holds: (uid: string) => boolean): Promise<void> {
    const gone = this.inventory.holders.filter((uid) => !holds(uid));
    for (const uid of gone) this.inventory.release(uid);
    if (gone.length > 0) await this.#save();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#leaving.values()) timer[Symbol.dispose]();
    await this.#server?.[Symbol.asyncDispose]();
    for (const plugin of this.#plugins.values()) await plugin[Symbol.asyncDispose]();
    await this.#saving.catch(() => {});
  }

  async #connect(resource: string, endpoint: string): Promise<void> {
    const { clock, log, onChange } = this.#options;
    await this.#plugins.get(resource)?.[Symbol.asyncDispose]();
    this.#plugins.delete(resource);
    try {
      const plugin = await connectPlugin({
        socket: endpoint, clock,
        onDevices: (devices) => {
          this.#leaving.get(resource)?.[Symbol.dispose]();
          this.#leaving.delete(resource);
          this.inventory.set(resource, devices);
          void this.#save();
          onChange();
        },
        onStop: () => this.#stopped(resource),
      });
      this.#plugins.set(resource, plugin);
    } catch (error) {
      log.warn('a device plugin could not be reached', { resource, endpoint, error: String(error) });
    }
  }

  #stopped(resource: string): void {
    this.#options.log.info('a device plugin is gone', { resource });
    const plugin = this.#plugins.get(resource);
    this.#plugins.delete(resource);
    void plugin?.[Symbol.asyncDispose]();
    this.inventory.disable(resource);
    this.#leaveLater(resource);
    this.#options.onChange();
  }

  #leaveLater(resource: string): void {
    this.#leaving.get(resource)?.[Symbol.dispose]();
    this.#leaving.set(resource, this.#options.clock.after(GONE_AFTER, () => {
      this.inventory.forget(resource);
      void this.#save();
      this.#options.onChange();
    }));
  }

  async #allocate({ pod, container, resource, count, numaNodes }: Allocating): Promise<void> {
    const { uid } = pod.metadata;
    const free = this.inventory.free(resource);
    const found = candidates({ free, reusable: this.#reusable(pod, container, resource), count, numaNodes });
    if (!found) throw new Error(`requested number of devices unavailable for ${resource}. Requested: ${count}, Available: ${free.length}`);
    const plugin = this.#plugins.get(resource);
    if (!plugin) throw new Error(`endpoint not found in cache for a registered resource: ${resource}`);
    const hold = (devices: readonly string[]) => this.inventory.hold({ uid, container: container.name, resource, devices });
    // Held before anybody is asked: another pod must not choose the same.
    hold([...found.must, ...found.from].slice(0, count));
    const { must, from } = found;
    const wished = plugin.options.getPreferredAllocationAvailable && must.length < count
      ? (await plugin.preferred({ available: [...must, ...from], must, count })).filter((id) => must.includes(id) || this.#isFreeFor(uid, resource, id)) : [];
    const devices = [...new Set([...must, ...wished, ...from.filter((id) => this.#isFreeFor(uid, resource, id))])].slice(0, count);
    hold(devices);
    const grant = await plugin.allocate(devices);
    this.inventory.hold({ uid, container: container.name, resource, devices, grant });
    await this.#save();
  }

  /** Chosen meanwhile by another, it is free no more. */
  #isFreeFor(uid: string, resource: string, id: string): boolean {
    return this.inventory.free(resource).some((device) => device.id === id) || this.inventory.holdingsOf(uid).some((holding) => holding.resource === resource && holding.devices.includes(id));
  }

  /** An init container's devices serve those that run after it has ended; a sidecar's are its own. */
  #reusable(pod: Pod, container: Container, resource: string): readonly string[] {
    const { uid } = pod.metadata;
    const earlier = initContainers(pod).filter((init) => !isSidecar(init) && init.name !== container.name).map(({ name }) => name);
    const lasting = this.inventory.holdingsOf(uid).filter((holding) => holding.resource === resource && !earlier.includes(holding.container)).flatMap(({ devices }) => devices);
    const held = this.inventory.holdingsOf(uid).filter((holding) => holding.resource === resource && earlier.includes(holding.container)).flatMap(({ devices }) => devices);
    return [...new Set(held)].filter((id) => !lasting.includes(id));
  }

  async #readCheckpoint(): Promise<Checkpoint> {
    const { dir, log } = this.#options;
    const nothing: Checkpoint = { holdings: [], registered: {} };
    try {
      return { ...nothing, ...(await readCheckpoint(join(dir, CHECKPOINT))) };
    } catch (error) {
      log.warn('Continue after failing to read checkpoint file. Device allocation info may NOT be up-to-date', { error: messageOf(error) });
      return nothing;
    }
  }

  /** One after the other; each writes what then holds. */
  #save(): Promise<void> {
    const path = join(this.#options.dir, CHECKPOINT);
    this.#saving = this.#saving.catch(() => {}).then(async () => {
      await writeCheckpoint(path, this.inventory.checkpoint());
    });
    this.#saving.catch((error: unknown) => this.#options.log.warn('the checkpoint of devices could not be written', { error: String(error) }));
    return this.#saving;
  }
}

interface Allocating {
  readonly pod: Pod;
  readonly container: Container;
  readonly resource: string;
  readonly count: number;
  readonly numaNodes: readonly number[] | undefined;
}

const isExtendedName = (name: string): boolean => /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?\/[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?$/.test(name) && !name.startsWith('kubernetes.io/') && !name.split('/')[0]!.endsWith('.kubernetes.io');
