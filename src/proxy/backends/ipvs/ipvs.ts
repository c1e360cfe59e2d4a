import { IPTABLES_WAIT, removeChains } from '../../../base/iptables.ts';
import { mustRun } from '../../../base/program.ts';
import type { RunProgram } from '../../../base/program.ts';
import type { PortRules } from '../../ruleset.ts';
import type { RulesetChange } from '../../tracker.ts';
import type { BackendOptions, ProxyBackend } from '../backend.ts';
import { difference, SharedHolding, type Holding, type Piece, type Step } from './holding.ts';
import { readAddresses, readHolding } from './kernel.ts';
import { piecesOf } from './pieces.ts';
import { CANARIES, createSets, jumpsText, ourSets, ownChain, rulesText } from './sets.ts';
import { DEVICE, ended, scriptOf } from './steps.ts';

/** IPVS's own switches, of both families. */
const SWITCHES = [
  ['net/ipv4/ip_forward', '1'],
  // Masquerading needs to know the connections.
  ['net/ipv4/vs/conntrack', '1'],
  // Those of endpoints that are gone, and clients bound to one that takes no more, go elsewhere at once.
  ['net/ipv4/vs/expire_nodest_conn', '1'],
  ['net/ipv4/vs/expire_quiescent_template', '1'],
] as const;
/** Neighbours are told of an address by the device that has it only: others' load balancers need that. */
const STRICT_ARP = [['net/ipv4/conf/all/arp_ignore', '1'], ['net/ipv4/conf/all/arp_announce', '2']] as const;
/** Writes a value to each file that has another. */
const TURN = 'while test $# -gt 1; do test "$(cat "$1")" = "$2" || echo "$2" > "$1"; shift 2; done';
const NOTHING: Holding = { members: new Map(), servers: new Map(), reals: new Map(), addresses: new Map() };

/** What is written, as far as we know. */
interface Written {
  readonly shared: SharedHolding;
  readonly pieces: Map<string, readonly Piece[]>;
  readonly nodeAddresses: readonly string[];
}

/** Services as virtual servers of the kernel's IPVS, by `ipvsadm`, `ipset` and a few rules that never change. */
export class Ipvs implements ProxyBackend {
  readonly #options: BackendOptions;
  readonly #run: RunProgram;
  #written: Written | undefined;
  /** Endpoints that are to go once their connections have ended. */
  readonly #ending = new Set<string>();

  constructor(options: BackendOptions) {
    this.#options = options;
    this.#run = options.run;
  }

