/** The network of several nodes, each a network namespace, with pods that the CNI plugins plug in as containerd would. */
import { expect, test } from 'vitest';
import { mustRun } from '../../src/base/program.ts';
import { BACKENDS } from '../../src/network/index.ts';
import { getInFullPackets, Lan, until } from './network/hosts.ts';
import { get, inside, isRoot, serveIn } from './support/namespaces.ts';

const MTU = { 'host-gw': 1400, vxlan: 1350, udp: 1372, bgp: 1400 };

for (const backend of BACKENDS) {
  const title = (what: string): string => `${backend}: ${what} (needs root on Linux)`;

  test.skipIf(!isRoot)(title('pods reach each other by their own addresses, the world by their node\'s, and nothing is left behind'), async () => {
    await using lan = await Lan.make(`kn${process.pid}${backend[0]}`, backend);
    const [one, two] = [await lan.host(1), await lan.host(2)];
    await lan.start(one);
    await lan.start(two);
    const result = JSON.parse(await lan.plug('ADD', one)) as { ips: readonly { address: string }[] };
    await lan.plug('ADD', two);
    expect(result.ips[0]?.address).toBe('10.244.1.2/24');
    using _one = await serveIn(one.pod);
    using _two = await serveIn(two.pod);
    using _outside = await serveIn(lan.outside);

    await until('the way there and back', () => get(one.pod, '10.244.2.2'), (answer) => answer === `${two.pod} 10.244.1.2`);
    await until('and the other way', () => get(two.pod, '10.244.1.2'), (answer) => answer === `${one.pod} 10.244.2.2`);
    expect(await get(one.name, '10.244.2.2')).toMatch(new RegExp(`^${two.pod} `));
    expect(await get(one.pod, '192.0.2.254')).toBe(`${lan.outside} 192.0.2.1`);
    expect(await mustRun(inside(one.pod), 'ip', ['-o', 'link', 'show', 'eth0'])).toContain(` mtu ${MTU[backend]} `);
    expect(await getInFullPackets(one.pod, '10.244.2.2')).toBe(`${two.pod} 10.244.1.2`);

    for (const host of [one, two]) {
      await lan.plug('DEL', host);
      await lan.clean(host);
      expect(await mustRun(inside(host.name), 'ip', ['route'])).not.toContain('10.244.');
      expect(await mustRun(inside(host.name), 'iptables-save', [])).not.toContain('KNARR');
      expect(await mustRun(inside(host.name), 'ip', ['-o', 'link'])).not.toMatch(/cni0|knarr/);
    }
  });

  test.skipIf(!isRoot)(title('a node that joins, moves, comes back with other pods or leaves is followed'), async () => {
    await using lan = await Lan.make(`kn${process.pid}${backend[0]}`, backend);
    const [one, two] = [await lan.host(1), await lan.host(2)];
    await lan.start(one);
    await lan.plug('ADD', one);
    const routes = (): Promise<string> => mustRun(inside(one.name), 'ip', ['route', 'show']);
    // somebody else's, within the cluster's network
    await mustRun(inside(one.name), 'ip', ['route', 'add', '10.244.77.0/24', 'via', '192.0.2.254']);

    await lan.start(two);
    await lan.plug('ADD', two);
    {
      using _two = await serveIn(two.pod);
      await until('it joined', () => get(one.pod, '10.244.2.2'), (answer) => answer === `${two.pod} 10.244.1.2`);

      await lan.stop(two);
      await lan.start({ ...two, address: '192.0.2.22' });
      await until('it moved', () => get(one.pod, '10.244.2.2'), (answer) => answer === `${two.pod} 10.244.1.2`);
      expect(await routes()).not.toContain('192.0.2.2 ');
    }

    await lan.plug('DEL', two);
    await lan.clean(two);
    const again = { ...two, cidr: '10.244.9.0/24' };
    await lan.start(again);
    await lan.plug('ADD', again);
    using _again = await serveIn(again.pod);
    await until('it came back', () => get(one.pod, '10.244.9.2'), (answer) => answer === `${again.pod} 10.244.1.2`);
    expect(await routes()).not.toContain('10.244.2.0');

    // Its cable is cut and plugged in again: nobody has to do anything.
    await lan.cut(again, true);
    expect(await get(one.pod, '10.244.9.2')).not.toContain(again.pod);
    await lan.cut(again, false);
    await until('its cable was plugged in', () => get(one.pod, '10.244.9.2'), (answer) => answer === `${again.pod} 10.244.1.2`);

    lan.forget(again);
    await until('it left', routes, (text) => !text.includes('10.244.9.0'));
    expect(await mustRun(inside(one.name), 'sh', ['-c', 'bridge fdb show; ip neighbour'])).not.toMatch(/10\.244\.9\.|dst 192\.0\.2\.22/);
    expect(await routes()).toContain('10.244.77.0/24 via 192.0.2.254');
  });
}

