import type { Clock, Millis } from '../../base/clock.ts';
import type { UserInfo } from '../../wire/api.ts';
import { Histogram } from '../../base/metrics/family.ts';
import type { RequestInfo } from '../request-info.ts';
import type { Resources } from '../resources.ts';
import { PERIOD } from './demand.ts';
import { Level } from './level.ts';
import type { Flow } from './queue-set.ts';
import { boundsOf, shareOut } from './seats.ts';
import { inOrder, levelSettings, type SchemaSettings, schemaSettings } from './settings.ts';
import { dealHand, hashOf } from './shuffle.ts';

export const GROUP = 'flowcontrol.apiserver.k8s.io';
/** Flows whose hands are kept, per schema. */
const KEPT_FLOWS = 4_096;

/** What one FlowSchema's requests at its level came to. Kept over changes of either. */
export class Tally {
  readonly schema: string;
  readonly level: string;
  dispatched = 0;
  readonly refused = { 'queue-full': 0, 'concurrency-limit': 0, 'time-out': 0, cancelled: 0 };
  executing = 0;
  executingSeats = 0;
  waiting = 0;
  waitingSeats = 0;
  readonly waited = new Histogram(WAIT_SECONDS);
  readonly waitedInVain = new Histogram(WAIT_SECONDS);
  readonly ran = new Histogram(RUN_SECONDS);

  constructor(schema: string, level: string) {
    this.schema = schema;
    this.level = level;
  }
}

const WAIT_SECONDS = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30];
const RUN_SECONDS = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30];

/** A FlowSchema whose level exists. */
export interface Schema {
  readonly settings: SchemaSettings;
  readonly level: Level;
  readonly tally: Tally;
  readonly flows: Map<string, Flow>;
  /** Told with every answer: who was refused can ask why, and no name leaks. */
  readonly uids: { readonly schemaUid: string; readonly levelUid: string };
}

/**
 * API Priority and Fairness (KEP-1040): sorts requests by FlowSchema into priority levels, each with seats of its own, some
 * of them lent to whoever needs them. Follows the stored objects; what they say holds from the next request on.
 */
export class FlowControl implements Disposable {
  readonly #resources: Resources;
  readonly #clock: Clock;
  readonly #seats: number;
  readonly #levels = new Map<string, Level>();
  readonly #tallies = new Map<string, Tally>();
  readonly #following: readonly Disposable[];
  #schemas: readonly Schema[] = [];
  #stale = true;
  #timer: Disposable | undefined;

  /** @param seats all there are to share out. */
  constructor({ resources, clock, seats }: { resources: Resources; clock: Clock; seats: number }) {
    this.#resources = resources;
    this.#clock = clock;
    this.#seats = seats;
    const stale = () => void (this.#stale = true);
    this.#following = ['flowschemas', 'prioritylevelconfigurations'].flatMap((plural) => resources.of(GROUP, plural)?.cache.onChange(stale) ?? []);
  }

  /** The schema that matches first, or undefined where there are none. */
  classify(user: UserInfo, info: RequestInfo): Schema | undefined {
    if (this.#stale) this.#configure();
    for (const schema of this.#schemas) if (schema.settings.matches(user, info)) return schema;
    return undefined;
  }

  flowOf({ settings, level, flows }: Schema, user: UserInfo, info: RequestInfo): Flow {
    const distinguisher = settings.distinguisher === 'ByUser' ? user.username : settings.distinguisher === 'ByNamespace' ? info.namespace : '';
    const kept = flows.get(distinguisher);
    if (kept) return kept;
    if (flows.size >= KEPT_FLOWS) flows.clear();
    const { queuing } = level.settings;
    const hand = queuing ? dealHand(hashOf(settings.name, distinguisher), queuing) : [0];
    const flow = { schema: settings.name, distinguisher, hand };
    flows.set(distinguisher, flow);
    return flow;
  }

  get levels(): readonly Level[] {
    if (this.#stale) this.#configure();
    return [...this.#levels.values()];
  }

  get tallies(): Iterable<Tally> {
    return this.#tallies.values();
  }

  #configure(): void {
    this.#stale = false;
    const objects = (plural: string) => [...(this.#resources.of(GROUP, plural)?.cache.list('') ?? [])].map(({ object }) => object);
    const settings = objects('prioritylevelconfigurations').map(levelSettings);
    const bounds = boundsOf(settings, this.#seats);
    const names = new Set(settings.map(({ name }) => name));
    // What waits at a level that is gone is served to its end; nothing new comes.
    for (const name of this.#levels.keys()) if (!names.has(name)) this.#levels.delete(name);
    for (const one of settings) {
      const level = this.#levels.get(one.name);
      if (level) level.configure(one, bounds.get(one.name)!);
      else this.#levels.set(one.name, new Level(this.#clock, one, bounds.get(one.name)!));
    }
    this.#schemas = inOrder(objects('flowschemas').map(schemaSettings)).flatMap((one) => {
      const level = this.#levels.get(one.level);
      return level ? [this.#schema(one, level)] : []; // dangling: as if it were not there
    });
  }

  #schema(settings: SchemaSettings, level: Level): Schema {
    const key = `${settings.name}\n${level.settings.name}`;
    const tally = this.#tallies.get(key) ?? new Tally(settings.name, level.settings.name);
    this.#tallies.set(key, tally);
    return { settings, level, tally, flows: new Map(), uids: { schemaUid: settings.uid, levelUid: level.settings.uid } };
  }

  /** Seats are shared out anew every ten seconds in which anything was asked; an idle server has no timer. */
  noteUse(): void {
    this.#timer ??= this.#clock.after(PERIOD, () => {
      this.#timer = undefined;
      this.rebalance();
      if (this.levels.some(({ seatsInUse, queues }) => seatsInUse > 0 || queues.waiting > 0)) this.noteUse();
    });
  }

  rebalance(): void {
    const at: Millis = this.#clock.monotonic();
    const demands = this.levels.map(({ settings: { name, exempt }, bounds, demand }) => ({ name, exempt, bounds, ...demand.endPeriod(at) }));
    const limits = shareOut(demands, this.#seats);
    for (const level of this.#levels.values()) if (!level.settings.exempt) level.limitTo(limits.get(level.settings.name)!);
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    for (const one of this.#following) one[Symbol.dispose]();
  }
}
