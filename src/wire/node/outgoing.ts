import type { Writable } from 'node:stream';
import { drained, writeTo } from './socket.ts';

/** Where the body of an answer goes: a stream of Node's, or one of our own HTTP/2. */
export interface Outgoing {
  /** Nobody takes it any more. */
  readonly isGone: boolean;
  /** False: it is full, or gone. Then `drained` comes before the next. */
  write(bytes: Uint8Array): boolean;
  /** Resolves when it takes more; rejects once it is gone. */
  drained(): Promise<void>;
  /** As write and drained in one; once it resolves, nobody looks at `bytes` any more. */
  deliver(bytes: Uint8Array): Promise<void>;
  /** The last of the body, if anything is left of it. */
  end(bytes?: Uint8Array): void;
  /** Breaks off: the other side sees that something is missing. */
  cut(reason: Error | undefined): void;
}

export function outgoingOf(stream: Writable): Outgoing {
  return {
    get isGone() { return stream.destroyed; },
    write: (bytes) => !stream.destroyed && stream.write(bytes),
    drained: () => drained(stream),
    deliver: (bytes) => deliver(stream, bytes),
    end: (bytes) => void (bytes === undefined ? stream.end() : stream.end(bytes)),
    cut: (reason) => void stream.destroy(reason),
  };
}

/** Resolves once the bytes have left this process, encrypted or not. */
function deliver(stream: Writable, bytes: Uint8Array): Promise<void> {
  if (stream.destroyed) return writeTo(stream, bytes);
  return new Promise((resolve, reject) => {
    const onClose = () => reject(stream.errored ?? new Error('the connection is closed'));
    stream.once('close', onClose);
    stream.write(bytes, (error) => {
      stream.off('close', onClose);
      if (error) reject(error);
      else resolve();
    });
  });
}
