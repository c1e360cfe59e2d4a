import type { Clock, Millis } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import type { Client, EventRecorder, Informers } from '../../client/index.ts';
import type { LabelSelector } from '../../meta/label-selector.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { InstanceOf, Resource } from '../../meta/resource.ts';
import type { Cache } from './cache.ts';
import type { ControllerMetrics } from './metrics.ts';
import { startManager } from './manager.ts';
import type { TrackingClient } from './tracking-client.ts';

/** What a controller is started with. */
export interface ControllerSurroundings {
  readonly client: Client;
  readonly informers: Informers;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Where passes and queues are counted, if anywhere. */
  readonly metrics?: ControllerMetrics;
}

/** Something that, once started, keeps part of the cluster as it should be. */
export interface Controller {
  readonly name: string;
  start(around: ControllerSurroundings): AsyncDisposable;
}

/** An Event as a plan has it: `events.event(object, ...announcement)`. */
export type Announcement = readonly [type: 'Normal' | 'Warning', reason: string, message: string];

/** What one pass may use. */
export interface Context {
  readonly cache: Cache;
  readonly client: TrackingClient;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** When the pass began. */
  readonly now: Millis;
  /** Aborts when the controller is stopped. */
  readonly signal: AbortSignal;
}

/** Another resource whose changes concern objects of `for`. */
export interface Watch<W extends Resource = Resource> {
  readonly resource: W;
  /** Keys of the objects concerned, given the present object and, on a change, the one before it. */
  keys(object: InstanceOf<W>, cache: Cache, old?: InstanceOf<W>): Iterable<string>;
}

/** Infers the watched resource's type for `keys`. */
export const watchOf = <W extends Resource>(resource: W, keys: Watch<W>['keys']): Watch => ({ resource, keys }) as unknown as Watch;

export interface ControllerDefinition<R extends Resource> {
  readonly name: string;
  /** Who events name as their source; `<name>-controller` unless said. */
  readonly component?: string;
  readonly for: R;
  /** Resources whose controller reference leads to an object of `for`. */
  readonly owns?: readonly Resource[];
  /** With `owns`: an orphan that this selects concerns the object too. */
  readonly selector?: (object: InstanceOf<R>) => LabelSelector | undefined;
  readonly watches?: readonly Watch[];
  /** Whether a change of the object itself calls for a pass; every change unless said. */
  readonly when?: (object: InstanceOf<R>) => boolean;
  /** Also read by `reconcile`, without causing a pass. */
  readonly reads?: readonly Resource[];
  /** Passes at a time, each for another key. */
  readonly workers?: number;
  /** The longest pause after a key has failed again and again; 1000 seconds unless said. */
  readonly longestBackoff?: Millis;
  /**
   * Brings the world nearer to what the object asks for. Called for a key, never for an event; throws to be called again
   * after a back-off; returns milliseconds after which to be called though nothing changes.
   */
  reconcile(object: InstanceOf<R> & KubeObject, context: Context): Promise<Millis | undefined | void>;
  /** Called in its place when the object has gone. */
  gone?(key: string, context: Context): Promise<Millis | undefined | void>;
}

export function defineController<R extends Resource>(definition: ControllerDefinition<R>): Controller {
  return {
    name: definition.name,
    start: (around) => startManager(definition, around),
  };
}