test.skipIf(!isRoot)(`vxlan: what others flush, falsify or take away is mended, and what is not ours is left alone (needs root on Linux)`, async () => {
  await using lan = await Lan.make(`kn${process.pid}f`, 'vxlan');
  const [one, two] = [await lan.host(1), await lan.host(2)];
  await lan.start(one);
  await lan.start(two);
  await lan.plug('ADD', one);
  await lan.plug('ADD', two);
  using _two = await serveIn(two.pod);
  const reaches = (what: string) => until(what, () => get(one.pod, '10.244.2.2'), (answer) => answer === `${two.pod} 10.244.1.2`);
  await reaches('to begin with');
  const here = inside(one.name);
  const shown = 'ip route show proto 107; ip neighbour show dev knarr-vxlan nud permanent; bridge fdb show dev knarr-vxlan; iptables-save';
  const kept = async (): Promise<string> => (await here('sh', ['-c', shown])).stdout.split('\n').filter((line) => !/^#|^:[A-Z]+ /.test(line)).toSorted().join('\n');
  const mac = /lladdr (\S+)/.exec(await mustRun(here, 'ip', ['neighbour', 'show', '10.244.2.0']))![1]!;
  const damage = {
    'the forwarding entry is gone': `bridge fdb del ${mac} dev knarr-vxlan dst 192.0.2.2 self`,
    'the MAC address is stale': 'ip neighbour replace 10.244.2.0 lladdr 02:00:00:00:00:99 dev knarr-vxlan nud permanent',
    'routes are flushed': 'ip route flush proto 107',
    'the device is deleted': 'ip link delete knarr-vxlan',
    'the peer is said to be elsewhere': `bridge fdb replace ${mac} dev knarr-vxlan dst 192.0.2.99 self permanent`,
    'the rules are flushed': 'iptables -t nat -F',
    'what leads to the rules is deleted': 'iptables -D FORWARD -j KNARR-FORWARD',
    'all tables are deleted': 'nft flush ruleset',
  };
  await mustRun(here, 'sh', ['-c', 'ip route add 203.0.113.0/24 via 192.0.2.254; ip neighbour replace 192.0.2.77 lladdr 02:00:00:00:00:77 dev eth0 nud permanent']);
  const whole = await kept();
  for (const [what, line] of Object.entries(damage)) {
    await mustRun(here, 'sh', ['-c', line]);
    await until(`${what}: mended`, kept, (now) => now === whole);
  }
  await reaches('and in the end');
  expect(await mustRun(here, 'ip', ['route'])).toContain('203.0.113.0/24 via 192.0.2.254');
  expect(await mustRun(here, 'ip', ['neighbour'])).toContain('02:00:00:00:00:77');

  // killed, and begun anew: what it made carried on meanwhile
  await lan.stop(one, 'SIGKILL');
  await reaches('without its keeper');
  await lan.start(one);
  await reaches('with another');
});

test.skipIf(!isRoot)(`vxlan joins nodes on different links, which host-gw refuses in words (needs root on Linux)`, async () => {
  for (const backend of ['vxlan', 'host-gw'] as const) {
    await using lan = await Lan.make(`kn${process.pid}l`, backend);
    const [one, far] = [await lan.host(1), await lan.host(2, { address: '198.51.100.2' })];
    await lan.start(one);
    await lan.start(far);
    await lan.plug('ADD', one);
    await lan.plug('ADD', far);
    using _far = await serveIn(far.pod);
    if (backend === 'vxlan') await until('across links', () => get(one.pod, '10.244.2.2'), (answer) => answer === `${far.pod} 10.244.1.2`);
    else await until('refused', async () => lan.events, (events) => events.some((event) => event.includes(`${far.name}: 198.51.100.2 is not on link eth0 (192.0.2.1/24)`)));
  }
});

test.skipIf(!isRoot)(`a second node with a pod network that overlaps the first one's is refused in words, and takes nothing (needs root on Linux)`, async () => {
  await using lan = await Lan.make(`kn${process.pid}o`, 'host-gw');
  const [one, two, thief] = [await lan.host(1), await lan.host(2), await lan.host(3, { cidr: '10.244.2.128/25' })];
  for (const host of [one, two]) await lan.start(host);
  await lan.plug('ADD', one);
  await lan.plug('ADD', two);
  using _two = await serveIn(two.pod);
  await until('before', () => get(one.pod, '10.244.2.2'), (answer) => answer === `${two.pod} 10.244.1.2`);
  await lan.start(thief);
  await until('refused', async () => lan.events, (events) => events.some((event) => event.startsWith(one.name) && event.includes(`its pod network 10.244.2.128/25 overlaps 10.244.2.0/24 of node ${two.name}`)));
  expect(await get(one.pod, '10.244.2.2')).toBe(`${two.pod} 10.244.1.2`);
  expect(await mustRun(inside(one.name), 'ip', ['route'])).not.toContain('10.244.2.128');
});

test.skipIf(!isRoot)(`when all addresses of a node are taken a pod gets none, and one that goes makes room (needs root on Linux)`, async () => {
  await using lan = await Lan.make(`kn${process.pid}e`, 'host-gw');
  const one = await lan.host(1, { cidr: '10.244.1.0/30' });
  const next = { ...await lan.host(2), name: one.name };
  await lan.start(one);
  await lan.plug('ADD', one);
  await expect(lan.plug('ADD', next)).rejects.toThrow('no IP addresses available in range set: 10.244.1.1-10.244.1.2');
  for (const gone of [next, one]) await lan.plug('DEL', gone); // a runtime takes back what failed, too
  expect(await lan.plug('ADD', next)).toContain('10.244.1.2/30');
});
