import type { Readable } from 'node:stream';
import type { RequestBody } from '../api.ts';

/** A body that cannot be taken, and what the sender is told: a Status, since no handler has seen the request. */
export class BodyRefused extends Error {
  readonly status: number;
  readonly reason: string;
  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

export interface BodyLimits {
  readonly maxBytes: number;
  /** Without a byte for this long the request is given up. */
  readonly idleMillis: number;
}

/** A stream whose socket can time out: IncomingMessage and Http2Stream. */
type Incoming = Readable & { setTimeout(millis: number, callback?: () => void): unknown };

/** Reads a request's body whole. @throws BodyRefused, or an error when the sender has gone */
export function readBody(stream: Incoming, length: string | undefined, limits: BodyLimits): Promise<RequestBody | undefined> {
  if (Number(length ?? 0) > limits.maxBytes) return Promise.reject(tooLarge(limits));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (settle: () => void) => {
      stream.setTimeout(0);
      stream.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose);
      settle();
    };
    const onData = (chunk: Buffer) => {
      size += chunk.byteLength;
      if (size <= limits.maxBytes) return void chunks.push(chunk);
      stream.pause();
      finish(() => reject(tooLarge(limits)));
    };
    const onEnd = () => finish(() => resolve(size === 0 ? undefined : { type: 'bytes', bytes: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks) }));
    const onError = (error: Error) => finish(() => reject(error));
    const onClose = () => onError(new Error('the request was cut off'));
    stream.setTimeout(limits.idleMillis, () => onError(bodyTimedOut()));
    stream.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose);
  });
}

export const bodyTimedOut = (): BodyRefused => new BodyRefused(408, 'Timeout', 'timed out reading the request body');

export function tooLarge({ maxBytes }: BodyLimits): BodyRefused {
  return new BodyRefused(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${maxBytes}`);
}

/** A body that is passed on as it comes. */
export function streamBody(stream: Readable): RequestBody {
  return { type: 'stream', chunks: stream };
}
