/**
 * Dynamic resources (https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/): what was allocated to a
 * pod's claims is prepared by the claims' drivers before its sandbox is made, and given back when its containers have ended.
 *
 *     claim reserved for the pod ─▶ NodePrepareResources ─▶ CDI devices ─▶ containers
 *     the last of its pods here has ended ─▶ NodeUnprepareResources ─▶ forgotten
 */
import type { Clock, Millis } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { messageOf } from '../../base/message-of.ts';
import type { Pod } from '../../kinds/core/pod.ts';
import type { ResourceStatus } from '../../kinds/core/pod-status.ts';
import type { ResourceClaim } from '../../kinds/resource/resource-claim.ts';
import { ClaimCache } from './claim-cache.ts';
import type { ClaimDevice, ClaimInfo } from './claim-cache.ts';
import { claimsOfContainer, claimsOfPod, hasClaims, mayUse } from './claim-name.ts';
import { CALL_SECONDS } from './drivers.ts';
import type { Drivers } from './drivers.ts';
import type { DeviceHealths } from './health.ts';
import type { ClaimRef, PreparedDevice } from './plugin-api.ts';

export interface PodClaims extends AsyncDisposable {
  /** Before a pod's sandbox is made. @throws Error with upstream's text */
  prepare(pod: Pod): Promise<void>;
  /** Once its containers have ended, before anybody is told. @throws Error with upstream's text */
  unprepare(uid: string): Promise<void>;
  /** What the runtime is told for a container. @throws Error with upstream's text where it is not prepared */
  cdiDevices(pod: Pod, container: string): readonly string[];
  /** The claims of a container, with what was prepared. */
  infosOf(pod: Pod, container: string): readonly ClaimInfo[];
  /** How the devices are that a container has by its claims, as its status tells. */
  healthOf(pod: Pod, container: string): readonly ResourceStatus[];
  /** Pods that have claims here. */
  readonly pods: readonly string[];
}

export interface PodClaimsOptions {
  readonly rootDir: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly drivers: Pick<Drivers, 'call'>;
  readonly health: Pick<DeviceHealths, 'of'>;
  /** @throws ApiError */
  readonly claim: (namespace: string, name: string) => Promise<ResourceClaim>;
  /** Pods of which something may still run here. */
  readonly holds: (uid: string) => boolean;
}

/** Claims of pods that vanished are looked for so often. */
const RECONCILE_PERIOD: Millis = 60_000;

export async function startPodClaims(options: PodClaimsOptions): Promise<PodClaims> {
  const cache = new ClaimCache(options.rootDir);
  await cache.load(options.log);
  return new Claims(options, cache);
}

class Claims implements PodClaims {
  readonly #options: PodClaimsOptions;
  readonly #cache: ClaimCache;
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;
  /** Two pods may share a claim: it is prepared once. */
  #turn: Promise<void> = Promise.resolve();

  constructor(options: PodClaimsOptions, cache: ClaimCache) {
    this.#options = options;
    this.#cache = cache;
    this.#loop = this.#reconcile();
  }

  prepare(pod: Pod): Promise<void> {
    if (!hasClaims(pod)) return Promise.resolve();
    return this.#inTurn('prepare dynamic resources', () => this.#prepare(pod));
  }

  unprepare(uid: string): Promise<void> {
    if (this.#cache.ofPod(uid).length === 0) return Promise.resolve();
    return this.#inTurn('unprepare dynamic resources', () => this.#unprepare(uid));
  }

  cdiDevices(pod: Pod, container: string): readonly string[] {
    const { namespace = '' } = pod.metadata;
    const ids = claimsOfContainer(pod, container).flatMap(({ claim, requests }) => {
      const info = this.#cache.get(namespace, claim);
      if (!info) throw new Error(`internal error: unable to get claim info for ResourceClaim ${claim} in namespace ${namespace}`);
      return requests.flatMap((request) => Object.values(info.drivers).flat().filter((device) => serves(device, request)).flatMap(({ cdiDeviceIds }) => cdiDeviceIds));
    });
    return [...new Set(ids)];
  }

  get pods(): readonly string[] {
    return this.#cache.pods;
  }

  infosOf(pod: Pod, container: string): readonly ClaimInfo[] {
    if (!hasClaims(pod)) return [];
    return claimsOfContainer(pod, container).flatMap(({ claim }) => this.#cache.get(pod.metadata.namespace ?? '', claim) ?? []);
  }

  healthOf(pod: Pod, container: string): readonly ResourceStatus[] {
    if (!hasClaims(pod)) return [];
    const { health } = this.#options;
    return claimsOfContainer(pod, container).flatMap(({ claim, requests, as }) => {
      const info = as === undefined ? undefined : this.#cache.get(pod.metadata.namespace ?? '', claim);
      return !info ? [] : requests.map((request) => ({
        name: `claim:${as}${request === '' ? '' : `/${request}`}`,
        resources: Object.entries(info.drivers).flatMap(([driver, devices]) => devices.filter((device) => serves(device, request)).map(({ poolName, deviceName, cdiDeviceIds }) =>
          ({ resourceID: cdiDeviceIds[0] ?? `${driver}/${poolName}/${deviceName}`, ...health.of(driver, poolName, deviceName) }))),
      })).filter(({ resources }) => resources.length > 0);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#loop;
    await this.#turn.catch(() => {});
  }

  #inTurn(what: string, run: () => Promise<void>): Promise<void> {
    const work = this.#turn.catch(() => {}).then(run);
    this.#turn = work.catch(() => {});
    return work.catch((error: unknown) => {
      throw new Error(`${what}: ${messageOf(error)}`, { cause: error });
    });
  }

  /** First everything that may be wrong with the pod, so that one that never gets on has left no trace. */
  async #prepare(pod: Pod): Promise<void> {
    const { uid, namespace = '' } = pod.metadata;
    const wanted: ClaimInfo[] = [];
    for (const named of claimsOfPod(pod)) {
      const claim = await this.#options.claim(namespace, named.name).catch((error: unknown) => {
        throw new Error(`fetch ResourceClaim ${named.name}: ${messageOf(error)}`, { cause: error });
      });
      mayUse(pod, named, claim);
      const info = infoOf(claim);
      for (const driver of Object.keys(info.drivers)) this.#options.drivers.call(driver);
      wanted.push(info);
    }
    const missing: ClaimInfo[] = [];
    for (const fresh of wanted) {
      const known = this.#cache.get(namespace, fresh.name);
      if (known && known.uid !== fresh.uid) throw new Error(`old ResourceClaim with same name ${fresh.name} and different UID ${known.uid} still exists (previous pod force-deleted?!)`);
      const { pods, ...rest } = known ?? fresh;
      const info = { ...rest, pods: [...new Set([...pods, uid])] };
      this.#cache.set(info);
      if (!info.prepared) missing.push(info);
    }
    await this.#cache.save();
    await this.#callDrivers(missing);
  }

