import { createSocket } from 'node:dgram';
import { createServer, type Socket } from 'node:net';
import dnsPacket, { type DecodedPacket, type Packet } from 'dns-packet';
import type { Logger } from '../base/log.ts';
import { reply, type Next, type Reply } from './chain.ts';
import type { AnswerMemory } from './memory.ts';

const UDP_LIMIT = 512;
const EDNS_LIMIT = 1232;
const TCP_IDLE_MILLIS = 10_000;
const MAX_TCP_CONNECTIONS = 200;
/** Questions that wait for an answer from elsewhere; more than these are a flood, and get none. */
const MAX_WAITING = 2_000;
const RCODES = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;
const AUTHORITATIVE = 1 << 10;
const TRUNCATED = 1 << 9;
const RECURSION_DESIRED = 1 << 8;
const RECURSION_AVAILABLE = 1 << 7;

export interface DnsServerOptions {
  readonly address: string;
  /** 0 picks one; UDP and TCP share it. */
  readonly port: number;
  readonly resolve: Next;
  /** Answers to give again without asking; none unless said. */
  readonly memory?: AnswerMemory;
  /** Who may ask: an open resolver would serve the whole network. */
  readonly allows: (peer: string) => boolean;
  readonly log: Logger;
}

export interface DnsServer extends AsyncDisposable {
  readonly port: number;
}

/** Serves DNS over UDP and TCP (RFC 1035; EDNS0 sizes, RFC 6891). */
export async function serveDns(options: DnsServerOptions): Promise<DnsServer> {
  const stop = new AbortController();
  const udp = createSocket(options.address.includes(':') ? 'udp6' : 'udp4');
  const { memory } = options;
  const sent = (): void => {}; // a peer that is gone is no fault of ours
  let waiting = 0;
  udp.on('message', (message, peer) => {
    if (!options.allows(peer.address)) return;
    const known = memory?.recall(message);
    if (known) return udp.send(known, peer.port, peer.address, sent);
    if (waiting >= MAX_WAITING) return;
    waiting++;
    const version = memory?.version ?? 0;
    void answer(message, options, stop.signal).then((made) => {
      if (!made || stop.signal.aborted) return;
      const bytes = fit(made);
      if (made.lasting !== undefined) memory?.keep(message, bytes, { authoritative: made.lasting, version });
      udp.send(bytes, peer.port, peer.address, sent);
    }).catch((error: unknown) => options.log.debug('dns answer cannot be written', { error: String(error) })).finally(() => waiting--);
  });
  udp.on('error', (error) => options.log.warn('dns socket failed', { error: String(error) }));
  await new Promise<void>((resolve, reject) => {
    udp.once('error', reject);
    udp.bind(options.port, options.address, () => {
      udp.removeListener('error', reject);
      resolve();
    });
  });
  const port = udp.address().port;
  const sockets = new Set<Socket>();
  const tcp = createServer((socket) => {
    if (!options.allows(socket.remoteAddress ?? '')) return void socket.destroy();
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    converse(socket, options, stop.signal);
  });
  tcp.maxConnections = MAX_TCP_CONNECTIONS;
  await new Promise<void>((resolve, reject) => tcp.once('error', reject).listen(port, options.address, resolve)).catch((error: unknown) => {
    udp.close();
    throw error;
  });
  return {
    port,
    async [Symbol.asyncDispose]() {
      stop.abort();
      for (const socket of sockets) socket.destroy();
      await Promise.all([new Promise<void>((done) => udp.close(() => done())), new Promise<void>((done) => tcp.close(() => done()))]);
    },
  };
}

/** Reads length-prefixed messages off one connection and answers each. */
function converse(socket: Socket, options: DnsServerOptions, signal: AbortSignal): void {
  let pending: Buffer = Buffer.alloc(0);
  socket.setTimeout(TCP_IDLE_MILLIS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const length = pending.readUInt16BE(0);
      const message = pending.subarray(2, 2 + length);
      pending = pending.subarray(2 + length);
      void answer(message, options, signal).then((made) => {
        if (made && socket.writable) socket.write(dnsPacket.streamEncode(made.packet));
      }).catch(() => socket.destroy());
    }
  });
}

interface Made {
  readonly packet: Packet;
  readonly limit: number;
  /** Whether the same question gets the same answer until objects change, or but for a moment; undefined: it may differ at once. */
  readonly lasting?: boolean;
}

/** The response to one message; undefined where the message is no query that could be answered. */
async function answer(message: Buffer, options: DnsServerOptions, signal: AbortSignal): Promise<Made | undefined> {
  const query = decode(message);
  if (!query || query.type !== 'query') return undefined;
  const question = query.questions?.[0];
  const opcode = ((query.flags ?? 0) >> 11) & 0xf;
  const made = question === undefined || query.questions?.length !== 1
    ? reply('FORMERR')
    : opcode !== 0 ? reply('NOTIMP')
    : (question.class ?? 'IN') !== 'IN' ? reply('REFUSED')
    : await options.resolve(question, signal).catch((error: unknown) => {
        options.log.warn('dns question failed', { name: question.name, error: String(error) });
        return reply('SERVFAIL');
      });
  const lasting = made.rcode === 'NOERROR' || made.rcode === 'NXDOMAIN' ? { lasting: made.authoritative && made.lasting } : {};
  return { packet: packetOf(query, made), limit: limitOf(query), ...lasting };
}

function decode(message: Buffer): DecodedPacket | undefined {
  try {
    return dnsPacket.decode(message);
  } catch {
    return undefined; // garbage from the network gets no answer
  }
}

function packetOf(query: DecodedPacket, made: Reply): Packet {
  const recursion = (query.flags ?? 0) & RECURSION_DESIRED;
  const opt = query.additionals?.some(({ type }) => type === 'OPT');
  return {
    type: 'response',
    id: query.id ?? 0,
    flags: RCODES[made.rcode] | RECURSION_AVAILABLE | recursion | (made.authoritative ? AUTHORITATIVE : 0),
    questions: query.questions ?? [],
    answers: [...made.answers],
    authorities: [...made.authorities],
    additionals: opt ? [{ type: 'OPT', name: '.', udpPayloadSize: EDNS_LIMIT, flags: 0, options: [], extendedRcode: 0, ednsVersion: 0, flag_do: false }] : [],
  };
}

function limitOf(query: DecodedPacket): number {
  const opt = query.additionals?.find((record) => record.type === 'OPT');
  return opt ? Math.min(Math.max(opt.udpPayloadSize, UDP_LIMIT), EDNS_LIMIT) : UDP_LIMIT;
}

/** The datagram, or where it is too large, one that says to ask again by TCP. */
function fit({ packet, limit }: Made): Buffer {
  const whole = dnsPacket.encode(packet);
  if (whole.length <= limit) return whole;
  return dnsPacket.encode({ ...packet, flags: (packet.flags ?? 0) | TRUNCATED, answers: [], authorities: [] });
}
