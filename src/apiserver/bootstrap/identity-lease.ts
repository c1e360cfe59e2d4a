import type { Millis } from '../../base/clock.ts';
import { isApiError } from '../../meta/api-error.ts';
import { formatMicroTime, parseTime } from '../../meta/time.ts';
import type { AnyObject } from '../../meta/object.ts';
import type { ApiHandler } from '../../wire/api.ts';
import type { Core } from '../core.ts';
import type { Served } from '../resources.ts';
import { send, urlOf } from './send.ts';

const NAMESPACE = 'kube-system';
const LABEL = 'apiserver.kubernetes.io/identity';
const IDENTITY = 'kube-apiserver';
const RENEW: Millis = 10_000;
const DURATION_SECONDS = 3600;
const COLLECT: Millis = 3600_000;

/** Says that this server lives, in a Lease of its own, and takes away those of servers that no longer do (KEP-1965). */
export async function startIdentityLease(core: Core, handler: ApiHandler): Promise<Disposable> {
  const { clock, log, config: { hostname } } = core;
  const leases = core.resources.of('coordination.k8s.io', 'leases');
  if (hostname === undefined || !leases) return { [Symbol.dispose]() {} };
  const name = await identityOf(hostname);
  const holder = `${name}_${core.random.uuid()}`;
  const attempt = (work: () => Promise<void>): Promise<void> =>
    work().catch((error: unknown) => void (core.stopping.aborted || log.warn('the identity lease could not be kept', { error: String(error) })));
  const every = (interval: Millis, work: () => Promise<void>): Disposable => {
    let timer = clock.after(interval, visit);
    function visit(): void {
      timer = clock.after(interval, visit);
      void attempt(work);
    }
    return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
  };
  const renewal = () => renew({ core, handler, leases }, { name, hostname, holder });
  await attempt(renewal);
  const timers = [every(RENEW, renewal), every(COLLECT, () => collect({ core, handler, leases }))];
  return { [Symbol.dispose]: () => timers.forEach((timer) => timer[Symbol.dispose]()) };
}

/** `apiserver-` and 26 letters and digits that stand for the host's name, as upstream makes them: base32 of half a SHA-256. */
export async function identityOf(hostname: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(hostname))).subarray(0, 16);
  const bits = [...digest].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const letters = bits.match(/.{1,5}/g)!.map((five) => 'abcdefghijklmnopqrstuvwxyz234567'[Number.parseInt(five.padEnd(5, '0'), 2)]);
  return `apiserver-${letters.join('')}`;
}

interface At {
  readonly core: Core;
  readonly handler: ApiHandler;
  readonly leases: Served;
}

async function renew({ core, handler, leases }: At, { name, hostname, holder }: { name: string; hostname: string; holder: string }): Promise<void> {
  const present = leases.cache.object(NAMESPACE, name);
  const url = urlOf(leases, NAMESPACE);
  const object = {
    metadata: { ...present?.metadata, name, namespace: NAMESPACE, labels: { ...present?.metadata.labels, [LABEL]: IDENTITY, 'kubernetes.io/hostname': hostname } },
    spec: { ...(present?.['spec'] as object | undefined), holderIdentity: holder, leaseDurationSeconds: DURATION_SECONDS, renewTime: formatMicroTime(core.clock.now()) },
  };
  await send(handler, present ? { method: 'PUT', url: `${url}/${name}`, object: { ...present, ...object } } : { method: 'POST', url, object });
}

async function collect({ core, handler, leases }: At): Promise<void> {
  const over = [...leases.cache.list(NAMESPACE)].filter(({ object }) => object.metadata.labels?.[LABEL] === IDENTITY && isOver(object, core.clock.now()));
  for (const { object } of over) {
    await send(handler, { method: 'DELETE', url: `${urlOf(leases, NAMESPACE)}/${object.metadata.name}`, object: {} }).catch((error: unknown) => {
      if (!isApiError(error, 'NotFound')) throw error;
    });
  }
}

function isOver({ spec }: AnyObject, now: Millis): boolean {
  const { renewTime, leaseDurationSeconds } = (spec ?? {}) as { readonly renewTime?: string; readonly leaseDurationSeconds?: number };
  return (parseTime(renewTime) ?? 0) + (leaseDurationSeconds ?? 0) * 1000 < now;
}