  async #callDrivers(missing: readonly ClaimInfo[]): Promise<void> {
    for (const [driver, claims] of byDriver(missing)) {
      const { claims: answers } = await this.#options.drivers.call(driver)('NodePrepareResources', { claims: claims.map(refOf) }, { deadlineSeconds: CALL_SECONDS }).catch(wrap('NodePrepareResources'));
      check('NodePrepareResources', claims, answers);
      for (const { namespace, name, uid } of claims) {
        const info = this.#cache.get(namespace, name)!;
        this.#cache.set({ ...info, drivers: { ...info.drivers, [driver]: answers[uid]!.devices.map(deviceOf) } });
      }
    }
    for (const { namespace, name } of missing) this.#cache.set({ ...this.#cache.get(namespace, name)!, prepared: true });
    await this.#cache.save();
  }

  async #unprepare(uid: string): Promise<void> {
    const mine = this.#cache.ofPod(uid);
    const last = mine.filter(({ pods }) => pods.length === 1);
    for (const [driver, claims] of byDriver(last)) {
      const { claims: answers } = await this.#options.drivers.call(driver)('NodeUnprepareResources', { claims: claims.map(refOf) }, { deadlineSeconds: CALL_SECONDS }).catch(wrap('NodeUnprepareResources'));
      check('NodeUnprepareResources', claims, answers);
    }
    for (const info of mine) {
      if (last.includes(info)) this.#cache.delete(info);
      else this.#cache.set({ ...info, pods: info.pods.filter((one) => one !== uid) });
    }
    await this.#cache.save();
  }

  /** A pod whose end was not seen through must not keep its devices. */
  async #reconcile(): Promise<void> {
    const { clock, log, holds } = this.#options;
    while (!this.#stop.signal.aborted) {
      await clock.sleep(RECONCILE_PERIOD, this.#stop.signal).catch(() => {});
      if (this.#stop.signal.aborted) return;
      for (const uid of this.#cache.pods.filter((one) => !holds(one))) {
        await this.unprepare(uid).catch((error: unknown) => log.info('claims of a pod that is gone could not be given back', { pod: uid, error: String(error) }));
      }
    }
  }
}

/** @throws Error where nothing was allocated yet */
function infoOf({ metadata: { uid, name, namespace = '' }, status }: ResourceClaim): ClaimInfo {
  if (!status.allocation) throw new Error(`ResourceClaim ${name}: missing allocation`);
  const drivers = (status.allocation.devices?.results ?? []).map(({ driver }) => driver);
  return { uid, name, namespace, pods: [], prepared: false, drivers: Object.fromEntries(drivers.map((driver) => [driver, []])) };
}

function byDriver(claims: readonly ClaimInfo[]): ReadonlyMap<string, readonly ClaimInfo[]> {
  const groups = new Map<string, readonly ClaimInfo[]>();
  for (const claim of claims) for (const driver of Object.keys(claim.drivers)) groups.set(driver, [...(groups.get(driver) ?? []), claim]);
  return groups;
}

const refOf = ({ namespace, uid, name }: ClaimInfo): ClaimRef => ({ namespace, uid, name });

const deviceOf = ({ poolName, deviceName, requestNames, cdiDeviceIds, shareId }: PreparedDevice): ClaimDevice =>
  ({ poolName, deviceName, requestNames, cdiDeviceIds, ...(shareId === '' ? {} : { shareId }) });

/** Of a request with alternatives (`gpu/large`) a container names the request. */
const serves = ({ requestNames }: ClaimDevice, request: string): boolean =>
  request === '' || requestNames.length === 0 || requestNames.some((name) => name.split('/')[0] === request);

/** @throws Error with upstream's text unless each claim was answered, and well */
function check(method: string, claims: readonly ClaimInfo[], answers: Readonly<Record<string, { readonly error: string }>>): void {
  for (const [uid, { error }] of Object.entries(answers)) {
    const claim = claims.find((one) => one.uid === uid);
    if (!claim) throw new Error(`${method} returned result for unknown claim UID ${uid}`);
    if (error !== '') throw new Error(`${method} failed for ResourceClaim ${claim.name}: ${error}`);
  }
  const skipped = claims.length - Object.keys(answers).length;
  if (skipped > 0) throw new Error(`${method} skipped ${skipped} ResourceClaims`);
}

const wrap = (method: string) => (error: unknown): never => {
  throw new Error(`${method}: ${messageOf(error)}`, { cause: error });
};
