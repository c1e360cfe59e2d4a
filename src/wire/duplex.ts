import type { Duplex } from './api.ts';

/** Carries bytes both ways until both sides have ended; an error on one drops the other. */
export async function pipeDuplex(one: Duplex, other: Duplex): Promise<void> {
  await Promise.all([pump(one, other), pump(other, one)]);
}

async function pump(from: Duplex, to: Duplex): Promise<void> {
  try {
    for await (const bytes of from.readable) await to.write(bytes);
    await to.end();
  } catch (error) {
    from.destroy(error);
    to.destroy(error);
  }
}

/** Two ends of one connection in memory: what one writes the other reads. A write waits until it is read. */
export function duplexPair(): readonly [Duplex, Duplex] {
  const there = new Pipe();
  const back = new Pipe();
  return [endOf(there, back), endOf(back, there)];
}

function endOf(out: Pipe, into: Pipe): Duplex {
  return {
    readable: into.read(),
    write: (bytes) => out.write(bytes),
    end: async () => out.end(),
    destroy(reason) {
      const error = reason instanceof Error ? reason : new Error('the connection was dropped', { cause: reason });
      out.fail(error);
      into.fail(error);
    },
  };
}

interface Chunk {
  readonly bytes: Uint8Array;
  readonly taken: () => void;
  readonly dropped: (error: Error) => void;
}

/** One direction. */
class Pipe {
  readonly #chunks: Chunk[] = [];
  #ended = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  write(bytes: Uint8Array): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#ended) return Promise.reject(new Error('write after end'));
    return new Promise((taken, dropped) => {
      this.#chunks.push({ bytes, taken, dropped });
      this.#wake?.();
    });
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  fail(error: Error): void {
    this.#failure ??= error;
    for (const { dropped } of this.#chunks.splice(0)) dropped(error);
    this.#wake?.();
  }

  async *read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk) {
        chunk.taken();
        yield chunk.bytes;
      } else if (this.#failure) throw this.#failure;
      else if (this.#ended) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
