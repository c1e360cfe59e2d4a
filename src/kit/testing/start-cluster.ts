import { systemClock, type Clock, type Millis } from '../../base/clock.ts';
import { silent, type Logger } from '../../base/log.ts';
import { systemRandom, type Random } from '../../base/random.ts';
import type { Client, Informers } from '../../client/index.ts';
import type { InstanceOf, Resource } from '../../meta/resource.ts';
import type { ApiHandler, UserInfo } from '../../wire/api.ts';
import { until } from './until.ts';

export interface ClusterOptions {
  /** Nodes that pretend to run pods: their number, or their names. One unless said. */
  readonly nodes?: number | readonly string[];
  /** A ManualClock lets a test move time. */
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Logger;
}

/** A cluster of one's own inside a test: API server, every controller, scheduler, simulated nodes. */
export interface Cluster extends AsyncDisposable {
  /** Asks as cluster administrator. */
  readonly client: Client;
  readonly informers: Informers;
  readonly clock: Clock;
  /** The API as a function: for other clients and for HTTP adapters. */
  readonly handler: ApiHandler;
  /** A client that asks as somebody else, bound by their roles. */
  clientOf(user: UserInfo): Client;
  /** The object as soon as it is there and meets the condition. @throws after `within`, 30 s unless said */
  until<R extends Resource>(resource: R, at: At, condition?: (object: InstanceOf<R>) => boolean): Promise<InstanceOf<R>>;
}

export interface At {
  readonly name: string;
  readonly namespace?: string;
  readonly within?: Millis;
}

/** Starts in well under a second; `await using` stops it. */
export async function startCluster({ nodes = 1, clock = systemClock, random = systemRandom, log = silent }: ClusterOptions = {}): Promise<Cluster> {
  // Loaded when first asked for: operators in production need no server.
  const { startInMemory } = await import('../../cluster/index.ts');
  const names = typeof nodes === 'number' ? Array.from({ length: nodes }, (_, at) => `node-${at + 1}`) : nodes;
  const cluster = await startInMemory({ clock, random, log, nodes: names });
  const { handler, informers, clientOf } = cluster;
  return {
    handler, informers, clock, clientOf,
    client: clientOf({ username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] }),
    until: (resource, at, condition = () => true) => until({ informers, clock }, { resource, at, condition }),
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}
