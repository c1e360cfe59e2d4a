/** Network policies between pods that are network namespaces on a node's bridge, judged by real packets. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { mustRun } from '../../src/base/program.ts';
import { seededRandom } from '../../src/base/random.ts';
import { createClient, createInformers } from '../../src/client/index.ts';
import { FakeApi } from '../../src/client/testing/fake-api.ts';
import { Started } from '../../src/cluster/started.ts';
import type { NetworkPolicy } from '../../src/kinds/networking/network-policy.ts';
import type { DeepPartial } from '../../src/meta/object.ts';
import { cleanPolicies, startPolicies } from '../../src/network/index.ts';
import { app, namespace, pod, policy } from '../../src/network/testing/pods.ts';
import { inside, ip, isRoot, run } from './support/namespaces.ts';
import { installed } from './testing/install.ts';

const ID = `knp${process.pid}`;
const NODE = `${ID}-node`;
const OUTSIDE = `${ID}-out`;
const PODS = ['web', 'friend', 'stranger'].map((name, at) => ({ name, netns: `${ID}-${name}`, ip: `10.244.0.${at + 2}` }));
const [web, friend] = PODS as [(typeof PODS)[number], (typeof PODS)[number]];
/** Where a Service of `web` would answer: rewritten to its address, as the proxy does. */
const SERVICE = '10.96.0.80';
const SPEC = '/apis/networking.k8s.io/v1/namespaces/ns/networkpolicies';

async function plug(netns: string, address: string, gateway: string): Promise<void> {
  await ip(`netns add ${netns}`);
  await ip(`-n ${netns} link set lo up`);
  const port = `p${address.replaceAll('.', '')}`;
  await ip(`link add ${port} netns ${NODE} type veth peer name eth0 netns ${netns}`);
  await ip(`-n ${NODE} link set ${port} master ${gateway === '10.244.0.1' ? 'cni0' : 'lan'} up`);
  await ip(`-n ${netns} address add ${address}/24 dev eth0`);
  await ip(`-n ${netns} link set eth0 up`);
  await ip(`-n ${netns} route add default via ${gateway}`);
}

/** Answers `ok` on TCP and UDP ports 80 and 81 of a namespace. */
function serve(netns: string): Promise<Disposable> {
  const script = `
    const tcp = [80, 81].map((port) => require('net').createServer((s) => { s.on('error', () => {}); s.on('data', () => s.write('ok')); }).listen(port));
    for (const port of [80, 81]) { const u = require('dgram').createSocket('udp4'); u.on('message', (_, from) => u.send('ok', from.port, from.address)); u.bind(port); }
    Promise.all(tcp.map((s) => new Promise((done) => s.on('listening', done)))).then(() => console.log('ready'));`;
  const child = spawn('ip', ['netns', 'exec', netns, 'node', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve) => child.stdout.once('data', () => resolve({ [Symbol.dispose]: () => void child.kill('SIGKILL') })));
}

/** Which of `tcp:ADDRESS:PORT` and `udp:…` answer a namespace within four seconds. */
async function reaches(netns: string, targets: readonly string[]): Promise<readonly string[]> {
  const script = `
    const ask = { tcp: (host, port) => new Promise((done) => { const s = require('net').connect(port, host, () => s.write('x')); s.on('data', () => (s.destroy(), done(true))); s.on('error', () => done(false)); setTimeout(() => (s.destroy(), done(false)), 4000); }),
      udp: (host, port) => new Promise((done) => { const u = require('dgram').createSocket('udp4'); u.on('message', () => (u.close(), done(true))); u.on('error', () => {}); u.send('x', port, host); setTimeout(() => { try { u.close(); } catch {} done(false); }, 4000); }) };
    Promise.all(process.argv.slice(1).map(async (t) => { const [p, h, n] = t.split(':'); return [t, await ask[p](h, Number(n))]; })).then((all) => console.log(all.filter(([, ok]) => ok).map(([t]) => t).join('\\n')));`;
  return (await mustRun(inside(netns), 'node', ['-e', script, ...targets])).trim().split('\n').filter((line) => line !== '');
}

const api = new FakeApi();
const around = { clock: systemClock, log: silent, random: seededRandom(1) };
const disposed = new Started();

