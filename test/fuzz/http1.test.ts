/** Our HTTP/1.1: however a stream is cut, the same comes out of it; and no backend sees a request that no rule was asked about. Seeded. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, createServer as createTcp, type AddressInfo, type Server } from 'node:net';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { Lane } from '../../src/ingress/http1/lane.ts';
import { AnswerHead } from '../../src/wire/http1/answer-head.ts';
import { BodyReader } from '../../src/wire/http1/body-reader.ts';
import { Http1Failure } from '../../src/wire/http1/failure.ts';
import type { Head } from '../../src/wire/http1/head.ts';
import { HeadReader } from '../../src/wire/http1/head-reader.ts';
import { textOf } from '../../src/wire/http1/octets.ts';
import { RequestHead } from '../../src/wire/http1/request-head.ts';

const SEEDS = [1, 2, 3];

function dice(seed: number) {
  const source = seededRandom(seed);
  const below = (count: number) => Math.floor(source.next() * count);
  return { below, chance: (share: number) => source.next() < share, pick: <T>(items: readonly T[]): T => items[below(items.length)]! };
}
type Dice = ReturnType<typeof dice>;

/** Everything that a stream says, and how it ends. */
function understood(pieces: readonly Buffer[], head: Head): string {
  // Two readers share a head, as connections do.
  const [reader, other, body] = [new HeadReader(head, 4096), new HeadReader(head, 4096), new BodyReader()];
  let [said, isInBody] = ['', false];
  try {
    for (const piece of pieces) {
      for (let at = 0; at < piece.length;) {
        if (isInBody) {
          at = body.read(piece, at, piece.length, (from, to) => (said += piece.toString('latin1', from, to)));
        } else {
          at = reader.push(piece, at, piece.length);
          if (at < 0) break;
          const values = Array.from({ length: head.count }, (_, n) => [...head.places.subarray(4 * n, 4 * n + 4)]).map(([from = 0, to = 0, valueFrom = 0, valueTo = 0]) =>
            `${textOf({ bytes: head.bytes, from, to })}=${textOf({ bytes: head.bytes, from: valueFrom, to: valueTo })}`);
          said += `\n[${textOf({ bytes: head.bytes, from: head.from, to: head.fieldsFrom })} ${values.join('|')} ${head.framing} ${head.length} ${head.keepsAlive} ${head.upgrades}]`;
          body.begin(head.framing, head.length);
          isInBody = true;
        }
        if (isInBody && body.isOver) isInBody = false;
      }
      other.push(Buffer.from('X'), 0, 0);
    }
    return `${said} (${isInBody ? 'in a body' : 'between'})`;
  } catch (error) {
    if (!(error instanceof Http1Failure)) throw error;
    return `${said} (${error.status} ${error.message})`;
  }
}

const ENDS = ['\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\r\n', '\n', '\r', '\r\n ', '\r\r\n'];
const FIELDS = [
  'Host: a', 'host: b.example:80', 'Content-Length: 5', 'content-length: 0', 'Content-Length: 5', 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked', 'Transfer-Encoding: xchunked',
  'Transfer-Encoding : chunked', 'Content-Length: 05', 'Content-Length: 5, 5', 'Connection: close', 'Connection: keep-alive, content-length', 'Connection: upgrade', 'Upgrade: websocket', 'Upgrade: h2c',
  'Expect: 100-continue', 'X: a\tb', 'X:', ':', 'X', '\x0bX: a', 'X: \x00', `X: ${'y'.repeat(300)}`, 'X-Forwarded-For: 6.6.6.6', 'Keep-Alive: timeout=5',
];
const BODIES = ['', '', 'hello', '5\r\nhello\r\n0\r\n\r\n', '5;x\r\nhello\r\n1\r\n!\r\n0\r\nT: 1\r\n\r\n', '0\r\n\r\n', '5\r\nhello\r\n0\r\n', '5\nhello\n0\n\n', 'ffffffffff\r\n', '0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n'];

function anyMessage({ pick, below, chance }: Dice, first: string): string {
  const end = () => (chance(0.03) ? pick(ENDS) : '\r\n');
  const good = chance(0.5);
  const framing = pick([['Content-Length: 5', 'hello'], ['Transfer-Encoding: chunked', '5\r\nhello\r\n0\r\n\r\n'], ['X: a', '']] as const);
  const fields = good ? ['Host: a', framing[0]] : ['Host: a', ...Array.from({ length: below(5) }, () => pick(FIELDS))];
  return `${first}${end()}${fields.map((field) => `${field}${end()}`).join('')}${end()}${good ? framing[1] : pick(BODIES)}`;
}

