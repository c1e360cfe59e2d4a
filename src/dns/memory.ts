import type { Clock, Millis } from '../base/clock.ts';

const HEADER = 12;
/** What of a query may differ without another answer: its number and whether recursion is desired. */
const RECURSION_DESIRED = 0x01;
const MAX_ENTRIES = 20_000;
/** How long an answer whose TTLs run down is given again as it is: they count seconds. */
const FOREIGN_LIFE: Millis = 1_000;

interface Kept {
  readonly bytes: Buffer;
  readonly version: number;
  readonly until: Millis;
}

/**
 * Whole answers by the bytes of their questions: most questions of a cluster are the same few, and to find the answer that
 * was sent a moment ago costs a tenth of making it. Answers about the cluster hold until any object that names come from
 * changes, others for a second.
 */
export class AnswerMemory {
  readonly #clock: Clock;
  /** Grows with every change of what names are made from. */
  readonly #version: () => number;
  #kept = new Map<string, Kept>();

  constructor(clock: Clock, version: () => number) {
    this.#clock = clock;
    this.#version = version;
  }

  /** The answer to a message, with its number; undefined where there is none, or the message is no plain query. */
  recall(message: Buffer): Buffer | undefined {
    if (!isPlain(message)) return undefined;
    const kept = this.#kept.get(keyOf(message));
    if (!kept || kept.version !== this.#version() || kept.until <= this.#clock.monotonic()) return undefined;
    const answer = Buffer.allocUnsafe(kept.bytes.length);
    kept.bytes.copy(answer);
    answer[0] = message[0]!;
    answer[1] = message[1]!;
    answer[2] = (answer[2]! & ~RECURSION_DESIRED) | (message[2]! & RECURSION_DESIRED);
    return answer;
  }

  /** @param version what `version()` was when the question came: the answer may be made of older objects already */
  keep(message: Buffer, answer: Buffer, { authoritative, version }: { readonly authoritative: boolean; readonly version: number }): void {
    if (!isPlain(message)) return;
    if (this.#kept.size >= MAX_ENTRIES) this.#kept = new Map();
    this.#kept.set(keyOf(message), { bytes: answer, version, until: authoritative ? Infinity : this.#clock.monotonic() + FOREIGN_LIFE });
  }

  get version(): number {
    return this.#version();
  }
}

/** A query with one question, and perhaps EDNS. */
function isPlain(message: Buffer): boolean {
  return message.length > HEADER && message.length <= 512 && (message[2]! & 0xfe) === 0 && message[3] === (message[3]! & 0x30)
    && message[4] === 0 && message[5] === 1 && message[6] === 0 && message[7] === 0 && message[8] === 0 && message[9] === 0 && message[10] === 0 && message[11]! <= 1;
}

/** Everything but number and flags. */
const keyOf = (message: Buffer): string => message.toString('latin1', 3);