beforeAll(async () => {
  if (!isRoot) return;
  await installed('nft', 'nftables');
  await ip(`netns add ${NODE}`);
  await ip(`-n ${NODE} link set lo up`);
  for (const [bridge, address] of [['cni0', '10.244.0.1'], ['lan', '192.0.2.1']] as const) {
    await ip(`-n ${NODE} link add ${bridge} type bridge`);
    await ip(`-n ${NODE} address add ${address}/24 dev ${bridge}`);
    await ip(`-n ${NODE} link set ${bridge} up`);
  }
  await inside(NODE)('sh', ['-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/bridge/bridge-nf-call-iptables']);
  // Without a way to it there is nothing to rewrite.
  await ip(`-n ${NODE} route add ${SERVICE}/32 dev lan`);
  for (const one of PODS) await plug(one.netns, one.ip, '10.244.0.1');
  await plug(OUTSIDE, '192.0.2.254', '192.0.2.1');
  const nat = `table ip svc { chain pre { type nat hook prerouting priority dstnat; ip daddr ${SERVICE} dnat to ${web.ip}; } chain out { type nat hook output priority -100; ip daddr ${SERVICE} dnat to ${web.ip}; } }`;
  await mustRun(inside(NODE), 'nft', ['-f', '-'], nat.replaceAll('; ', ';\n').replaceAll('{ ', '{\n').replaceAll('} ', '}\n'));
  for (const one of PODS) disposed.add(await serve(one.netns));
  disposed.add(await serve(OUTSIDE));
  api.put('/api/v1/namespaces/ns', namespace('ns'));
  for (const { name, ip: address } of PODS) {
    const ports = name === 'web' ? [{ name: 'http', containerPort: 80 }] : [];
    api.put(`/api/v1/namespaces/ns/pods/${name}`, pod(name, address, { ports }));
  }
  const informers = disposed.add(createInformers(createClient(api.transport), around));
  disposed.add(startPolicies({ ...around, informers, nodeName: 'one', run: inside(NODE) }));
}, 300_000);

afterAll(async () => {
  await disposed[Symbol.asyncDispose]();
  if (isRoot) for (const netns of [NODE, OUTSIDE, ...PODS.map((one) => one.netns)]) await run('ip', ['netns', 'delete', netns]);
}, 60_000);

const asked = ['tcp:80', 'tcp:81', 'udp:80'] as const;
const SOURCES = { friend: `${ID}-friend`, stranger: `${ID}-stranger`, outside: OUTSIDE, node: NODE };

/** Who reaches `web` where, and whom `web` reaches: a row each, as the test prints it. */
async function table(): Promise<Readonly<Record<string, string>>> {
  const to = (address: string) => asked.map((one) => one.replace(':', `:${address}:`));
  const short = (target: string) => target.replace(/:.*:/, '').replace(SERVICE, '');
  const reached = reaches(web.netns, [...to(friend.ip), ...to('192.0.2.254')]);
  const inward = await Promise.all(Object.entries(SOURCES).map(async ([name, netns]) => {
    const found = await reaches(netns, [...to(web.ip), ...to(SERVICE)]);
    const [direct, service] = [web.ip, SERVICE].map((address) => found.filter((target) => target.includes(`:${address}:`)).map(short).join(' '));
    // A Service is a way to its pods, no way around their policies.
    expect(service, `${name} by the Service`).toBe(direct);
    return [`${name} → web`, direct || '-'] as const;
  }));
  const found = await reached;
  const outward = ([['friend', friend.ip], ['outside', '192.0.2.254']] as const).map(([name, address]) => [`web → ${name}`, found.filter((target) => target.includes(`:${address}:`)).map(short).join(' ') || '-'] as const);
  return Object.fromEntries([...inward, ...outward]);
}

/** Resolves once these policies, and no others, hold. */
async function under(...specs: readonly DeepPartial<NetworkPolicy['spec']>[]): Promise<void> {
  for (const path of api.objects.keys()) if (path.startsWith(SPEC)) api.remove(path);
  for (const [at, spec] of specs.entries()) api.put(`${SPEC}/p${at}`, policy(`p${at}`, { podSelector: app('web'), ...spec }));
  await untilWritten();
}

/** Until the kernel's table says what the last change asked for: it stops changing. */
async function untilWritten(): Promise<void> {
  let [last, same] = ['', 0];
  while (same < 5) {
    await systemClock.sleep(100);
    const now = (await inside(NODE)('nft', ['list', 'table', 'inet', 'knarr-policy'])).stdout;
    same = now === last ? same + 1 : 0;
    last = now;
  }
}

const ALL = 'tcp80 tcp81 udp80';
const OPEN = { 'friend → web': ALL, 'stranger → web': ALL, 'outside → web': ALL, 'node → web': ALL, 'web → friend': ALL, 'web → outside': ALL };
const CLOSED_IN = { ...OPEN, 'friend → web': '-', 'stranger → web': '-', 'outside → web': '-' };
const CLOSED_OUT = { ...OPEN, 'web → friend': '-', 'web → outside': '-' };
const fromFriend = { podSelector: app('friend') };

