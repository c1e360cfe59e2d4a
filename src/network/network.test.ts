import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ManualClock } from '../base/clock.ts';
import { silent } from '../base/log.ts';
import type { RunProgram } from '../base/program.ts';
import { seededRandom } from '../base/random.ts';
import { createClient, createInformers } from '../client/index.ts';
import { FakeApi } from '../client/testing/fake-api.ts';
import { networkRules } from './masquerade.ts';
import { linkOf } from './link.ts';
import { startNetwork } from './network.ts';

const LINK = '3: eth0@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1400 qdisc noqueue state UP mode DEFAULT group default qlen 1000\\    link/ether';
const ADDRESS = '3: eth0    inet 192.0.2.1/24 scope global eth0\\       valid_lft forever preferred_lft forever';

/** Answers for programs by the first words of the call; anything else succeeds silently. */
function programs(answers: Readonly<Record<string, { code?: number; stdout?: string }>>) {
  const calls: string[] = [];
  const run: RunProgram = async (command, args) => {
    const call = `${command} ${args.join(' ')}`;
    calls.push(call);
    const answer = Object.entries(answers).find(([start]) => call.startsWith(start))?.[1];
    return { code: 0, stdout: '', stderr: '', ...answer };
  };
  return { calls, run };
}

test('the MTU is that of the link with the node\'s address', async () => {
  const { run } = programs({ 'ip -4 -o address': { stdout: ADDRESS }, 'ip -o address show dev eth0': { stdout: ADDRESS }, 'ip -o link show dev eth0': { stdout: LINK } });
  expect(await linkOf(run, '192.0.2.1')).toEqual({ name: 'eth0', networks: ['192.0.2.1/24'], mtu: 1400 });
  expect(await linkOf(programs({}).run, '192.0.2.1')).toEqual({ networks: [], mtu: 1500 });
});

test('pods keep their address inside the cluster network alone', () => {
  expect(networkRules('10.244.0.0/16')).toContain('-A KNARR-POSTROUTING -s 10.244.0.0/16 -d 10.244.0.0/16 -j RETURN\n-A KNARR-POSTROUTING -s 10.244.0.0/16 ! -d 224.0.0.0/4');
});

test('a node is ready for pods without the API server, and rules that vanish are written again', async () => {
  const root = await mkdtemp(join(tmpdir(), 'knarr-network-'));
  const api = new FakeApi();
  api.intercept = () => ({ status: 503, headers: {} });
  const clock = new ManualClock();
  const answers: Record<string, { code?: number; stdout?: string }> = { 'ip -4 -o address': { stdout: ADDRESS }, 'ip -o link show dev eth0': { stdout: LINK } };
  for (const [table, chain] of [['nat', 'KNARR-POSTROUTING'], ['filter', 'KNARR-FORWARD']]) answers[`iptables -w 10 -t ${table} -S ${chain}`] = { stdout: `-N ${chain}\n-A ${chain}\n-A ${chain}\n` };
  const { calls, run } = programs(answers);
  await using informers = createInformers(createClient(api.transport), { clock, log: silent, random: seededRandom(1) });
  await using _network = await startNetwork({
    informers, run, clock, log: silent, nodeName: 'one', nodeIp: '192.0.2.1', nodeCidrs: ['10.244.0.0/24'], clusterCidrs: ['10.244.0.0/16'],
    client: createClient(api.transport), backend: 'host-gw', stateDir: join(root, 'state'), cniConfigDir: join(root, 'conf'), cniDataDir: join(root, 'data'), bridge: 'cni0',
  });
  expect(JSON.parse(await readFile(join(root, 'conf', '10-knarr.conflist'), 'utf8'))).toMatchObject({ plugins: [{ mtu: 1400 }, {}, {}] });
  expect(calls.filter((call) => call.startsWith('sh ')).map((call) => call.split(' ').slice(-2))).toContainEqual(['/proc/sys/net/ipv4/conf/eth0/send_redirects', '0']);
  const restores = () => calls.filter((call) => call.startsWith('iptables-restore')).length;
  expect(restores()).toBe(1);
  await clock.advance(61_000);
  expect(restores()).toBe(1);
  answers['iptables -w 10 -t nat -C POSTROUTING -j KNARR-POSTROUTING'] = { code: 1 };
  await clock.advance(61_000);
  expect(restores()).toBe(2);
  answers['iptables -w 10 -t nat -C POSTROUTING -j KNARR-POSTROUTING'] = { code: 0 };
  answers['iptables -w 10 -t filter -S KNARR-FORWARD'] = { stdout: '-N KNARR-FORWARD\n' };
  await clock.advance(61_000);
  expect(restores()).toBe(3);
  await rm(root, { recursive: true });
});
