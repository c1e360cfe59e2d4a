/** One registered device plugin: its list of devices as it changes, and what it is asked. */
import type { Clock } from '../../base/clock.ts';
import { connectGrpc } from '../grpc/connection.ts';
import { DevicePlugin, HEALTHY } from './plugin-v1beta1.ts';
import type { DeviceGrant, PluginOptions } from './plugin-v1beta1.ts';
import type { KnownDevice } from './inventory.ts';

export interface PluginClient extends AsyncDisposable {
  readonly options: PluginOptions;
  allocate(devices: readonly string[]): Promise<DeviceGrant>;
  preferred(request: { readonly available: readonly string[]; readonly must: readonly string[]; readonly count: number }): Promise<readonly string[]>;
  preStart(devices: readonly string[]): Promise<void>;
}

export interface PluginOptionsIn {
  readonly socket: string;
  readonly clock: Clock;
  readonly onDevices: (devices: readonly KnownDevice[]) => void;
  /** The plugin ended its list, or is gone. */
  readonly onStop: () => void;
}

/** Upstream's pluginapi.KubeletPreStartContainerRPCTimeoutInSecs. */
const CALL_SECONDS = 30;

export async function connectPlugin({ socket, clock, onDevices, onStop }: PluginOptionsIn): Promise<PluginClient> {
  const connection = connectGrpc(socket, { clock });
  const { call, stream } = connection.service('v1beta1', { DevicePlugin });
  const within = { deadlineSeconds: CALL_SECONDS };
  const options = await call('GetDevicePluginOptions', {}, within).catch((error: unknown) => {
    connection[Symbol.dispose]();
    throw error;
  });
  const stop = new AbortController();
  const follow = async (): Promise<void> => {
    try {
      for await (const { devices } of stream('ListAndWatch', {}, stop.signal)) {
        onDevices(devices.map(({ ID, health, topology }) => ({ id: ID, healthy: health === HEALTHY, numaNodes: (topology?.nodes ?? []).map((node) => node.ID) })));
      }
    } catch {
      // Whatever ended it, the plugin has to register again.
    }
    if (!stop.signal.aborted) onStop();
  };
  const following = follow();
  return {
    options,
    async allocate(devices) {
      const { containerResponses: [grant] } = await call('Allocate', { containerRequests: [{ devicesIds: devices }] }, within);
      if (!grant) throw new Error(`no containers return in allocation response`);
      return { ...grant, mounts: grant.mounts, devices: grant.devices, cdiDevices: grant.cdiDevices };
    },
    async preferred({ available, must, count }) {
      const { containerResponses: [answer] } = await call('GetPreferredAllocation', { containerRequests: [{ availableDeviceIDs: available, mustIncludeDeviceIDs: must, allocationSize: count }] }, within);
      return answer?.deviceIDs ?? [];
    },
    preStart: async (devices) => void (await call('PreStartContainer', { devicesIds: devices }, within)),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await following;
      connection[Symbol.dispose]();
    },
  };
}
