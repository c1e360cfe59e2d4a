import type { Clock, Millis } from '../../base/clock.ts';
import type { QueuingSettings } from './settings.ts';
import type { Work } from './work.ts';

/** How long a request is taken to run until it has. */
const GUESS: Millis = 3;

/** The requests of one FlowSchema that are alike to it: by user, by namespace, or all. */
export interface Flow {
  readonly schema: string;
  readonly distinguisher: string;
  /** Queues it may wait in. */
  readonly hand: readonly number[];
}

/** One request, from when it was let in or set to wait until it is done. */
export interface Ticket<Label = unknown> {
  readonly flow: Flow;
  readonly work: Work;
  readonly label: Label;
  readonly arrived: Millis;
  /** When it began to run. */
  started: Millis | undefined;
  /** Told once where it had to wait: whether it may run. */
  onTurn: ((may: boolean) => void) | undefined;
  readonly queue: Queue<Label>;
}

/** One of a level's queues. It is idle when nothing of it waits or runs. */
export interface Queue<Label = unknown> {
  readonly index: number;
  readonly waiting: Ticket<Label>[];
  running: number;
  seatsInUse: number;
  seatsWaiting: number;
  /** The virtual time at which its next request would begin: what it was served so far, in seats × milliseconds. */
  nextStart: number;
}

/**
 * Fair queuing within one priority level (KEP-1040, "Fair Queuing for Server Requests"): all queues that are not idle are
 * served as if seats were split evenly among them. Virtual time grows by each queue's even share; of the queues in which
 * something waits, the one whose first request would be done earliest in virtual time goes next.
 *
 *     admit ─ seats free, nobody waits ─────────────▶ running ─ finish ─▶ (final seats held) ─▶ gone
 *       ├──── its queue has room ─▶ waiting ─ turn ──▶
 *       └──── full ─▶ refused          └── leave ─▶ refused
 */
export class QueueSet<Label = unknown> {
  readonly #clock: Clock;
  /** Undefined: nothing waits. */
  #queuing: QueuingSettings | undefined;
  #limit: number;
  #queues: Queue<Label>[] = [];
  /** Queues in which something waits, longest unserved first. */
  readonly #pending = new Set<Queue<Label>>();
  #virtual = 0;
  #virtualAt: Millis;
  #busyQueues = 0;
  seatsInUse = 0;
  seatsWaiting = 0;
  running = 0;
  waiting = 0;

  constructor(clock: Clock, { queuing, limit }: { queuing: QueuingSettings | undefined; limit: number }) {
    this.#clock = clock;
    this.#virtualAt = clock.monotonic();
    this.#queuing = queuing;
    this.#limit = limit;
  }

  get limit(): number {
    return this.#limit;
  }

  /** Queues in use or not, those that were ever used. */
  get queues(): readonly Queue<Label>[] {
    return this.#queues.filter((queue) => queue !== undefined);
  }

  /** Requests that wait keep their queues, even such as there are no more of. */
  configure({ queuing, limit }: { queuing: QueuingSettings | undefined; limit: number }): void {
    this.#advance(this.#clock.monotonic());
    if (queuing && this.#queuing && queuing.queues < this.#queuing.queues) this.#queues = this.#queues.slice(0, queuing.queues);
    this.#queuing = queuing;
    this.#limit = limit;
    this.#dispatch();
  }

  /** A running or a waiting ticket; undefined: refused. */
  admit(flow: Flow, work: Work, label: Label): Ticket<Label> | undefined {
    const now = this.#clock.monotonic();
    this.#advance(now);
    const queue = this.#choose(flow);
    const fits = this.#pending.size === 0 && this.#fits(work);
    if (!fits && (!this.#queuing || queue.waiting.length >= this.#queuing.queueLengthLimit)) return undefined;
    if (queue.running === 0 && queue.waiting.length === 0) {
      queue.nextStart = this.#virtual;
      this.#busyQueues++;
    }
    const ticket: Ticket<Label> = { flow, work, label, arrived: now, started: undefined, onTurn: undefined, queue };
    if (fits) {
      this.#run(ticket, now);
      return ticket;
    }
    queue.waiting.push(ticket);
    queue.seatsWaiting += work.seats;
    this.seatsWaiting += work.seats;
    this.waiting++;
    this.#pending.add(queue);
    this.#dispatch();
    return ticket;
  }

  /** A request that wide runs once nothing else does. */
  #fits({ seats, finalSeats }: Work): boolean {
    return this.seatsInUse + Math.max(seats, finalSeats) <= this.#limit || (this.seatsInUse === 0 && this.#limit > 0);
  }

  /** The queue of the flow's hand that has least before it. */
  #choose({ hand }: Flow): Queue<Label> {
    let best: Queue<Label> | undefined;
    for (const index of hand) {
      const queue = this.#queue(index);
      if (!best || load(queue) < load(best)) best = queue;
    }
    return best ?? this.#queue(0);
  }

  #queue(index: number): Queue<Label> {
    return (this.#queues[index] ??= { index, waiting: [], running: 0, seatsInUse: 0, seatsWaiting: 0, nextStart: 0 });
  }

  #advance(now: Millis): void {
    const span = now - this.#virtualAt;
    if (span <= 0) return;
    this.#virtualAt = now;
    if (this.#busyQueues > 0) this.#virtual += (span * Math.min(this.seatsInUse + this.seatsWaiting, this.#limit)) / this.#busyQueues;
  }

  #run(ticket: Ticket<Label>, now: Millis): void {
    const { queue, work } = ticket;
    const wide = Math.max(work.seats, work.finalSeats);
    ticket.started = now;
    queue.running++;
    queue.seatsInUse += wide;
    queue.nextStart += GUESS * work.seats + work.finalMillis * work.finalSeats;
    this.running++;
    this.seatsInUse += wide;
  }

