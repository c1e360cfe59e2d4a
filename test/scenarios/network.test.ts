/** The network of two nodes, each a network namespace, with pods that the CNI plugins plug in as containerd would. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silent } from '../../src/base/log.ts';
import { mustRun } from '../../src/base/program.ts';
import { seededRandom } from '../../src/base/random.ts';
import { createClient, createInformers } from '../../src/client/index.ts';
import { FakeApi } from '../../src/client/testing/fake-api.ts';
import { cleanNetwork, startNetwork } from '../../src/network/index.ts';
import { node } from '../../src/network/testing/nodes.ts';
import { get, inside, ip, isRoot, run, runWith, serveIn } from './support/namespaces.ts';

const PLUGINS = ['/usr/lib/cni', '/opt/cni/bin'].find((directory) => existsSync(join(directory, 'bridge')));
const ID = `knw${process.pid}`;
const OUTSIDE = `${ID}-out`;
const NODES = [1, 2].map((n) => ({ name: `${ID}-${n}`, pod: `${ID}-pod${n}`, address: `192.0.2.${n}`, cidr: `10.244.${n}.0/24` }));
const NAMESPACES = [OUTSIDE, ...NODES.flatMap(({ name, pod }) => [name, pod])];
const possible = isRoot && PLUGINS !== undefined;
const root = await mkdtemp(join(tmpdir(), 'knarr-network-'));

beforeAll(async () => {
  if (!possible) return;
  for (const name of NAMESPACES) {
    await ip(`netns add ${name}`);
    await ip(`-n ${name} link set lo up`);
  }
  await ip(`-n ${OUTSIDE} link add lan type bridge`);
  await ip(`-n ${OUTSIDE} address add 192.0.2.254/24 dev lan`);
  await ip(`-n ${OUTSIDE} link set lan up`);
  for (const [n, { name, address }] of NODES.entries()) {
    await ip(`link add n${n} netns ${OUTSIDE} mtu 1400 type veth peer name eth0 netns ${name}`);
    await ip(`-n ${OUTSIDE} link set n${n} master lan up`);
    await ip(`-n ${name} address add ${address}/24 dev eth0`);
    await ip(`-n ${name} link set eth0 mtu 1400 up`);
    await ip(`-n ${name} route add default via 192.0.2.254`);
  }
});

afterAll(async () => {
  if (possible) for (const name of NAMESPACES) await run('ip', ['netns', 'delete', name]);
  await rm(root, { recursive: true, force: true });
});

/** Runs the bridge plugin of the list that was written, in the node's namespace, as a container runtime does (CNI spec). */
async function plug(command: 'ADD' | 'DEL', { name, pod }: (typeof NODES)[number]): Promise<string> {
  const list = JSON.parse(await readFile(join(root, name, 'conf', '10-knarr.conflist'), 'utf8')) as { name: string; cniVersion: string; plugins: readonly object[] };
  const input = JSON.stringify({ ...list.plugins[0], name: list.name, cniVersion: list.cniVersion });
  const env = { CNI_COMMAND: command, CNI_CONTAINERID: pod, CNI_NETNS: `/run/netns/${pod}`, CNI_IFNAME: 'eth0', CNI_PATH: PLUGINS! };
  const { code, stdout, stderr } = await runWith(env, 'ip', ['netns', 'exec', name, `${PLUGINS!}/bridge`], { input });
  if (code !== 0) throw new Error(stdout + stderr);
  return stdout;
}

test.skipIf(!possible)('pods of two nodes reach each other by their own addresses, and the world by their node\'s (needs root and CNI plugins)', async () => {
  const api = new FakeApi();
  for (const { name, address, cidr } of NODES) api.put(`/api/v1/nodes/${name}`, node(name, address, cidr));
  const around = { clock: systemClock, log: silent, random: seededRandom(1) };
  await using informers = createInformers(createClient(api.transport), around);
  const networks = await Promise.all(NODES.map(({ name, address, cidr }) => startNetwork({
    ...around, informers, run: inside(name), nodeName: name, nodeIp: address, nodeCidr: cidr, clusterCidr: '10.244.0.0/16',
    cniConfigDir: join(root, name, 'conf'), cniDataDir: join(root, name, 'data'), bridge: 'cni0',
  })));
  const [one, two] = NODES as [(typeof NODES)[number], (typeof NODES)[number]];
  const result = JSON.parse(await plug('ADD', one)) as { ips: readonly { address: string }[] };
  await plug('ADD', two);
  expect(result.ips[0]?.address).toBe('10.244.1.2/24');
  using _one = await serveIn(one.pod);
  using _two = await serveIn(two.pod);
  using _outside = await serveIn(OUTSIDE);

  const deadline = systemClock.monotonic() + 10_000;
  const routed = async ({ name }: (typeof NODES)[number]) => (await mustRun(inside(name), 'ip', ['route', 'show', 'proto', '107'])) !== '';
  while (!((await routed(one)) && (await routed(two)))) {
    if (systemClock.monotonic() > deadline) throw new Error('no routes');
    await systemClock.sleep(50);
  }
  expect(await get(one.pod, '10.244.2.2')).toBe(`${two.pod} 10.244.1.2`);
  expect(await get(two.pod, '10.244.1.2')).toBe(`${one.pod} 10.244.2.2`);
  expect(await get(one.name, '10.244.2.2')).toBe(`${two.pod} 192.0.2.1`);
  expect(await get(one.pod, '192.0.2.254')).toBe(`${OUTSIDE} 192.0.2.1`);
  expect(await mustRun(inside(one.pod), 'ip', ['-o', 'link', 'show', 'eth0'])).toContain(' mtu 1400 ');

  for (const network of networks) await network[Symbol.asyncDispose]();
  for (const one of NODES) {
    await plug('DEL', one);
    await cleanNetwork({ run: inside(one.name), bridge: 'cni0' });
    expect(await mustRun(inside(one.name), 'ip', ['route'])).not.toContain('10.244.');
    expect(await mustRun(inside(one.name), 'iptables-save', [])).not.toContain('KNARR');
    expect(await mustRun(inside(one.name), 'ip', ['-o', 'link'])).not.toContain('cni0');
  }
});
