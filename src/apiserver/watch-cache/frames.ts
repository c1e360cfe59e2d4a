import { takeSlab } from './slabs.ts';
import type { WatchedEvent } from './watcher.ts';
import type { Version } from './version.ts';

/** Enough for the events of a few ticks. */
const KEPT = 512;
const encoder = new TextEncoder();
const HEADS = {
  ADDED: encoder.encode('{"type":"ADDED","object":'),
  MODIFIED: encoder.encode('{"type":"MODIFIED","object":'),
  DELETED: encoder.encode('{"type":"DELETED","object":'),
};

/** Watch frames, made once for all who are sent the same event in the same tick or soon after. */
export class Frames {
  readonly #build: (event: WatchedEvent) => Uint8Array;
  readonly #made = new Map<Version, Partial<Record<WatchedEvent['type'], Uint8Array>>>();

  constructor(build: (event: WatchedEvent) => Uint8Array) {
    this.#build = build;
  }

  of(event: WatchedEvent): Uint8Array {
    const { type, version } = event;
    const frames = this.#made.get(version);
    const made = frames?.[type];
    if (made) return made;
    if (this.#made.size >= KEPT) this.#made.clear();
    const frame = this.#build(event);
    this.#made.set(version, { ...frames, [type]: frame });
    return frame;
  }
}

export const jsonFrame = ({ type, version }: WatchedEvent): Uint8Array => buildFrame(HEADS[type], version.served);

/** @param served `,{…}\n` */
function buildFrame(head: Uint8Array, served: Uint8Array): Uint8Array {
  const frame = new Uint8Array(head.length + served.length);
  frame.set(head);
  frame.set(served.subarray(1, served.length - 1), head.length);
  frame[frame.length - 2] = 125; // '}'
  frame[frame.length - 1] = 10; // '\n'
  return frame;
}

/** JSON frames of many objects that are there, for one watcher, in slabs. `told` hears of each frame's length. */
export function* stateFrames(versions: readonly Version[], told: (frame: { readonly length: number }) => void): Generator<Uint8Array> {
  const head = HEADS.ADDED;
  let slab = takeSlab(0);
  let used = 0;
  for (const version of versions) {
    const length = head.length + version.servedLength;
    if (used + length > slab.length) {
      if (used > 0) yield slab.subarray(0, used);
      slab = takeSlab(length);
      used = 0;
    }
    const end = version.serveInto(slab, used + head.length - 1); // its comma is where the head ends
    slab.set(head, used);
    slab[end - 1] = 125; // '}' for the line feed
    slab[end] = 10;
    used = end + 1;
    told({ length });
  }
  if (used > 0) yield slab.subarray(0, used);
}

export function frameOf(type: string, object: unknown): Uint8Array {
  return encoder.encode(`${JSON.stringify({ type, object })}\n`);
}
