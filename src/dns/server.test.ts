import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import dnsPacket from 'dns-packet';
import { expect, test } from 'vitest';
import { silent } from '../base/log.ts';
import { seededRandom } from '../base/random.ts';
import { chain, reply, type Next } from './chain.ts';
import { systemExchange } from './exchange.ts';
import { forward } from './plugins/forward.ts';
import { serveDns } from './server.ts';

const many: Next = async ({ name }) =>
  reply('NOERROR', { answers: Array.from({ length: name === 'many.test' ? 200 : 1 }, (_, n) => ({ type: 'A' as const, name, ttl: 5, data: `192.0.2.${n}` })) });
const start = (resolve: Next, allows = (_peer: string) => true) => serveDns({ address: '127.0.0.1', port: 0, resolve, allows, log: silent });

test('an answer too large for a datagram arrives whole by TCP', async () => {
  await using origin = await start(many);
  const resolve = chain([forward(() => [{ zone: '.', servers: [`127.0.0.1:${origin.port}`] }], systemExchange(seededRandom(1)))]);

  const { rcode, answers } = await resolve({ type: 'A', name: 'many.test' }, AbortSignal.timeout(5000));

  expect(rcode).toBe('NOERROR');
  expect(answers).toHaveLength(200);
});

test('a plugin that fails is SERVFAIL, not silence', async () => {
  await using server = await start(async () => { throw new Error('broken'); });
  const { rcode } = await systemExchange(seededRandom(1))(`127.0.0.1:${server.port}`, { type: 'A', name: 'a.test' }, AbortSignal.timeout(5000));
  expect(rcode).toBe('SERVFAIL');
});

test('a message in pieces and garbage before it do no harm', async () => {
  await using server = await start(many);
  const query = dnsPacket.streamEncode({ type: 'query', id: 7, questions: [{ type: 'A', name: 'one.test' }] });
  const answer = await new Promise<Buffer>((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1', () => {
      socket.write(Buffer.from([0, 3, 1, 2, 3]));
      socket.write(query.subarray(0, 5), () => socket.write(query.subarray(5)));
    });
    socket.once('data', (chunk) => (socket.destroy(), resolve(chunk)));
    socket.once('error', reject);
  });
  expect(dnsPacket.streamDecode(answer)).toMatchObject({ id: 7, type: 'response' });
});

test('a peer that may not ask is not answered', async () => {
  await using server = await start(many, () => false);
  const asked = systemExchange(seededRandom(1))(`127.0.0.1:${server.port}`, { type: 'A', name: 'a.test' }, AbortSignal.timeout(100));
  await expect(asked).rejects.toThrow();
});

test('a flood of damaged questions leaves the server answering', async () => {
  await using server = await start(many);
  const random = seededRandom(7);
  const good = dnsPacket.encode({ type: 'query', id: 1, questions: [{ type: 'A', name: 'one.test' }], additionals: [{ type: 'OPT', name: '.', udpPayloadSize: 1232, flags: 0, options: [], extendedRcode: 0, ednsVersion: 0, flag_do: false }] });
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.connect(server.port, '127.0.0.1', resolve));
  for (let n = 0; n < 3000; n++) {
    const damaged = Buffer.from(good.subarray(0, 1 + Math.floor(random.next() * good.length)));
    for (let byte = 0; byte < 3; byte++) damaged[Math.floor(random.next() * damaged.length)] = Math.floor(random.next() * 256);
    socket.send(damaged);
    if (n % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  socket.close();
  // A flood may well drown one question: it is asked again.
  const ask = () => systemExchange(random)(`127.0.0.1:${server.port}`, { type: 'A', name: 'one.test' }, AbortSignal.timeout(5000)).catch(() => undefined);
  let reply = await ask();
  for (let tries = 0; !reply && tries < 5; tries++) reply = await ask();
  expect(reply).toMatchObject({ rcode: 'NOERROR', answers: [{ type: 'A' }] });
});

test('another class than IN is refused', async () => {
  await using server = await start(many);
  const { rcode } = await systemExchange(seededRandom(1))(`127.0.0.1:${server.port}`, { type: 'TXT', class: 'CH', name: 'version.bind' }, AbortSignal.timeout(5000));
  expect(rcode).toBe('REFUSED');
});
