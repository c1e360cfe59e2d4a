import { networkInterfaces } from 'node:os';
import { formatIp } from '../meta/ip.ts';
import { readText } from './files.ts';
import { layoutOf } from './layout.ts';
import { MADE_LINKS } from './machine/facts.ts';
import type { Surroundings } from './ranges.ts';
import { clusterCidrsOf, serviceCidrsOf } from './settings-families.ts';
import { readSettings } from './settings.ts';
import { livingClusters } from './slots.ts';
import type { Processes } from './supervisor/process.ts';
import { machineProcesses } from './supervisor/process.ts';
import { systemClock } from '../base/clock.ts';

/** What takes addresses on this machine beside the cluster of a data directory. */
export async function surroundings(dataDir: string, processes: Processes = machineProcesses(systemClock)): Promise<Surroundings> {
  const others = (await livingClusters(processes)).filter((holder) => holder !== dataDir);
  const clusters = await Promise.all(others.map(async (holder) => {
    const settings = await readSettings(layoutOf(holder));
    return { dataDir: holder, cidrs: settings ? [...clusterCidrsOf(settings), ...serviceCidrsOf(settings)] : [] };
  }));
  return { clusters, networks: [...linkNetworks(), ...routesIn((await readText('/proc/net/route')) ?? '')] };
}

/** Of addresses on links that no cluster made. */
const linkNetworks = (): Surroundings['networks'] => Object.entries(networkInterfaces())
  .filter(([link]) => !MADE_LINKS.test(link))
  .flatMap(([link, addresses = []]) => addresses.flatMap(({ internal, cidr }) => (internal || cidr === null ? [] : [{ cidr, link }])));

/** The IPv4 routes of proc(5)'s /proc/net/route, but for those to everywhere and over links that clusters made. */
export function routesIn(text: string): Surroundings['networks'] {
  return text.split('\n').slice(1).map((line) => line.split('\t')).flatMap(([link = '', to = '', , , , , , mask = '']) => {
    if (to === '' || mask === '00000000' || MADE_LINKS.test(link)) return [];
    const prefix = [...Number.parseInt(mask, 16).toString(2)].filter((bit) => bit === '1').length;
    return [{ cidr: `${formatIp({ family: 4, value: swapped(to) })}/${prefix}`, link }];
  });
}

/** Written in the order of the machine's bytes, the lowest first. */
const swapped = (hex: string): bigint => BigInt(`0x${(hex.match(/../g) ?? []).toReversed().join('')}`);