const TRUTH: readonly (readonly [title: string, specs: readonly DeepPartial<NetworkPolicy['spec']>[], expected: Readonly<Record<string, string>>])[] = [
  ['no policy', [], OPEN],
  ['nothing may come in', [{}], CLOSED_IN],
  ['nothing may go out', [{ policyTypes: ['Egress'] }], CLOSED_OUT],
  ['pods with a label, one port', [{ ingress: [{ from: [fromFriend], ports: [{ port: 80 }] }] }], { ...CLOSED_IN, 'friend → web': 'tcp80' }],
  ['a named port', [{ ingress: [{ ports: [{ port: 'http' }] }] }], { ...CLOSED_IN, 'friend → web': 'tcp80', 'stranger → web': 'tcp80', 'outside → web': 'tcp80' }],
  ['all of UDP', [{ ingress: [{ ports: [{ protocol: 'UDP' }] }] }], { ...CLOSED_IN, 'friend → web': 'udp80', 'stranger → web': 'udp80', 'outside → web': 'udp80' }],
  ['a range of ports', [{ ingress: [{ from: [fromFriend], ports: [{ port: 81, endPort: 90 }] }] }], { ...CLOSED_IN, 'friend → web': 'tcp81' }],
  ['a block of addresses', [{ ingress: [{ from: [{ ipBlock: { cidr: '192.0.2.0/24' } }] }] }], { ...CLOSED_IN, 'outside → web': ALL }],
  ['a block without a part', [{ ingress: [{ from: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.244.0.3/32'] } }] }] }], { ...OPEN, 'friend → web': '-' }],
  ['what two policies allow', [{ ingress: [{ from: [fromFriend] }] }, { ingress: [{ ports: [{ port: 81 }] }] }], { ...CLOSED_IN, 'friend → web': ALL, 'stranger → web': 'tcp81', 'outside → web': 'tcp81' }],
  ['out to pods alone', [{ policyTypes: ['Egress'], egress: [{ to: [fromFriend], ports: [{ protocol: 'UDP', port: 80 }] }] }], { ...CLOSED_OUT, 'web → friend': 'udp80' }],
  ['every namespace', [{ ingress: [{ from: [{ namespaceSelector: {} }] }] }], { ...CLOSED_IN, 'friend → web': ALL, 'stranger → web': ALL }],
];

for (const [title, specs, expected] of TRUTH) {
  test.skipIf(!isRoot)(`${title}: what passes is what the policies say (needs root)`, async () => {
    await under(...specs);
    const found = await table();
    process.stdout.write(`${title}\n${Object.entries(found).map(([way, open]) => `  ${way.padEnd(16)} ${open}\n`).join('')}`);
    expect(found).toEqual(expected);
  }, 60_000);
}

/** A connection from a namespace to `web`, on which each `ask` is a question answered or not. */
function connection(netns: string) {
  const script = `
    const s = require('net').connect(80, '${web.ip}'); s.on('error', () => {}); s.on('data', () => console.log('ok'));
    process.stdin.on('data', () => s.write('x'));`;
  const child = spawn('ip', ['netns', 'exec', netns, 'node', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const ask = (within: number) => new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), within);
    lines.once('line', () => (clearTimeout(timer), resolve(true)));
    child.stdin.write('\n');
  });
  return { ask, [Symbol.dispose]: () => void child.kill('SIGKILL') };
}

test.skipIf(!isRoot)('a connection that is newly denied is cut, and lives on where it is allowed again (needs root)', async () => {
  await under();
  using open = connection(friend.netns);
  expect(await open.ask(10_000)).toBe(true);
  await under({ ingress: [{ from: [fromFriend] }] });
  expect(await open.ask(10_000)).toBe(true);
  await under({});
  expect(await open.ask(1_500)).toBe(false);
  await under({ ingress: [{ from: [fromFriend] }] });
  expect(await open.ask(30_000)).toBe(true);
}, 120_000);

test.skipIf(!isRoot)('what someone flushed comes back, and the last trace goes with the node (needs root)', async () => {
  await under({});
  await mustRun(inside(NODE), 'nft', ['flush', 'table', 'inet', 'knarr-policy']);
  const deadline = systemClock.monotonic() + 40_000;
  while ((await reaches(friend.netns, [`tcp:${web.ip}:80`])).length > 0) expect(systemClock.monotonic()).toBeLessThan(deadline);
  await disposed[Symbol.asyncDispose]();
  await cleanPolicies(inside(NODE));
  expect(await mustRun(inside(NODE), 'nft', ['list', 'tables'])).not.toContain('knarr-policy');
}, 120_000);
