/** The node's heartbeat: a Lease in kube-node-lease, renewed every ten seconds. */
import type { Clock, Millis } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Client } from '../../client/index.ts';
import { Lease } from '../../kinds/coordination/lease.ts';
import { isApiError } from '../../meta/api-error.ts';
import { formatMicroTime } from '../../meta/time.ts';

export interface LeaseOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly nodeName: string;
  /** Of the Node that owns the lease; undefined until it is registered. */
  readonly nodeUid: () => string | undefined;
  /** 40 unless said; it is renewed four times in that. */
  readonly leaseSeconds?: number | undefined;
}

const NAMESPACE = 'kube-node-lease';
const DURATION_SECONDS = 40;
const RETRY: Millis = 1000;

export async function renewLease(options: LeaseOptions, signal: AbortSignal): Promise<void> {
  const { clock, log, leaseSeconds = DURATION_SECONDS } = options;
  let known: Lease | undefined;
  while (!signal.aborted) {
    let wait: Millis = (leaseSeconds * 1000) / 4;
    try {
      known = await renewOnce(options, known, signal);
    } catch (error) {
      if (signal.aborted) return;
      log.warn('node lease not renewed', { error: String(error) });
      // Somebody else wrote it, or it is gone: look before the next try.
      known = undefined;
      wait = RETRY;
    }
    await clock.sleep(wait, signal).catch(() => {});
  }
}

async function renewOnce({ client, clock, nodeName, nodeUid, leaseSeconds = DURATION_SECONDS }: LeaseOptions, known: Lease | undefined, signal: AbortSignal): Promise<Lease> {
  const uid = nodeUid();
  const owner = uid === undefined ? {} : { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid }] };
  const spec = { holderIdentity: nodeName, leaseDurationSeconds: leaseSeconds, renewTime: formatMicroTime(clock.now()) };
  const present = known ?? (await client.get(Lease, nodeName, { namespace: NAMESPACE, signal }).catch((error: unknown) => {
    if (isApiError(error, 'NotFound')) return undefined;
    throw error;
  }));
  if (!present) return client.create(Lease, { metadata: { name: nodeName, namespace: NAMESPACE, ...owner }, spec }, { namespace: NAMESPACE, signal });
  return client.update(Lease, { ...present, metadata: { ...present.metadata, ...owner }, spec: { ...present.spec, ...spec } }, { signal });
}