  async sync({ now, changed }: RulesetChange): Promise<void> {
    const before = changed === undefined ? undefined : this.#written;
    this.#written = undefined;
    const { family, nodePortAddresses } = this.#options;
    const ours = (keys: Iterable<string>): readonly string[] => [...keys].filter((key) => key.endsWith(`/${family}`));
    if (before && changed) {
      this.#written = await this.#change(before, ours(changed).map((key) => [key, now.get(key)]));
      return;
    }
    const { node, bound } = await readAddresses(this.#run, family, nodePortAddresses);
    await this.#prepare(bound !== undefined);
    const written: Written = { shared: new SharedHolding(), pieces: new Map(), nodeAddresses: node };
    this.#replace(written, ours(now.keys()).map((key) => [key, now.get(key)]));
    const kernel = await readHolding(this.#run, family, { bound: bound ?? [], wanted: written.shared.holding.addresses.keys() });
    this.#ending.clear();
    await this.#take(difference(kernel, written.shared.holding));
    this.#written = written;
  }

  /** Looks, too, whether endpoints that went have been left by their last connection. */
  async intact(): Promise<boolean> {
    const written = this.#written;
    if (!written) return false;
    const stands = await this.#stands(written);
    if (stands) await this.#sweep();
    else this.#written = undefined;
    return stands;
  }

  async remove(): Promise<void> {
    this.#written = undefined;
    const { family } = this.#options;
    const { bound } = await readAddresses(this.#run, family, []);
    if (bound === undefined) return; // it goes last
    const kernel = await readHolding(this.#run, family, { bound, wanted: [] });
    const { ipvsadm, ip } = scriptOf(difference(kernel, NOTHING).filter(({ kind }) => kind !== 'members'), new Set());
    if (ipvsadm.length > 0) await this.#run('ipvsadm', ['--restore'], { input: `${ipvsadm.join('\n')}\n` });
    await removeChains(this.#run, ownChain, this.#iptables);
    const there = new Set((await this.#run('ipset', ['list', '-n'])).stdout.split('\n'));
    for (const set of ourSets(family)) if (there.has(set)) await this.#run('ipset', ['destroy', set]);
    if (ip.length > 0) await this.#run('ip', ['-force', '-batch', '-'], { input: `${ip.join('\n')}\n` });
    // The other family's go with the device, and theirs is it as long as they have sets.
    if (!ourSets(family === 'ipv4' ? 'ipv6' : 'ipv4').some((set) => there.has(set))) await this.#run('ip', ['link', 'delete', DEVICE]);
  }

  get #iptables(): 'iptables' | 'ip6tables' {
    return this.#options.family === 'ipv6' ? 'ip6tables' : 'iptables';
  }

  #replace(written: Written, ports: readonly (readonly [string, PortRules | undefined])[]): readonly Step[] {
    const { family, scheduler = 'rr' } = this.#options;
    const surroundings = { family, scheduler, nodeAddresses: written.nodeAddresses };
    const gone = ports.flatMap(([key]) => written.pieces.get(key) ?? []);
    const fresh = ports.map(([key, port]) => [key, port && piecesOf(port, surroundings)] as const);
    for (const [key, pieces] of fresh) {
      if (pieces) written.pieces.set(key, pieces);
      else written.pieces.delete(key);
    }
    return written.shared.replace(gone, fresh.flatMap(([, pieces]) => pieces ?? []));
  }

  async #change(before: Written, ports: readonly (readonly [string, PortRules | undefined])[]): Promise<Written> {
    await this.#take(this.#replace(before, ports));
    return before;
  }

  async #take(steps: readonly Step[]): Promise<void> {
    const { ipset, ipvsadm, ip } = scriptOf(steps, this.#ending);
    await this.#tell('ipset', ['restore', '-exist'], ipset);
    await this.#tell('ipvsadm', ['--restore'], ipvsadm);
    await this.#tell('ip', ['-batch', '-'], ip);
  }

  async #tell(program: string, args: readonly string[], lines: readonly string[]): Promise<void> {
    if (lines.length > 0) await mustRun(this.#run, program, args, `${lines.join('\n')}\n`);
  }

  /** The device, the sets and the rules, which stay the same whatever Services there are. */
  async #prepare(hasDevice: boolean): Promise<void> {
    const { family, strictArp = false } = this.#options;
    const switches = [...SWITCHES, ...(strictArp ? STRICT_ARP : [])].flatMap(([name, value]) => [`/proc/sys/${name}`, value]);
    await this.#run('sh', ['-c', TURN, 'sh', ...switches]);
    if (!hasDevice) await mustRun(this.#run, 'ip', ['link', 'add', DEVICE, 'type', 'dummy']);
    // Addresses of IPv6 are nobody's while their device is down.
    if (family === 'ipv6') await mustRun(this.#run, 'ip', ['link', 'set', DEVICE, 'up']);
    await this.#tell('ipset', ['restore', '-exist'], createSets(family));
    await mustRun(this.#run, `${this.#iptables}-restore`, [...IPTABLES_WAIT, '--noflush'], rulesText(this.#options));
    await this.#jump();
  }

  async #jump(saved?: string): Promise<void> {
    const text = jumpsText(saved ?? (await this.#run(`${this.#iptables}-save`, [])).stdout);
    if (text !== '') await mustRun(this.#run, `${this.#iptables}-restore`, [...IPTABLES_WAIT, '--noflush'], text);
  }

  /** To look at all of it costs more than it is worth: a server, the addresses, how full the sets are, a rule of each table. */
  async #stands({ shared: { holding }, nodeAddresses }: Written): Promise<boolean> {
    const { family, nodePortAddresses } = this.#options;
    const { node, bound } = await readAddresses(this.#run, family, nodePortAddresses);
    if (bound?.length !== holding.addresses.size || node.join() !== nodeAddresses.join()) return false;
    const [server] = holding.servers.keys();
    if (server !== undefined && (await this.#run('ipvsadm', ['-L', '-n', ...server.split(' ')])).code !== 0) return false;
    const sets = (await this.#run('ipset', ['list', '-t'])).stdout.matchAll(/^Name: (\S+)\n[^]*?^Number of entries: (\d+)/gm);
    const ours = new Set(ourSets(family));
    let members = 0;
    for (const [, name, count] of sets) if (ours.delete(name!)) members += Number(count);
    if (ours.size > 0 || members !== holding.members.size) return false;
    const saved = (await this.#run(`${this.#iptables}-save`, [])).stdout;
    if (!CANARIES.every((rule) => saved.includes(rule))) return false;
    await this.#jump(saved);
    return true;
  }

  async #sweep(): Promise<void> {
    if (this.#ending.size === 0) return;
    const { stdout } = await this.#run('ipvsadm', ['-L', '-n']);
    const over = ended(stdout, this.#ending);
    for (const key of over) this.#ending.delete(key);
    if (over.length > 0) await this.#run('ipvsadm', ['--restore'], { input: `${over.map((key) => `-d ${key}`).join('\n')}\n` });
  }
}

/** Why this machine cannot do it, in plain words; undefined where it can. */
export async function ipvsProblem(run: RunProgram): Promise<string | undefined> {
  for (const program of ['ipvsadm', 'ipset'] as const) {
    const { code, stdout, stderr } = await run(program, program === 'ipset' ? ['list', '-n'] : ['-L', '-n']);
    if (code === 127) return `can't use the IPVS proxier: there is no ${program} on this machine`;
    const [module, what] = program === 'ipset' ? ['ip_set', 'sets of addresses'] : ['ip_vs', 'virtual servers'];
    if (code !== 0) return `can't use the IPVS proxier: this kernel has no ${what}, or no module ${module} to load (${(stderr || stdout).trim().split('\n')[0]})`;
  }
  return undefined;
}
