/** A driver of dynamic resources as vendors write them, over real gRPC: two sockets, one that registers and one that prepares. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { serveGrpc, served } from '../../grpc/server.ts';
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
}

export interface TestDriver extends AsyncDisposable {
  /** What it was asked, as `method claim`. */
  readonly calls: readonly string[];
  /** What the kubelet said of its registration: an error, or '' where it was taken. */
  readonly told: readonly string[];
  /** What prepares is gone; what registered stays. */
  crash(): Promise<void>;
}

export async function startTestDriver({ rootDir, name, version = 'v1.DRAPlugin', prepare = () => [], requestNames = [] }: TestDriverOptions): Promise<TestDriver> {
  const endpoint = join(rootDir, 'plugins', name, 'dra.sock');
  const calls: string[] = [];
  const told: string[] = [];
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
  })]);
  const registration = await serveGrpc(join(rootDir, 'plugins_registry', `${name}-reg.sock`), [served(REGISTRATION_PACKAGE, { Registration }, {
    GetInfo: async () => ({ type: 'DRAPlugin', name, endpoint, supportedVersions: [version] }),
    async NotifyRegistrationStatus({ pluginRegistered, error }) {
      told.push(pluginRegistered ? '' : error);
      return {};
    },
  })]);
  return {
    calls, told,
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