function spoilt({ below, chance }: Dice, text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  for (let n = chance(0.3) ? 1 + below(3) : 0; n > 0; n--) bytes[below(bytes.length)] = below(256);
  return bytes;
}

function cut({ below }: Dice, bytes: Buffer, most: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const to = at + 1 + below(most);
    pieces.push(bytes.subarray(at, to));
    at = to;
  }
  return pieces;
}

test.each(SEEDS)('however a stream of requests is cut, it says the same (seed %i)', (seed) => {
  const random = dice(seed);
  const seen = new Set<string>();
  for (let round = 0; round < 500; round++) {
    const text = Array.from({ length: 1 + random.below(4) }, () => anyMessage(random, `${random.pick(['GET', 'POST', 'HEAD'])} /${round} ${random.chance(0.9) ? 'HTTP/1.1' : random.pick(['HTTP/1.0', 'HTTP/2.0', 'http/1.1'])}`)).join('');
    const bytes = spoilt(random, random.chance(0.02) ? text + `X: ${'z'.repeat(5000)}\r\n` : text);
    const whole = understood([bytes], new RequestHead());
    seen.add(/\(([^()]*)\)$/.exec(whole)?.[1] ?? '');
    for (const most of [1, 3, 40, 400]) expect(understood(cut(random, bytes, most), new RequestHead())).toBe(whole);
  }
  expect(seen.size).toBeGreaterThan(10);
});

test.each(SEEDS)('however a stream of answers is cut, it says the same (seed %i)', (seed) => {
  const random = dice(seed);
  for (let round = 0; round < 400; round++) {
    const text = Array.from({ length: 1 + random.below(4) }, () => anyMessage(random, `HTTP/1.1 ${random.pick(['200 OK', '204 No Content', '100 Continue', '304', '20 x'])}`)).join('');
    const bytes = spoilt(random, text);
    const whole = understood([bytes], new AnswerHead());
    for (const most of [1, 3, 40, 400]) expect(understood(cut(random, bytes, most), new AnswerHead())).toBe(whole);
  }
});

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

test.each(SEEDS)('a backend sees no request that no rule was asked about (seed %i)', async (seed) => {
  const random = dice(seed);
  const [asked, seen]: [string[], string[]] = [[], []];
  // Another reader of HTTP/1.1 is the judge.
  const backend = createServer((request, response) => {
    seen.push(request.url!);
    request.resume().on('end', () => response.end('ok'));
  });
  backend.on('upgrade', (request, socket) => {
    seen.push(request.url!);
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
  });
  const endpoint = `127.0.0.1:${await listening(backend)}`;
  const to = [{ ref: { namespace: 'ns', service: 'web', port: 80 }, weight: 1 }];
  const lane = new Lane({
    version: 1,
    decide({ path, query }) {
      asked.push(path + query);
      return { action: { act: 'forward', to }, steady: false };
    },
    backendOf: () => ({ speech: 'http', endpoints: [endpoint] }),
  }, { clock: systemClock, log: silent });
  const door = createTcp((socket) => lane.serve(socket, { address: '::1', proto: 'http', port: 80 }, () => socket.destroy()));
  const port = await listening(door);
  for (let round = 0; round < 80; round++) {
    const text = Array.from({ length: 1 + random.below(4) }, (_, n) => anyMessage(random, `${random.pick(['GET', 'POST', 'PUT'])} /${round}-${n} HTTP/1.1`)).join('') + 'GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
    const client = connect({ port, host: '127.0.0.1', noDelay: true });
    client.on('error', () => {}).resume();
    for (const piece of cut(random, spoilt(random, text), random.pick([5, 50, 1000]))) client.write(piece);
    const closed = once(client, 'close');
    // Where the last request is not whole nothing closes.
    await Promise.race([closed, systemClock.sleep(100)]);
    client.end();
    await closed;
  }
  // Repeated where a connection was spoilt under way: what is asked again has been asked about.
  expect(seen.filter((url) => !asked.includes(url))).toEqual([]);
  expect(seen.length).toBeGreaterThan(30);
  door.close();
  lane[Symbol.dispose]();
  backend.closeAllConnections();
  backend.close();
}, 120_000);
