import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import dnsPacket, { type DecodedPacket, type Question } from 'dns-packet';
import type { Random } from '../base/random.ts';
import { reply, type Reply } from './chain.ts';
import type { Exchange } from './plugins/forward.ts';

const TIMEOUT_MILLIS = 2000;
const RECURSION_DESIRED = 1 << 8;

/** Asks an upstream server over UDP, and again over TCP where the answer was cut short (RFC 7766). */
export function systemExchange(random: Random): Exchange {
  return async (server, question, signal) => {
    const [, host = '', port = '53'] = /^\[?(.*?)\]?:(\d+)$/.exec(server) ?? [];
    const id = Math.floor(random.next() * 65_536);
    const query = dnsPacket.encode({ type: 'query', id, flags: RECURSION_DESIRED, questions: [question] });
    const limit = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MILLIS)]);
    const first = await overUdp({ host, port: Number(port) }, query, limit);
    return replyOf(first.flag_tc ? await overTcp({ host, port: Number(port) }, query, limit) : first, question, id);
  };
}

interface Server {
  readonly host: string;
  readonly port: number;
}

function replyOf(packet: DecodedPacket, question: Question, id: number): Reply {
  if (packet.id !== id || packet.questions?.[0]?.name.toLowerCase() !== question.name.toLowerCase()) throw new Error('answer to another question');
  const rcode = (packet as { rcode?: string }).rcode ?? 'SERVFAIL';
  const known = ['NOERROR', 'NXDOMAIN', 'REFUSED', 'NOTIMP', 'FORMERR'] as const;
  return reply(known.find((code) => code === rcode) ?? 'SERVFAIL', { answers: packet.answers ?? [], authorities: packet.authorities ?? [] });
}

function overUdp({ host, port }: Server, query: Buffer, signal: AbortSignal): Promise<DecodedPacket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    const finish = (act: () => void) => {
      signal.removeEventListener('abort', onAbort);
      socket.close();
      act();
    };
    const onAbort = () => finish(() => reject(signal.reason));
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', (error) => finish(() => reject(error)));
    socket.connect(port, host, () => socket.send(query)); // connected: datagrams of others are dropped by the kernel
    socket.once('message', (message) => finish(() => settle(message, resolve, reject)));
  });
}

function overTcp({ host, port }: Server, query: Buffer, signal: AbortSignal): Promise<DecodedPacket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal }, () => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(query.length);
      socket.write(Buffer.concat([length, query]));
    });
    let pending: Buffer = Buffer.alloc(0);
    socket.once('error', reject);
    socket.once('end', () => reject(new Error('connection closed early')));
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      if (pending.length < 2 || pending.length < 2 + pending.readUInt16BE(0)) return;
      socket.destroy();
      settle(pending.subarray(2, 2 + pending.readUInt16BE(0)), resolve, reject);
    });
  });
}

function settle(message: Buffer, resolve: (packet: DecodedPacket) => void, reject: (reason: unknown) => void): void {
  try {
    resolve(dnsPacket.decode(message));
  } catch (error) {
    reject(new Error('malformed answer', { cause: error }));
  }
}
