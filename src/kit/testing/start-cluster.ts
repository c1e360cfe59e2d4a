import { ManualClock, systemClock, type Clock, type Millis } from '../../base/clock.ts';
import { silent, type Logger } from '../../base/log.ts';
import { systemRandom, type Random } from '../../base/random.ts';
import type { Client, Informers } from '../../client/index.ts';
import type { Listening, Stage } from '../../cluster/index.ts';
import type { InstanceOf, Resource } from '../../meta/resource.ts';
import type { ApiHandler, UserInfo } from '../../wire/api.ts';
import { Faults, type Fault, type Injected } from './faults.ts';
import { until } from './until.ts';

export interface ClusterOptions<C extends Clock | 'manual' = Clock> {
  /** Nodes that pretend to run pods: their number, or their names. One unless said. */
  readonly nodes?: number | readonly string[];
  /** How pods live on them, as data; as on any node unless said. */
  readonly stages?: readonly Stage[];
  /** Whether controllers and scheduler run; without them this is an API server alone. They do unless told not to. */
  readonly controllers?: boolean;
  /** `'manual'`, or a ManualClock of one's own, stands still until the test moves it. */
  readonly clock?: C;
  readonly random?: Random;
  readonly log?: Logger;
}

/** A cluster of one's own inside a test: API server, every controller, scheduler, simulated nodes. */
export interface Cluster<C extends Clock = Clock> extends AsyncDisposable {
  /** Asks as cluster administrator. */
  readonly client: Client;
  readonly informers: Informers;
  /** A ManualClock where one was asked for: `await cluster.clock.advance(60_000)`. */
  readonly clock: C;
  /** The API as a function: for other clients and for HTTP adapters. */
  readonly handler: ApiHandler;
  /** A client that asks as somebody else, bound by their roles. */
  clientOf(user: UserInfo): Client;
  /** The object as soon as it is there and meets the condition. @throws after `within`, 30 s unless said */
  until<R extends Resource>(resource: R, at: At, condition?: (object: InstanceOf<R>) => boolean): Promise<InstanceOf<R>>;
  /** Makes requests fail, wait or be forgotten, everybody's: `using` ends it. */
  inject(fault: Fault): Injected;
  /** Opens a port on loopback, once, for kubectl and programs in other languages. @returns a kubeconfig, as text */
  kubeconfig(): Promise<string>;
}

export interface At {
  readonly name: string;
  readonly namespace?: string;
  readonly within?: Millis;
}

type ClockOf<C extends Clock | 'manual'> = C extends 'manual' ? ManualClock : Exclude<C, 'manual'>;

/** Starts in well under a second; `await using` stops it. Many may run side by side, each with its own time. */
export async function startCluster<C extends Clock | 'manual' = Clock>(options: ClusterOptions<C> = {}): Promise<Cluster<ClockOf<C>>> {
  const { nodes = 1, random = systemRandom, log = silent, stages, controllers } = options;
  const clock: Clock = options.clock === 'manual' ? new ManualClock() : (options.clock ?? systemClock);
  // Loaded when first asked for: operators in production need no server.
  const { listen, startInMemory } = await import('../../cluster/index.ts');
  const names = typeof nodes === 'number' ? Array.from({ length: nodes }, (_, at) => `node-${at + 1}`) : nodes;
  const faults = new Faults({ clock, random });
  const optional = { ...(stages ? { stages } : {}), ...(controllers === undefined ? {} : { controllers }) };
  const cluster = await startInMemory({ clock, random, log, nodes: names, around: faults.around, ...optional });
  const { handler, informers, clientOf } = cluster;
  let listening: Promise<Listening> | undefined;
  return {
    handler, informers, clientOf,
    clock: clock as ClockOf<C>,
    client: clientOf({ username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] }),
    until: (resource, at, condition = () => true) => until({ informers, clock }, { resource, at, condition }),
    inject: (fault) => faults.inject(fault),
    // Certificates follow the machine's time: their readers do not know the test's.
    kubeconfig: async () => (await (listening ??= listen(handler, { clock: systemClock, random: systemRandom, log }))).kubeconfig,
    async [Symbol.asyncDispose]() {
      await (await listening)?.[Symbol.asyncDispose]();
      await cluster[Symbol.asyncDispose]();
    },
  };
}
