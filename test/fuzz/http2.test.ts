/** Our HTTP/2: whatever comes over a connection, it fails in its own way alone; what is said right arrives as said. Seeded. */
import { expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { Http2Failure } from '../../src/wire/http2/failure.ts';
import { DATA, END_HEADERS, END_STREAM, HEADERS, INITIAL_WINDOW_SIZE } from '../../src/wire/http2/frame.ts';
import { HpackDecoder } from '../../src/wire/http2/hpack-decoder.ts';
import { HpackEncoder } from '../../src/wire/http2/hpack-encoder.ts';
import { Outbox } from '../../src/wire/http2/outbox.ts';
import type { Http2Stream } from '../../src/wire/http2/stream.ts';
import { data, frame, GET, POST, PREFACE, reset, Script, settings, windowUpdate } from '../../src/wire/http2/testing/client.ts';

const SEEDS = [1, 2, 3];

function dice(seed: number) {
  const source = seededRandom(seed);
  const below = (count: number) => Math.floor(source.next() * count);
  return {
    below,
    bytes: (most: number) => source.bytes(below(most)),
    chance: (share: number) => source.next() < share,
    pick: <T>(items: readonly T[]): T => items[below(items.length)]!,
  };
}
type Dice = ReturnType<typeof dice>;

const NAMES = [':status', ':path', 'content-type', 'date', 'audit-id', 'set-cookie', 'x-a', 'x-b', 'x-c'];

test.each(SEEDS)('header lists come out as they went in, whatever the tables do (seed %i)', (seed) => {
  const { below, chance, pick, bytes } = dice(seed);
  const [encoder, decoder, out] = [new HpackEncoder(), new HpackDecoder({ listBytes: 1 << 24, fields: 1000 }), new Outbox()];
  for (let round = 0; round < 600; round++) {
    if (chance(0.05)) encoder.setLimit(below(6000));
    const value = () => (chance(0.5) ? `v${below(20)}` : Buffer.from(bytes(chance(0.05) ? 6000 : 60)).toString('latin1').replaceAll(/[\r\n\0]/g, '-'));
    const fields = Array.from({ length: below(12) }, () => [pick(NAMES), value()] as const);
    encoder.begin(out);
    for (const [name, text] of fields) encoder.write(out, name, text);
    const block = out.take() ?? new Uint8Array(0);
    expect(decoder.decode(block).fields.map(({ name, value: text }) => [name, text])).toEqual(fields);
    expect(decoder.tableSize).toBeLessThanOrEqual(4096);
    out.sent();
  }
});

test.each(SEEDS)('a decoder of headers fails in its own way alone (seed %i)', (seed) => {
  const { bytes, below } = dice(seed);
  for (let round = 0; round < 300; round++) {
    const decoder = new HpackDecoder({ listBytes: 16_384, fields: 100 });
    try {
      for (let n = 0; n <= below(4); n++) decoder.decode(bytes(200));
    } catch (error) {
      expect(error).toBeInstanceOf(Http2Failure);
    }
  }
});

/** What clients send, and what they had better not. */
function anyFrame({ below, pick, bytes, chance }: Dice, script: Script, streams: { next: number }): Uint8Array {
  const old = 1 + 2 * below(Math.max(1, (streams.next - 1) / 2));
  const open = (end: boolean) => script.headers.frame((streams.next += 2) - 2, [...(end ? GET : POST), ['x', String(below(50))]], end);
  const good = [
    () => open(true), () => open(true), () => open(false), () => data(old, bytes(400), chance(0.3)), () => windowUpdate(chance(0.5) ? 0 : old, 1 + below(100_000)),
    () => settings([[INITIAL_WINDOW_SIZE, below(100_000)]]), () => frame(6, { payload: new Uint8Array(8) }), () => reset(old), () => script.headers.frame(old, [['t', '1']]),
  ];
  if (chance(0.995)) return pick(good)();
  return frame(below(12), { flags: below(256), stream: chance(0.7) ? old : below(100), payload: bytes(60) });
}

/** Answers somehow, sometimes never. */
async function answerSomehow({ below, chance, bytes }: Dice, stream: Http2Stream): Promise<void> {
  if (chance(0.1)) return;
  if (chance(0.5)) stream.gatherBody();
  if (chance(0.2)) stream.ignoreBody();
  stream.onBody = () => void (chance(0.5) && stream.takeBody());
  stream.respond({ status: 200, headers: { a: 'b' }, length: undefined, end: chance(0.2) });
  try {
    for (let n = below(5); n > 0; n--) if (!stream.write(bytes(60_000))) await stream.drained();
    if (chance(0.1)) stream.cut();
    else stream.end(bytes(50_000));
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
  }
}

test.each(SEEDS)('a connection bears whatever comes, and says nothing but frames (seed %i)', async (seed) => {
  const random = dice(seed);
  let wentOn = 0;
  for (let round = 0; round < 25; round++) {
    const script = new Script((stream) => void answerSomehow(random, stream));
    const streams = { next: 1 };
    script.send(PREFACE, settings());
    for (let n = 0; n < 60 && !script.connection.isOver; n++) {
      const bytes = anyFrame(random, script, streams);
      const spoilt = random.chance(0.01) ? bytes.map((byte) => (random.chance(0.1) ? byte ^ 1 : byte)) : bytes;
      const cut = random.below(spoilt.length);
      script.send(spoilt.subarray(0, cut));
      script.send(spoilt.subarray(cut));
      for (const { type, payload } of random.chance(0.6) ? script.read() : []) expect(type < 10 && payload.length <= 16_384).toBe(true);
      expect(script.connection.sender.out.length).toBeLessThan(400_000);
      if (n % 10 === 0) await Promise.resolve();
    }
    if (!script.connection.isOver) wentOn++;
    script.connection.lost(new Error('over'));
    for (const stream of script.requests) expect(stream.isGone).toBe(true);
  }
  expect(wentOn).toBeGreaterThan(0);
});

test.each(SEEDS)('every answer arrives whole and in order, and never more than the windows allow (seed %i)', async (seed) => {
  const random = dice(seed);
  const { below, chance } = random;
  for (let round = 0; round < 15; round++) {
    const sent = new Map<number, Uint8Array[]>();
    const answer = async (stream: Http2Stream) => {
      const pieces = Array.from({ length: 1 + below(6) }, () => random.bytes(60_000));
      sent.set(stream.id, pieces);
      stream.respond({ status: 200, headers: {}, end: false });
      for (const piece of pieces.slice(0, -1)) if (!stream.write(piece)) await stream.drained();
      stream.end(pieces.at(-1));
    };
    const script = Script.begun((stream) => void answer(stream));
    let first = 65_535;
    const windows = new Map<number, number>();
    const got = new Map<number, { bytes: Uint8Array[]; ended: boolean }>();
    let connection = 65_535;
    const ids = Array.from({ length: 1 + below(8) }, (_, n) => 1 + 2 * n);
    for (const id of ids) {
      windows.set(id, first);
      got.set(id, { bytes: [], ended: false });
      script.get(id);
    }
    for (let step = 0; step < 5000 && [...got.values()].some(({ ended }) => !ended); step++) {
      await Promise.resolve();
      for (const { type, flags, stream, payload } of script.read()) {
        if (type !== DATA) continue;
        connection -= payload.length;
        windows.set(stream, windows.get(stream)! - payload.length);
        if (payload.length > 0) expect(Math.min(connection, windows.get(stream)!)).toBeGreaterThanOrEqual(0);
        got.get(stream)!.bytes.push(payload.slice());
        got.get(stream)!.ended = (flags & END_STREAM) !== 0;
      }
      const [id, more] = [ids[below(ids.length)]!, 1 + below(50_000)];
      if (chance(0.1)) {
        const changed = below(100_000);
        for (const [one, window] of windows) windows.set(one, window + changed - first);
        first = changed;
        script.send(settings([[INITIAL_WINDOW_SIZE, changed]]));
      } else if (chance(0.5)) {
        connection += more;
        script.send(windowUpdate(0, more));
      } else {
        windows.set(id, windows.get(id)! + more);
        script.send(windowUpdate(id, more));
      }
    }
    for (const id of ids) {
      expect(got.get(id)!.ended).toBe(true);
      expect(Buffer.concat(got.get(id)!.bytes).equals(Buffer.concat(sent.get(id)!))).toBe(true);
    }
  }
});

test.each(SEEDS)('every body arrives whole, however it is cut (seed %i)', (seed) => {
  const { below, bytes, chance } = dice(seed);
  for (let round = 0; round < 30; round++) {
    const script = Script.begun();
    const body = bytes(50_000);
    const frames = [frame(HEADERS, { stream: 1, flags: END_HEADERS, payload: script.headers.block([...POST, ['content-length', String(body.length)]]) })];
    for (let at = 0; at < body.length;) {
      const next = at + 1 + below(chance(0.3) ? 16_000 : 200);
      frames.push(data(1, body.subarray(at, next)));
      at = next;
    }
    frames.push(data(1, '', true));
    const all = Buffer.concat(frames);
    for (let at = 0; at < all.length;) {
      const next = at + 1 + below(chance(0.5) ? 16_384 : 30);
      script.send(all.subarray(at, next));
      at = next;
    }
    const [stream] = script.requests;
    expect(stream!.hasEnded).toBe(true);
    expect(Buffer.concat(stream!.takeBody()).equals(body)).toBe(true);
  }
});
