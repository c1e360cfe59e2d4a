/** A driver of dynamic resources as vendors write them, over real gRPC: two sockets, one that registers and one that prepares. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { serveGrpc, served } from '../../grpc/server.ts';
import { DRAResourceHealth, HEALTH_PACKAGE, HEALTH_SERVICE } from '../health.ts';
import { DRA_VERSIONS, DRAPlugin, Registration, REGISTRATION_PACKAGE } from '../plugin-api.ts';

type Version = (typeof DRA_VERSIONS)[number][0];

export interface TestDriverOptions {
  /** The kubelet's own directory. */
  readonly rootDir: string;
  readonly name: string;
  readonly version?: Version;
  /** CDI devices of a claim, or why there are none. */
  readonly prepare?: (claim: string) => readonly string[] | string;
  /** Of the claim, that the device is for. */
  readonly requestNames?: readonly string[];
  /** Whether it tells how its device is. */
  readonly health?: boolean;
}

export interface TestDriver extends AsyncDisposable {
  /** What it was asked, as `method claim`. */
  readonly calls: readonly string[];
  /** What the kubelet said of its registration: an error, or '' where it was taken. */
  readonly told: readonly string[];
  /** What it says of its one device from now on. */
  report(health: 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN', message?: string): void;
  /** What prepares is gone; what registered stays. */
  crash(): Promise<void>;
}

export async function startTestDriver({ rootDir, name, version = 'v1.DRAPlugin', prepare = () => [], requestNames = [], health = false }: TestDriverOptions): Promise<TestDriver> {
  const endpoint = join(rootDir, 'plugins', name, 'dra.sock');
  const calls: string[] = [];
  const told: string[] = [];
  const reports = new Reports();
  const [, path] = DRA_VERSIONS.find(([one]) => one === version)!;
  const service = await serveGrpc(endpoint, [served(path, { DRAPlugin }, {
    async NodePrepareResources({ claims }) {
      calls.push(...claims.map((claim) => `prepare ${claim.name}`));
      return {
        claims: Object.fromEntries(claims.map((claim) => {
          const cdi = prepare(claim.name);
          return [claim.uid, typeof cdi === 'string' ? { error: cdi } : { devices: [{ requestNames, poolName: 'pool', deviceName: 'device', cdiDeviceIds: cdi }] }];
        })),
      };
    },
    async NodeUnprepareResources({ claims }) {
      calls.push(...claims.map((claim) => `unprepare ${claim.name}`));
      return { claims: Object.fromEntries(claims.map((claim) => [claim.uid, {}])) };
    },
  }), ...(health ? [served(HEALTH_PACKAGE, { DRAResourceHealth }, { NodeWatchResources: (_, signal) => reports.follow(signal) })] : [])]);
  const registration = await serveGrpc(join(rootDir, 'plugins_registry', `${name}-reg.sock`), [served(REGISTRATION_PACKAGE, { Registration }, {
    GetInfo: async () => ({ type: 'DRAPlugin', name, endpoint, supportedVersions: [version, ...(health ? [HEALTH_SERVICE] : [])] }),
    async NotifyRegistrationStatus({ pluginRegistered, error }) {
      told.push(pluginRegistered ? '' : error);
      return {};
    },
  })]);
  return {
    calls, told,
    report: (status, message = '') => reports.add({ devices: [{ device: { pool_name: 'pool', device_name: 'device' }, health: status, message }] }),
    async crash() {
      await service[Symbol.asyncDispose]();
    },
    async [Symbol.asyncDispose]() {
      await registration[Symbol.asyncDispose]();
      await service[Symbol.asyncDispose]();
      await rm(join(rootDir, 'plugins', name), { recursive: true, force: true });
    },
  };
}

type Report = { readonly devices: readonly { readonly device: { readonly pool_name: string; readonly device_name: string }; readonly health: 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN'; readonly message: string }[] };

/** The latest report, and each that follows. */
class Reports {
  #latest: Report | undefined;
  #wake: () => void = () => {};

  add(report: Report): void {
    this.#latest = report;
    this.#wake();
  }

  async *follow(signal: AbortSignal): AsyncGenerator<Report> {
    signal.addEventListener('abort', () => this.#wake());
    let told: Report | undefined;
    while (!signal.aborted) {
      if (told === this.#latest) await new Promise<void>((resolve) => (this.#wake = resolve));
      else if ((told = this.#latest)) yield told;
    }
  }
}
