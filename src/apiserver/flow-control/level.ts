import type { Clock } from '../../base/clock.ts';
import type { UserInfo } from '../../wire/api.ts';
import type { RequestInfo } from '../request-info.ts';
import { Demand } from './demand.ts';
import { type Flow, QueueSet, type Ticket } from './queue-set.ts';
import type { SeatBounds } from './seats.ts';
import type { LevelSettings } from './settings.ts';
import type { Work } from './work.ts';

/** Whose request a ticket is, and when it came by the wall's clock. */
export interface Requester {
  readonly user: UserInfo;
  readonly info: RequestInfo;
  readonly at: number;
}

export type Place = Ticket<Requester>;

/** One priority level at work: its queues, what it is asked for and what became of it. */
export class Level {
  readonly #clock: Clock;
  settings: LevelSettings;
  bounds: SeatBounds;
  readonly queues: QueueSet<Requester>;
  readonly demand: Demand;
  dispatched = 0;
  refused = 0;
  timedOut = 0;
  cancelled = 0;
  /** Seats that an exempt level's requests take. */
  #exemptSeats = 0;
  #exemptRunning = 0;

  constructor(clock: Clock, settings: LevelSettings, bounds: SeatBounds) {
    this.#clock = clock;
    this.settings = settings;
    this.bounds = bounds;
    this.queues = new QueueSet(clock, { queuing: settings.queuing, limit: bounds.nominal });
    this.demand = new Demand(clock.monotonic());
  }

  get running(): number {
    return this.queues.running + this.#exemptRunning;
  }

  get seatsInUse(): number {
    return this.queues.seatsInUse + this.#exemptSeats;
  }

  configure(settings: LevelSettings, bounds: SeatBounds): void {
    const limit = bounds.nominal === this.bounds.nominal ? this.queues.limit : bounds.nominal;
    this.settings = settings;
    this.bounds = bounds;
    this.queues.configure({ queuing: settings.queuing, limit });
  }

  limitTo(seats: number): void {
    if (seats !== this.queues.limit) this.queues.configure({ queuing: this.settings.queuing, limit: seats });
  }

  /** Undefined: refused. */
  admit(flow: Flow, work: Work, who: Requester): Place | undefined {
    const place = this.queues.admit(flow, work, who);
    if (place) this.demand.add(work.seats, this.#clock.monotonic());
    else this.refused++;
    return place;
  }

  finish(place: Place): void {
    const { seats, finalSeats } = place.work;
    if (finalSeats > 0) this.demand.add(finalSeats - seats, this.#clock.monotonic());
    this.queues.finish(place, () => this.demand.add(-(finalSeats > 0 ? finalSeats : seats), this.#clock.monotonic()));
  }

  /** Gives up waiting; the request is refused. */
  leave(place: Place, why: 'timedOut' | 'cancelled'): void {
    if (!this.queues.leave(place)) return;
    this.demand.add(-place.work.seats, this.#clock.monotonic());
    this[why]++;
  }

  /** An exempt request: never refused, never kept waiting, and counted all the same. */
  enter(seats: number): void {
    this.dispatched++;
    this.#exemptRunning++;
    this.#exemptSeats += seats;
    this.demand.add(seats, this.#clock.monotonic());
  }

  depart(seats: number): void {
    this.#exemptRunning--;
    this.#exemptSeats -= seats;
    this.demand.add(-seats, this.#clock.monotonic());
  }
}
