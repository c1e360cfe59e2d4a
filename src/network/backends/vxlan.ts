import { mustRun, setSysctl, type RunProgram } from '../../base/program.ts';
import { sha256 } from '../../base/sha256.ts';
import { familyOf, type Peer } from '../peers.ts';
import { planned, type Backend, type Device, type Here, type Plan } from './backend.ts';

export const VXLAN_DEVICE = 'knarr-vxlan';
/** As flannel's: the network's number, and the port Linux used before IANA chose 4789. */
export const VNI = 1;
export const VXLAN_PORT = 8472;

/**
 * Ethernet in UDP (RFC 7348). Nothing is learned and nothing flooded: routes say which node's device a pod is behind,
 * neighbours which MAC address that has, forwarding entries which machine has that address. Pure.
 */
export function planVxlan(peers: readonly Peer[]): Plan {
  const ready = peers.flatMap(({ cidrs, mac, endpoint }) => (mac === undefined || endpoint === undefined ? [] : [{ cidrs, mac, endpoint }]));
  return planned({
    routes: ready.flatMap(({ cidrs }) => cidrs.map((to) => ({ to, via: baseOf(to), dev: VXLAN_DEVICE, onlink: true }))),
    neighbours: ready.flatMap(({ cidrs, mac }) => cidrs.map((cidr) => ({ address: baseOf(cidr), mac }))),
    forwarding: ready.map(({ mac, endpoint }) => ({ mac, to: endpoint })),
  });
}

/** The first address of a pod network, which its node's device bears. */
export const baseOf = (cidr: string): string => cidr.split('/')[0]!;

export function vxlan(run: RunProgram): Backend {
  return {
    name: 'vxlan',
    // Ethernet 14, VXLAN 8, UDP 8, and the outer IP header.
    overhead: (family) => (family === 4 ? 50 : 70),
    prepare: (here) => ensureDevice(run, here),
    plan: (_here, peers) => planVxlan(peers),
    clean: async () => void (await run('ip', ['link', 'delete', VXLAN_DEVICE])),
    [Symbol.asyncDispose]: async () => {},
  };
}

async function ensureDevice(run: RunProgram, here: Here): Promise<Device> {
  const attributes = ['id', String(VNI), 'dstport', String(VXLAN_PORT), 'local', here.address];
  let shown = await show(run);
  if (!shown?.fits(here)) {
    // None of these can be changed on a device that is there.
    if (shown) await run('ip', ['link', 'delete', VXLAN_DEVICE]);
    const over = here.link === undefined ? [] : ['dev', here.link];
    await mustRun(run, 'ip', ['link', 'add', VXLAN_DEVICE, 'address', shown?.mac ?? macOf(here.name), 'type', 'vxlan', ...attributes, ...over, 'nolearning']);
    shown = await show(run);
  }
  await plugIn(run, { device: VXLAN_DEVICE, mtu: here.mtu - (familyOf(here.address) === 6 ? 70 : 50), cidrs: here.cidrs });
  return { name: VXLAN_DEVICE, data: { VNI, VtepMAC: shown?.mac ?? macOf(here.name) } };
}

/** Gives the device its size and its address in each family, and starts it. What stands is left alone. */
export async function plugIn(run: RunProgram, { device, mtu, cidrs }: { readonly device: string; readonly mtu: number; readonly cidrs: readonly string[] }): Promise<void> {
  const { stdout } = await run('ip', ['-o', 'address', 'show', 'dev', device]);
  const has = [...stdout.matchAll(/ inet6? (\S+) .*scope global/g)].map(([, address]) => address!);
  const wants = cidrs.map((cidr) => `${baseOf(cidr)}/${familyOf(cidr) === 6 ? 128 : 32}`);
  // `ip` leaves the prefix of a single address out.
  const same = (a: string, b: string): boolean => a.split('/')[0] === b.split('/')[0];
  for (const address of has.filter((one) => !wants.some((other) => same(one, other)))) await run('ip', ['address', 'delete', address, 'dev', device]);
  for (const address of wants.filter((one) => !has.some((other) => same(one, other)))) await mustRun(run, 'ip', ['address', 'replace', address, 'dev', device]);
  // A device of ours takes no address by itself: routers on the pods' network are none of its business.
  if (wants.length > has.length) await setSysctl(run, `net/ipv6/conf/${device}/accept_ra`, '0');
  await mustRun(run, 'ip', ['link', 'set', device, 'mtu', String(mtu), 'up']);
}

interface Shown {
  readonly mac: string;
  fits(here: Here): boolean;
}

async function show(run: RunProgram): Promise<Shown | undefined> {
  const { code, stdout } = await run('ip', ['-d', '-o', 'link', 'show', 'dev', VXLAN_DEVICE]);
  const mac = / link\/ether (\S+)/.exec(stdout)?.[1];
  if (code !== 0 || mac === undefined) return undefined;
  const says = (pattern: string): boolean => new RegExp(` ${pattern}(?= |$)`).test(stdout);
  return {
    mac,
    fits: ({ address, link }) => says(`vxlan id ${VNI}`) && says(`local ${address.replaceAll('.', '\\.')}`) && says(`dstport ${VXLAN_PORT}`) && says('nolearning')
      && (link === undefined || says(`dev ${link}`)),
  };
}

/** The same after a reboot, so that no peer has a stale one; locally administered, as bit 1 of the first byte says (IEEE 802). */
export function macOf(node: string): string {
  const [first = 0, ...rest] = Buffer.from(sha256(`${VXLAN_DEVICE} ${node}`), 'hex').subarray(0, 6);
  return [(first & 0xfc) | 0x02, ...rest].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
}
