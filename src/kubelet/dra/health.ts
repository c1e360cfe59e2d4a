/** How drivers say their devices are (k8s.io/kubelet, pkg/apis/dra-health/v1alpha1, api.proto; KEP-4680). */
import type { Clock, Millis } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { ResourceHealth } from '../../kinds/core/pod-status.ts';
import { CriError } from '../cri/cri.ts';
import type { GrpcConnection } from '../grpc/connection.ts';
import { choice, enumeration, int64, many, message, one, string } from '../grpc/message.ts';
import type { Received } from '../grpc/message.ts';

const Health = enumeration('HealthStatus', 'UNKNOWN', 'HEALTHY', 'UNHEALTHY');
const DeviceHealth = message('DeviceHealth', {
  device: one(1, message('DeviceIdentifier', { pool_name: string(1), device_name: string(2) })),
  health: choice(2, Health), last_updated_time: int64(3), health_check_timeout_seconds: int64(4), message: string(5),
});
export const DRAResourceHealth = {
  NodeWatchResources: { request: message('NodeWatchResourcesRequest', {}), response: message('NodeWatchResourcesResponse', { devices: many(1, DeviceHealth) }), stream: true },
} as const;
/** What a driver says that it speaks, and the package that is. */
export const HEALTH_SERVICE = 'v1alpha1.DRAResourceHealth';
export const HEALTH_PACKAGE = 'v1alpha1';

/** What is not said again for so long is not known any more. */
const TIMEOUT: Millis = 30_000;
const RETRY: Millis = 5_000;
const LONGEST_MESSAGE = 1024;

interface Said {
  readonly health: 'Healthy' | 'Unhealthy' | 'Unknown';
  readonly message: string;
  readonly until: Millis;
}

const NAMES = { HEALTHY: 'Healthy', UNHEALTHY: 'Unhealthy', UNKNOWN: 'Unknown' } as const;

export class DeviceHealths {
  readonly #clock: Clock;
  readonly #tell: () => void;
  readonly #said = new Map<string, Map<string, Said>>();

  /** @param onChange a device is not as it was */
  constructor(clock: Clock, onChange: () => void) {
    this.#clock = clock;
    this.#tell = onChange;
  }

  of(driver: string, pool: string, device: string): Pick<ResourceHealth, 'health' | 'message'> {
    const said = this.#said.get(driver)?.get(`${pool}/${device}`);
    if (!said || said.until < this.#clock.now()) return { health: 'Unknown' };
    return { health: said.health, ...(said.message !== '' && { message: said.message }) };
  }

  /** Listens until aborted; a driver that stops telling is asked again, one that cannot is left alone. */
  async watch(driver: string, connection: GrpcConnection, { log, signal }: { readonly log: Logger; readonly signal: AbortSignal }): Promise<void> {
    const service = connection.service(HEALTH_PACKAGE, { DRAResourceHealth });
    while (!signal.aborted) {
      try {
        for await (const { devices } of service.stream('NodeWatchResources', {}, signal)) this.#take(driver, devices);
      } catch (error) {
        if (error instanceof CriError && error.code === 'Unimplemented') return;
        log.debug('a driver does not tell of its devices\' health', { driver, error: String(error) });
      } finally {
        if (this.#said.delete(driver)) this.#tell();
      }
      await this.#clock.sleep(RETRY, signal).catch(() => {});
    }
  }

  /** All of the driver's devices; one that is left out is what it was until that is too long ago. */
  #take(driver: string, devices: readonly Received<typeof DeviceHealth>[]): void {
    const before = this.#said.get(driver) ?? new Map<string, Said>();
    const now = this.#clock.now();
    const after = new Map([...before].filter(([, { until }]) => until >= now));
    for (const one of devices) {
      const message = one.message.length > LONGEST_MESSAGE ? `${one.message.slice(0, LONGEST_MESSAGE - 3)}...` : one.message;
      const seconds = one.health_check_timeout_seconds;
      after.set(`${one.device?.pool_name}/${one.device?.device_name}`, { health: NAMES[one.health], message, until: now + (seconds > 0 ? seconds * 1000 : TIMEOUT) });
    }
    this.#said.set(driver, after);
    const differs = ([id, { health, message }]: readonly [string, Said], other: ReadonlyMap<string, Said>) => other.get(id)?.health !== health || other.get(id)?.message !== message;
    if ([...after].some((entry) => differs(entry, before)) || [...before.keys()].some((id) => !after.has(id))) this.#tell();
  }
}
