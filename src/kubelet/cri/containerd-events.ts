/**
 * containerd's own event stream (containerd/containerd, api/services/events/v1/events.proto): it tells of ends at once, where
 * its CRI service, before 1.7, does not.
 */
import { bytes, message, one, string, strings, uint32 } from '../grpc/message.ts';

const Any = message('Any', { typeUrl: string(1), value: bytes(2) });
const Envelope = message('Envelope', { namespace: string(2), topic: string(3), event: one(4, Any) });

export const Events = {
  Subscribe: { request: message('SubscribeRequest', { filters: strings(1) }), response: Envelope, stream: true },
} as const;

/** What an envelope of topic `/tasks/exit` holds. A command run in a container ends under an id of its own. */
export const TaskExit = message('TaskExit', { containerId: string(1), id: string(2), pid: uint32(3), exitStatus: uint32(4) });

/** Where CRI keeps its containers. */
export const EXITS_OF_CRI = 'namespace==k8s.io,topic=="/tasks/exit"';
