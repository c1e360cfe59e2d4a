/**
 * The drivers that registered, and what becomes of their ResourceSlices: a driver that stays away for long offers nothing, so
 * that no more pods come for its devices.
 *
 *     registered ─▶ connected ⇄ lost ─(30 s)─▶ slices deleted
 */
import type { Clock, Millis } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { PluginHandler } from '../devices/plugin-watcher.ts';
import { connectGrpc } from '../grpc/connection.ts';
import type { Call, GrpcConnection } from '../grpc/connection.ts';
import { HEALTH_SERVICE } from './health.ts';
import type { DeviceHealths } from './health.ts';
import { DRA_VERSIONS, DRAPlugin } from './plugin-api.ts';

export interface DriversOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly health?: Pick<DeviceHealths, 'watch'>;
  /** Deletes this node's slices, of one driver or of all. */
  readonly deleteSlices: (driver: string | undefined, signal: AbortSignal) => Promise<void>;
}

export interface Drivers extends PluginHandler, AsyncDisposable {
  /** @throws Error with upstream's text where no such driver registered */
  call(driver: string): Call<typeof DRAPlugin>;
}

interface Plugin {
  readonly endpoint: string;
  readonly connection: GrpcConnection;
  readonly call: Call<typeof DRAPlugin>;
  readonly stop: AbortController;
  connected: boolean;
}

/** Upstream's: long enough for a driver's pod to be replaced, short enough that few pods come meanwhile. */
const WIPE_AFTER: Millis = 30_000;
const FIRST_RETRY: Millis = 1000;
const LAST_RETRY: Millis = 300_000;
/** Upstream's PluginClientTimeout. */
export const CALL_SECONDS = 45;

/** Until a driver registers, none of the node's slices holds: pods would come and wait. */
export function startDrivers(options: DriversOptions): Drivers {
  const drivers = new RegisteredDrivers(options);
  drivers.wipe(undefined);
  return drivers;
}

class RegisteredDrivers implements Drivers {
  readonly #options: DriversOptions;
  readonly #plugins = new Map<string, Plugin[]>();
  readonly #leaving = new Map<string, Disposable>();
  readonly #stop = new AbortController();
  readonly #pending = new Set<Promise<void>>();

  constructor(options: DriversOptions) {
    this.#options = options;
  }

  register({ name, endpoint, supportedVersions }: Parameters<PluginHandler['register']>[0]): void {
    const version = DRA_VERSIONS.find(([service]) => supportedVersions.includes(service));
    if (!version) {
      const why = supportedVersions.length === 0 ? 'empty list for supported gRPC services' : `none of the supported gRPC services is supported by kubelet: [${supportedVersions.join(' ')}]`;
      throw new Error(`invalid supported gRPC versions of DRA driver plugin ${name} at endpoint ${endpoint}: ${why}`);
    }
    const known = this.#plugins.get(name) ?? [];
    if (known.some((plugin) => plugin.endpoint === endpoint)) throw new Error(`endpoint ${endpoint} already registered for DRA driver plugin ${name}`);
    const connection = connectGrpc(endpoint, { clock: this.#options.clock });
    const plugin: Plugin = { endpoint, connection, call: connection.service(version[1], { DRAPlugin }).call, stop: new AbortController(), connected: false };
    this.#plugins.set(name, [...known, plugin]);
    this.#options.log.info('a driver of dynamic resources registers', { driver: name, endpoint, service: version[0] });
    if (supportedVersions.includes(HEALTH_SERVICE)) this.#watchHealth(name, plugin);
    connection.onConnection((connected) => {
      plugin.connected = connected;
      this.#weigh(name);
    }, plugin.stop.signal);
    this.#weigh(name);
  }

  deregister(name: string, endpoint: string): void {
    const [gone, left] = [this.#plugins.get(name)?.find((one) => one.endpoint === endpoint), this.#plugins.get(name)?.filter((one) => one.endpoint !== endpoint) ?? []];
    if (!gone) return;
    gone.stop.abort();
    gone.connection[Symbol.dispose]();
    this.#plugins.set(name, left);
    this.#weigh(name);
  }

  call(driver: string): Call<typeof DRAPlugin> {
    const plugins = this.#plugins.get(driver) ?? [];
    // The newest that answers: during a rolling update there are two.
    const plugin = plugins.findLast(({ connected }) => connected) ?? plugins.at(-1);
    if (!plugin) throw new Error(`DRA driver ${driver} is not registered`);
    return plugin.call;
  }

  /** As often as it takes. */
  wipe(driver: string | undefined): void {
    const { clock, log, deleteSlices } = this.#options;
    const { signal } = this.#stop;
    const work = async (): Promise<void> => {
      for (let wait = FIRST_RETRY; !signal.aborted; wait = Math.min(wait * 2, LAST_RETRY)) {
        try {
          return await deleteSlices(driver, signal);
        } catch (error) {
          if (!signal.aborted) log.debug('ResourceSlices were not deleted', { driver: driver ?? 'all', error: String(error) });
        }
        await clock.sleep(wait, signal).catch(() => {});
      }
    };
    const wiping = work().finally(() => this.#pending.delete(wiping));
    this.#pending.add(wiping);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    for (const timer of this.#leaving.values()) timer[Symbol.dispose]();
    for (const plugin of [...this.#plugins.values()].flat()) {
      plugin.stop.abort();
      plugin.connection[Symbol.dispose]();
    }
    await Promise.all(this.#pending);
  }

  #watchHealth(name: string, { connection, stop }: Plugin): void {
    const watching = this.#options.health?.watch(name, connection, { log: this.#options.log, signal: stop.signal }).finally(() => this.#pending.delete(watching!));
    if (watching) this.#pending.add(watching);
  }

  /** Begins or ends the wait for a driver that is away. */
  #weigh(name: string): void {
    const isThere = this.#plugins.get(name)?.some(({ connected }) => connected) === true;
    const waiting = this.#leaving.get(name);
    if (isThere) {
      waiting?.[Symbol.dispose]();
      this.#leaving.delete(name);
    } else if (!waiting && !this.#stop.signal.aborted) {
      this.#leaving.set(name, this.#options.clock.after(WIPE_AFTER, () => {
        this.#leaving.delete(name);
        this.wipe(name);
      }));
    }
  }
}
