import { EndpointSlice } from '../../kinds/discovery/endpoint-slice.ts';
import type { OwnerReference } from '../../meta/object.ts';
import { formatTime } from '../../meta/time.ts';
import { CHANGED_AT } from '../endpoints/plan.ts';
import type { Context } from '../runtime/index.ts';
import type { Plan } from './plan.ts';

/** What new slices are given beside their endpoints. */
export interface Making {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly owner: OwnerReference;
}

/** New addresses first: between two writes there are too many rather than none. */
export async function carryOut({ create, update, remove }: Plan, making: Making, { client, now }: Context): Promise<void> {
  const { name, namespace, labels } = making;
  const changedAt = { [CHANGED_AT]: formatTime(now) };
  for (const { addressType, ports, endpoints } of create) {
    await client.create(EndpointSlice, {
      metadata: { generateName: `${name}-`, namespace, labels, annotations: { ...making.annotations, ...changedAt }, ownerReferences: [making.owner] },
      addressType,
      ...(ports.length > 0 ? { ports } : {}),
      ...(endpoints.length > 0 ? { endpoints } : {}),
    });
  }
  for (const slice of update) {
    const annotations = { ...slice.metadata.annotations, ...changedAt };
    await client.update(EndpointSlice, { ...slice, metadata: { ...slice.metadata, annotations } });
  }
  for (const slice of remove) await client.remove(EndpointSlice, slice);
}
