/** A device plugin as vendors write them, over real gRPC: it serves its socket, registers, and tells of its devices. */
import { join } from 'node:path';
import type { Clock } from '../../../base/clock.ts';
import { connectGrpc } from '../../grpc/connection.ts';
import { serveGrpc, served } from '../../grpc/server.ts';
import { DevicePlugin, KUBELET_SOCKET, Registration, VERSION } from '../plugin-v1beta1.ts';
import type { DeviceGrant } from '../plugin-v1beta1.ts';

export interface TestPluginOptions {
  /** The kubelet's directory of plugins. */
  readonly dir: string;
  readonly clock: Clock;
  readonly resource: string;
  readonly devices: Readonly<Record<string, 'Healthy' | 'Unhealthy'>>;
  /** What a container gets for its devices. */
  readonly grant: (ids: readonly string[]) => DeviceGrant;
  /** Picks among those that are free; absent, the kubelet chooses. */
  readonly prefer?: (available: readonly string[], count: number) => readonly string[];
  readonly numaNodes?: Readonly<Record<string, number>>;
  readonly preStart?: boolean;
  readonly version?: string;
}

export interface TestPlugin extends AsyncDisposable {
  /** Tells of other devices. */
  offer(devices: TestPluginOptions['devices']): void;
  register(): Promise<void>;
  /** What it was asked, as `method ids`. */
  readonly calls: readonly string[];
}

export async function startTestPlugin({ dir, clock, resource, devices, grant, prefer, numaNodes = {}, preStart = false, version = VERSION }: TestPluginOptions): Promise<TestPlugin> {
  const endpoint = `${resource.replaceAll('/', '-')}.sock`;
  const calls: string[] = [];
  let offered = devices;
  let changed = deferred();
  const listed = () => Object.entries(offered).map(([ID, health]) => ({ ID, health, ...(numaNodes[ID] === undefined ? {} : { topology: { nodes: [{ ID: numaNodes[ID] }] } }) }));
  const options = { preStartRequired: preStart, getPreferredAllocationAvailable: prefer !== undefined };
  const serve = () => serveGrpc(join(dir, endpoint), [served('v1beta1', { DevicePlugin }, {
    GetDevicePluginOptions: async () => options,
    async *ListAndWatch(_, signal) {
      const end = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
      while (!signal.aborted) {
        const next = changed.promise;
        yield { devices: listed() };
        await Promise.race([next, end]);
      }
    },
    GetPreferredAllocation: async ({ containerRequests }) => ({
      containerResponses: containerRequests.map(({ availableDeviceIDs, allocationSize }) => ({ deviceIDs: prefer?.(availableDeviceIDs, allocationSize) ?? [] })),
    }),
    async Allocate({ containerRequests }) {
      calls.push(...containerRequests.map(({ devicesIds }) => `Allocate ${devicesIds.join(',')}`));
      return { containerResponses: containerRequests.map(({ devicesIds }) => grant(devicesIds)) };
    },
    async PreStartContainer({ devicesIds }) {
      calls.push(`PreStartContainer ${devicesIds.join(',')}`);
      return {};
    },
  })]);
  let server = await serve();
  const register = async (): Promise<void> => {
    using connection = connectGrpc(join(dir, KUBELET_SOCKET), { clock });
    await connection.service('v1beta1', { Registration }).call('Register', { version, endpoint, resourceName: resource, options });
  };
  return {
    calls,
    offer(next) {
      offered = next;
      changed.resolve();
      changed = deferred();
    },
    async register() {
      // A kubelet that starts takes all sockets away.
      await server[Symbol.asyncDispose]();
      server = await serve();
      await register();
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
