import type { EndpointSlice } from '../kinds/discovery/endpoint-slice.ts';
import type { Service } from '../kinds/core/service.ts';
import { planService, portKey, type PortRules, type ProxyNode, type Ruleset } from './ruleset.ts';

/** What the tracker reads: the informers' caches. */
export interface ServiceView {
  service(namespace: string, name: string): Service | undefined;
  slices(key: string): readonly EndpointSlice[];
  /** `namespace/name` of every Service. */
  keys(): readonly string[];
  node(): ProxyNode;
}

/** The ruleset as it is now, and what of it differs from the last time. */
export interface RulesetChange {
  readonly now: ReadonlyMap<string, PortRules>;
  /** Keys that are new, different or gone; undefined: whatever was before, all of `now` is to be written. */
  readonly changed: ReadonlySet<string> | undefined;
}

/** Everything, for who has no earlier state. */
export const wholeChange = (ruleset: Ruleset): RulesetChange => ({ now: new Map(ruleset.map((port) => [portKey(port), port])), changed: undefined });

/**
 * Keeps the ruleset, planning again only Services that were said to have changed. An address and port outside the cluster
 * network that two Services claim is the first one's, until it lets go.
 */
export class RulesetTracker {
  readonly #view: ServiceView;
  readonly #ports = new Map<string, PortRules>();
  readonly #keysOf = new Map<string, readonly string[]>();
  readonly #stale = new Set<string>();
  readonly #owners = new Map<string, string>();
  readonly #waiting = new Set<string>();
  /** Claims that were refused, for the log. */
  readonly #onConflict: (claim: string, service: string, owner: string) => void;

  constructor(view: ServiceView, onConflict: (claim: string, service: string, owner: string) => void) {
    this.#view = view;
    this.#onConflict = onConflict;
  }

  get ports(): ReadonlyMap<string, PortRules> {
    return this.#ports;
  }

  /** The Service `namespace/name`, or one of its slices, is not what it was. */
  touch(service: string): void {
    this.#stale.add(service);
  }

  touchAll(): void {
    for (const key of [...this.#view.keys(), ...this.#keysOf.keys()]) this.#stale.add(key);
  }

  /** Plans what was touched. @returns the keys of ports that differ, with what they were */
  refresh(): ReadonlyMap<string, PortRules | undefined> {
    const changed = new Map<string, PortRules | undefined>();
    const node = this.#view.node();
    while (this.#stale.size > 0) {
      const batch = [...this.#stale].sort();
      this.#stale.clear();
      for (const service of batch) this.#replan(service, node, changed);
    }
    return changed;
  }

  #replan(service: string, node: ProxyNode, changed: Map<string, PortRules | undefined>): void {
    const [namespace = '', name = ''] = service.split('/');
    const object = this.#view.service(namespace, name);
    const before = this.#keysOf.get(service) ?? [];
    const planned = object ? planService(object, this.#view.slices(service), node) : [];
    const after = new Map(this.#claim(service, planned).map((port) => [portKey(port), port]));
    const note = (key: string): void => {
      if (!changed.has(key)) changed.set(key, this.#ports.get(key));
    };
    for (const key of before) {
      if (after.has(key)) continue;
      note(key);
      this.#ports.delete(key);
    }
    for (const [key, port] of after) {
      const old = this.#ports.get(key);
      if (old && samePort(old, port)) continue;
      note(key);
      this.#ports.set(key, port);
    }
    if (after.size > 0) this.#keysOf.set(service, [...after.keys()]);
    else this.#keysOf.delete(service);
  }

  /** Without the addresses that are another's; lets go of those it no longer has. */
  #claim(service: string, planned: Ruleset): Ruleset {
    const had = new Set((this.#keysOf.get(service) ?? []).flatMap((key) => claimsOf(this.#ports.get(key)!)));
    this.#waiting.delete(service);
    const mine = (claim: string): boolean => {
      const owner = this.#owners.get(claim);
      if (owner !== undefined && owner !== service) {
        this.#waiting.add(service);
        this.#onConflict(claim, service, owner);
        return false;
      }
      this.#owners.set(claim, service);
      had.delete(claim);
      return true;
    };
    const granted = planned.map((port): PortRules => {
      const { nodePort, ...rest } = port;
      return {
        ...rest,
        ...(nodePort !== undefined && mine(nodeClaim(port)) ? { nodePort } : {}),
        externalIps: port.externalIps.filter((ip) => mine(addressClaim(port, ip))),
        loadBalancerIps: port.loadBalancerIps.filter((ip) => mine(addressClaim(port, ip))),
      };
    });
    for (const claim of had) this.#owners.delete(claim);
    if (had.size > 0) for (const other of this.#waiting) this.#stale.add(other);
    return granted;
  }
}

const addressClaim = ({ protocol, port }: PortRules, ip: string): string => `${ip} ${protocol}/${port}`;
const nodeClaim = ({ family, protocol, nodePort }: PortRules): string => `node port ${protocol}/${nodePort} (${family})`;
const claimsOf = (port: PortRules): readonly string[] => [
  ...(port.nodePort === undefined ? [] : [nodeClaim(port)]), ...[...port.externalIps, ...port.loadBalancerIps].map((ip) => addressClaim(port, ip)),
];

const samePort = (a: PortRules, b: PortRules): boolean => JSON.stringify(a) === JSON.stringify(b);
