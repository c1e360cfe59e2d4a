import type { Duplex as NodeDuplex, Readable, Writable } from 'node:stream';
import type { Duplex } from '../api.ts';

/** Writes, and waits where the other side does not keep up. Rejects once the stream is gone. */
export function writeTo(stream: Writable, bytes: Uint8Array): Promise<void> {
  if (stream.destroyed || !stream.write(bytes)) return drained(stream);
  return Promise.resolve();
}

/** Resolves when a full stream takes more. Rejects once it is gone. */
export function drained(stream: Writable): Promise<void> {
  if (stream.destroyed) return Promise.reject(stream.errored ?? new Error('the connection is closed'));
  return new Promise((resolve, reject) => {
    const done = () => {
      stream.off('drain', onDrain);
      stream.off('close', onClose);
    };
    const onDrain = () => {
      done();
      resolve();
    };
    const onClose = () => {
      done();
      reject(stream.errored ?? new Error('the connection is closed'));
    };
    stream.once('drain', onDrain);
    stream.once('close', onClose);
  });
}

/** A Node socket as the rooms know it. `head` came with the headers and belongs before everything else. */
export function duplexOf(socket: NodeDuplex, head: Uint8Array = new Uint8Array(0)): Duplex {
  socket.on('error', ignore); // told to readers and writers; without a listener it would end the process
  return {
    readable: bytesOf(socket, head),
    write: (bytes) => writeTo(socket, bytes),
    end: () => new Promise((resolve) => (socket.destroyed || socket.writableEnded ? resolve() : socket.end(resolve))),
    destroy: (reason) => void socket.destroy(reason instanceof Error ? reason : undefined),
  };
}

const ignore = () => {};

async function* bytesOf(stream: Readable, head: Uint8Array): AsyncGenerator<Uint8Array> {
  if (head.byteLength > 0) yield head;
  if (stream.destroyed && stream.readableEnded) return;
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) yield chunk as Uint8Array;
}
