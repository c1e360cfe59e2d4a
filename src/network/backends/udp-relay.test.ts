import { createSocket, type Socket } from 'node:dgram';
import { expect, test } from 'vitest';
import { silent } from '../../base/log.ts';
import { openRelay, RouteTable } from './udp-relay.ts';

/** As much of an IP header as the relay looks at. */
function packetTo(address: string, payload = ''): Buffer {
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  Buffer.from(address.split('.').map(Number)).copy(header, 16);
  return Buffer.concat([header, Buffer.from(payload)]);
}

test('a packet is for the node whose pod network holds its destination, to the bit', () => {
  const table = new RouteTable([
    { cidrs: ['10.244.1.0/24', 'fd00:10:244:1::/64'], endpoint: '192.0.2.1' }, { cidrs: ['10.244.2.128/25'], endpoint: '192.0.2.2' },
  ]);
  const six = Buffer.alloc(40);
  six[0] = 0x60;
  Buffer.from('fd000010024400010000000000000007', 'hex').copy(six, 24);
  expect(['10.244.1.9', '10.244.2.200', '10.244.2.100', '10.243.1.9'].map((to) => table.endpointFor(packetTo(to)))).toEqual(['192.0.2.1', '192.0.2.2', undefined, undefined]);
  expect(table.endpointFor(six)).toBe('192.0.2.1');
  expect([Buffer.alloc(0), Buffer.from([0x45]), packetTo('10.244.1.9').subarray(0, 19), Buffer.alloc(60, 0xff)].map((packet) => table.endpointFor(packet))).toEqual([undefined, undefined, undefined, undefined]);
});

const bound = (port = 0, address = '127.0.0.1'): Promise<Socket> => new Promise((resolve, reject) => {
  const socket = createSocket('udp4');
  socket.once('error', reject).bind(port, address, () => resolve(socket));
});
const next = (socket: Socket): Promise<string> => new Promise((resolve) => socket.once('message', (packet) => resolve(packet.subarray(20).toString())));
const freePort = async (): Promise<number> => {
  const socket = await bound();
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
};

/** A relay, and the other node: another address with the same port. Free ports may be taken by somebody else until they are used. */
async function arrange(device: Socket) {
  for (let tries = 1; ; tries++) {
    const [outer, inner] = [await freePort(), await freePort()];
    const peer = await bound(outer, '127.0.0.2').catch(() => undefined);
    const relay = peer && (await openRelay({ address: '127.0.0.1', log: silent, ports: { outer, inner, tun: device.address().port } }).catch(() => undefined));
    if (peer && relay) return { outer, inner, peer, relay };
    peer?.close();
    if (tries === 20) throw new Error('no free ports');
  }
}

test('packets go from the device to the other node and back, and strangers\' nowhere', async () => {
  const device = await bound();
  const { outer, inner, peer, relay: opened } = await arrange(device);
  const stranger = createSocket('udp4');
  await new Promise<void>((resolve) => stranger.bind(0, '127.0.0.3', resolve));
  using relay = opened;
  relay.know([{ cidrs: ['10.244.2.0/24'], endpoint: '127.0.0.2' }]);

  const atPeer = next(peer);
  device.send(packetTo('10.244.3.1', 'nobody\'s'), inner, '127.0.0.1');
  device.send(packetTo('10.244.2.1', 'there'), inner, '127.0.0.1');
  expect(await atPeer).toBe('there');

  const atDevice = next(device);
  await new Promise<void>((resolve) => stranger.send(packetTo('10.244.1.1', 'a stranger\'s'), outer, '127.0.0.1', () => resolve()));
  peer.send(packetTo('10.244.1.1', 'and back'), outer, '127.0.0.1');
  expect(await atDevice).toBe('and back');
  for (const socket of [device, peer, stranger]) socket.close();
});
