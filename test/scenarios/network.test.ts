/** The network of several nodes, each a network namespace, with pods that the CNI plugins plug in as containerd would. */
import { expect, test } from 'vitest';
import { mustRun } from '../../src/base/program.ts';
import { BACKENDS } from '../../src/network/index.ts';
import { getInFullPackets, Lan, lacks, until } from './network/hosts.ts';
import { get, inside, serveIn } from './support/namespaces.ts';

const MTU = { 'host-gw': 1400, vxlan: 1350, udp: 1372, bgp: 1400 };

for (const backend of BACKENDS) {
  const why = lacks(backend);
  const title = (what: string): string => `${backend}: ${what}${why === undefined ? '' : ` (${why})`}`;

  test.skipIf(why !== undefined)(title('pods reach each other by their own addresses, the world by their node\'s, and nothing is left behind'), async () => {
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

  test.skipIf(why !== undefined)(title('a node that joins, moves, comes back with other pods or leaves is followed'), async () => {
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

    lan.forget(again);
    await until('it left', routes, (text) => !text.includes('10.244.9.0'));
    expect(await mustRun(inside(one.name), 'sh', ['-c', 'bridge fdb show; ip neighbour'])).not.toMatch(/10\.244\.9\.|dst 192\.0\.2\.22/);
    expect(await routes()).toContain('10.244.77.0/24 via 192.0.2.254');
  });
}