  #dispatch(): void {
    while (this.#pending.size > 0) {
      const queue = this.#next();
      const ticket = queue.waiting[0]!;
      if (!this.#fits(ticket.work)) return;
      this.#unqueue(ticket);
      if (queue.waiting.length > 0) { // behind the others of the same virtual time
        this.#pending.delete(queue);
        this.#pending.add(queue);
      }
      this.#run(ticket, this.#clock.monotonic());
      ticket.onTurn?.(true);
    }
  }

  #next(): Queue<Label> {
    let best: Queue<Label> | undefined;
    let earliest = Infinity;
    for (const queue of this.#pending) {
      const { seats, finalSeats, finalMillis } = queue.waiting[0]!.work;
      const done = queue.nextStart + GUESS * seats + finalMillis * finalSeats;
      if (done >= earliest) continue;
      earliest = done;
      best = queue;
    }
    return best!;
  }

  #unqueue(ticket: Ticket<Label>): void {
    const { queue, work } = ticket;
    queue.waiting.splice(queue.waiting.indexOf(ticket), 1);
    queue.seatsWaiting -= work.seats;
    this.seatsWaiting -= work.seats;
    this.waiting--;
    if (queue.waiting.length === 0) this.#pending.delete(queue);
  }

  /** Gives up waiting. False: it runs already. */
  leave(ticket: Ticket<Label>): boolean {
    if (ticket.started !== undefined) return false;
    this.#advance(this.#clock.monotonic());
    this.#unqueue(ticket);
    this.#settle(ticket.queue);
    ticket.onTurn?.(false);
    this.#dispatch();
    return true;
  }

  /** Its answer is there; what it still costs holds its final seats a while. `freed` is called once all seats are. */
  finish(ticket: Ticket<Label>, freed?: () => void): void {
    const now = this.#clock.monotonic();
    this.#advance(now);
    const { queue, work } = ticket;
    // What was guessed is put right.
    queue.nextStart += (now - ticket.started! - GUESS) * work.seats;
    const wide = Math.max(work.seats, work.finalSeats);
    if (work.finalSeats === 0) {
      this.#release(queue, wide, 1);
      freed?.();
      return;
    }
    this.#release(queue, wide - work.finalSeats, 0);
    this.#clock.after(work.finalMillis, () => {
      this.#advance(this.#clock.monotonic());
      this.#release(queue, work.finalSeats, 1);
      freed?.();
    });
  }

  #release(queue: Queue<Label>, seats: number, requests: number): void {
    queue.seatsInUse -= seats;
    this.seatsInUse -= seats;
    queue.running -= requests;
    this.running -= requests;
    this.#settle(queue);
    if (this.#pending.size > 0) this.#dispatch();
  }

  #settle(queue: Queue<Label>): void {
    if (queue.running === 0 && queue.waiting.length === 0) this.#busyQueues--;
  }
}

const load = ({ seatsWaiting, seatsInUse }: Queue): number => seatsWaiting * 1000 + seatsInUse;
