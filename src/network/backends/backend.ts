import type { BackendData } from '../annotations.ts';
import type { Family, Peer, Refusal } from '../peers.ts';
import type { Forwarding, Neighbour, Route, Wanted } from '../plan.ts';

export const BACKENDS = ['host-gw', 'vxlan', 'udp', 'bgp'] as const;
export type BackendName = (typeof BACKENDS)[number];

/** This node, as the machine shows it now. */
export interface Here {
  readonly name: string;
  /** By which other nodes reach this one. */
  readonly address: string;
  /** The link with that address; undefined where none has it. */
  readonly link: string | undefined;
  /** The networks on that link: whom it reaches without a router. */
  readonly networks: readonly string[];
  readonly mtu: number;
  /** Of this node's pods. */
  readonly cidrs: readonly string[];
  /** Of the whole cluster's. */
  readonly clusterCidrs: readonly string[];
  /** The cluster id under which this node reflects BGP routes. */
  readonly reflects: string | undefined;
}

/** A device of the backend's own, which every pass makes sure of. */
export interface Device {
  readonly name: string;
  /** What nodes are told of it. */
  readonly data?: BackendData;
}

export interface Plan extends Wanted {
  readonly refused: readonly Refusal[];
}

/** One way for packets to other nodes' pods. Plans are pure; `prepare` and `tell` act. */
export interface Backend extends AsyncDisposable {
  readonly name: BackendName;
  /** Bytes by which a packet grows on its way over nodes whose addresses are of `family`. */
  overhead(family: Family): number;
  /** Makes the device it needs, or mends it. Told what the backends before it left. @throws ProgramFailed */
  prepare?(here: Here): Promise<Device>;
  plan(here: Here, peers: readonly Peer[]): Plan;
  /** After the kernel was told: programs of the backend's own learn of the peers. */
  tell?(here: Here, peers: readonly Peer[]): Promise<void>;
  /** Takes away what this backend, or an earlier process of it, made: device and programs. */
  clean(): Promise<void>;
}

const NONE: { readonly routes: readonly Route[]; readonly neighbours: readonly Neighbour[]; readonly forwarding: readonly Forwarding[]; readonly refused: readonly Refusal[] } =
  { routes: [], neighbours: [], forwarding: [], refused: [] };

/** A plan of which most is empty. */
export const planned = (some: Partial<Plan>): Plan => ({ ...NONE, ...some });
