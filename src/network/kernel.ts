import { mustRun, type RunProgram } from '../base/program.ts';
import { formatIp, isIpv6, parseIp } from '../meta/ip.ts';
import { FAMILIES } from './peers.ts';
import { difference, forwardingKey, neighbourKey, routeKey, type Forwarding, type Neighbour, type Route, type Wanted } from './plan.ts';

/** Marks our routes in the kernel, so that we find them again and leave others alone (rtnetlink(7): above 4 is free). */
export const PROTOCOL = '107';

/** Makes the kernel have what is wanted, and no more of ours. @returns what could not be done, in words */
export async function reconcileKernel(run: RunProgram, wanted: Wanted, device: string | undefined): Promise<readonly string[]> {
  const failures: string[] = [];
  const attempt = async (command: string, line: string): Promise<void> => {
    const { code, stderr } = await run(command, line.split(' '));
    if (code !== 0) failures.push(`${command} ${line}: ${stderr.trim()}`);
  };
  // From the wire up: a route that is there before its neighbour would make the kernel ask for one that nobody answers for.
  if (device !== undefined) {
    await forward(run, { attempt, device, wanted: wanted.forwarding });
    await acquaint(run, { attempt, device, wanted: wanted.neighbours });
  }
  await route(run, { attempt, wanted: wanted.routes });
  return failures;
}

/** Takes away every route of ours. */
export async function removeRoutes(run: RunProgram): Promise<void> {
  for (const family of FAMILIES) await run('ip', [`-${family}`, 'route', 'flush', 'proto', PROTOCOL]);
}

interface Work<T> {
  readonly wanted: readonly T[];
  readonly attempt: (command: string, line: string) => Promise<void>;
}

async function forward(run: RunProgram, { wanted, attempt, device }: Work<Forwarding> & { readonly device: string }): Promise<void> {
  const text = await mustRun(run, 'bridge', ['fdb', 'show', 'dev', device]);
  const present = [...text.matchAll(/^(\S+) dst (\S+)/gm)].map(([, mac, to]): Forwarding => ({ mac: mac!, to: to! }));
  const { missing, surplus } = difference(wanted, present, forwardingKey);
  const replaced = new Set(missing.map(({ mac }) => mac));
  for (const { mac, to } of missing) await attempt('bridge', `fdb replace ${mac} dev ${device} dst ${to} self permanent`);
  for (const { mac, to } of surplus.filter((one) => !replaced.has(one.mac))) await attempt('bridge', `fdb delete ${mac} dev ${device} dst ${to} self`);
}

async function acquaint(run: RunProgram, { wanted, attempt, device }: Work<Neighbour> & { readonly device: string }): Promise<void> {
  const text = await mustRun(run, 'ip', ['neighbour', 'show', 'dev', device, 'nud', 'permanent']);
  const present = [...text.matchAll(/^(\S+) lladdr (\S+)/gm)].map(([, address, mac]): Neighbour => ({ address: address!, mac: mac! }));
  const { missing, surplus } = difference(wanted, present, neighbourKey);
  const replaced = new Set(missing.map(({ address }) => address));
  for (const { address, mac } of missing) await attempt('ip', `neighbour replace ${address} lladdr ${mac} dev ${device} nud permanent`);
  for (const { address } of surplus.filter((one) => !replaced.has(one.address))) await attempt('ip', `neighbour delete ${address} dev ${device}`);
}

async function route(run: RunProgram, { wanted, attempt }: Work<Route>): Promise<void> {
  const present = (await Promise.all(FAMILIES.map((family) => routesInKernel(run, family)))).flat();
  const { missing, surplus } = difference(wanted.map(canonical), present, routeKey);
  const [ours, replaced] = [present, missing].map((routes) => new Set(routes.map(({ to }) => to)));
  for (const one of surplus.filter(({ to }) => !replaced!.has(to))) await attempt('ip', `${inWords('delete', { to: one.to, ...(one.via === undefined ? {} : { via: one.via }) })} proto ${PROTOCOL}`);
  // `replace` would also take a route that somebody else made for the same network.
  for (const one of missing) await attempt('ip', `${inWords(ours!.has(one.to) ? 'replace' : 'add', one)} proto ${PROTOCOL}`);
}

async function routesInKernel(run: RunProgram, family: 4 | 6): Promise<readonly Route[]> {
  const text = await mustRun(run, 'ip', [`-${family}`, 'route', 'show', 'proto', PROTOCOL]);
  return [...text.matchAll(/^(\S+)(?: via (\S+))?(?: dev (\S+))?/gm)]
    .map(([, to, via, dev]) => ({ to: to!, ...(via === undefined ? {} : { via }), ...(dev === undefined ? {} : { dev }) }));
}

const inWords = (verb: string, { to, via, dev, onlink }: Route): string => [
  isIpv6(to.split('/')[0]!) ? '-6' : '-4', 'route', verb, to,
  ...(via === undefined ? [] : ['via', via]), ...(dev === undefined ? [] : ['dev', dev]), ...(onlink ? ['onlink'] : []),
].join(' ');

/** Written as `ip` prints it. */
function canonical(route: Route): Route {
  const [address = '', prefix = ''] = route.to.split('/');
  const ip = parseIp(address);
  if (!ip) return route;
  const isSingle = prefix === (ip.family === 4 ? '32' : '128');
  return { ...route, to: isSingle ? formatIp(ip) : `${formatIp(ip)}/${prefix}` };
}
