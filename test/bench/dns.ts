/** Names asked of the cluster's DNS by UDP: how many a second one process answers, and how soon. The goal is 20,000, p99 under 5 ms. */
import { createSocket } from 'node:dgram';
import { systemClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { createClient, createInformers } from '../../src/client/index.ts';
import { FakeApi } from '../../src/client/testing/fake-api.ts';
import { startDns } from '../../src/dns/index.ts';
import { childOf } from './child.ts';

const SERVICES = 5_000;
const QUESTIONS = 200_000;
/** On their way at any time, as of so many clients. */
const AT_ONCE = 64;

/** `node bench.js serve-dns`: answers for 5,000 Services, prints its port, and its CPU time in microseconds for each line it reads. */
export async function serveDnsAlone(): Promise<void> {
  const api = new FakeApi();
  api.put('/api/v1/namespaces/bench', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'bench' } });
  for (let n = 0; n < SERVICES; n++) {
    const clusterIP = `10.96.${n >> 8}.${n & 255}`;
    api.put(`/api/v1/namespaces/bench/services/svc-${n}`, {
      apiVersion: 'v1', kind: 'Service', metadata: { name: `svc-${n}`, namespace: 'bench' }, spec: { type: 'ClusterIP', clusterIP, clusterIPs: [clusterIP], ports: [{ port: 80, protocol: 'TCP' }] }, status: {},
    });
  }
  const around = { clock: systemClock, log: silent, random: systemRandom };
  const informers = createInformers(createClient(api.transport), around);
  const server = await startDns({ ...around, informers, addresses: ['127.0.0.1'], port: 0, domain: 'cluster.local', upstreams: [], allows: () => true });
  await informers.untilSynced();
  process.stdout.write(`${server.port}\n`);
  process.stdin.on('data', () => {
    const { user, system } = process.cpuUsage();
    process.stdout.write(`${user + system}\n`);
  });
}

/** One A question for one Service's name. */
function query(service: number): Buffer {
  const labels = [`svc-${service}`, 'bench', 'svc', 'cluster', 'local'];
  const name = Buffer.concat([...labels.map((label) => Buffer.from(String.fromCharCode(label.length) + label)), Buffer.from([0])]);
  return Buffer.concat([Buffer.from([0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]), name, Buffer.from([0, 1, 0, 1])]);
}

/** @param names how many different ones are asked for, in turn */
async function ask(port: number, count: number, names: number): Promise<{ readonly seconds: number; readonly latencies: Float64Array }> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20, sendBufferSize: 4 << 20 });
  await new Promise<void>((resolve) => socket.connect(port, '127.0.0.1', resolve));
  const queries = Array.from({ length: names }, (_, n) => query(n % SERVICES));
  const [sentAt, latencies] = [new Float64Array(65_536), new Float64Array(count)];
  let [next, done] = [0, 0];
  const send = (): void => {
    const message = Buffer.from(queries[next % names]!);
    message.writeUInt16BE(next & 65_535, 0);
    sentAt[next & 65_535] = performance.now();
    next++;
    socket.send(message);
  };
  const began = performance.now();
  await new Promise<void>((resolve) => {
    socket.on('message', (message) => {
      latencies[done++] = performance.now() - sentAt[message.readUInt16BE(0)]!;
      if (done === count) resolve();
      else if (next < count) send();
    });
    for (let n = 0; n < AT_ONCE; n++) send();
  });
  socket.close();
  return { seconds: (performance.now() - began) / 1000, latencies: latencies.sort() };
}

export async function measureDns(): Promise<void> {
  await using server = childOf(['serve-dns']);
  const port = Number(await server.line());
  const cpu = async (): Promise<number> => {
    server.write('cpu\n');
    return Number(await server.line());
  };
  for (const [what, names, count] of [['the same 100 names', 100, QUESTIONS], ['each of 5,000 names for the first time', SERVICES, SERVICES], ['5,000 names over and over', SERVICES, QUESTIONS]] as const) {
    if (count === QUESTIONS) await ask(port, 20_000, 100);
    const before = await cpu();
    const { seconds, latencies } = await ask(port, count, names);
    const micros = ((await cpu()) - before) / count;
    const at = (share: number) => latencies[Math.floor(latencies.length * share)]!.toFixed(2);
    console.log(`DNS: ${Math.round(count / seconds)} answers a second, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, ${micros.toFixed(1)} µs of CPU each; ${what}, ${AT_ONCE} at once`);
  }
}
