import type { Socket } from 'node:net';
import type { Millis } from '../../base/clock.ts';
import { messageOf } from '../../base/message-of.ts';
import { BodyReader } from '../../wire/http1/body-reader.ts';
import { Http1Failure } from '../../wire/http1/failure.ts';
import { HeadReader } from '../../wire/http1/head-reader.ts';
import type { RequestHead } from '../../wire/http1/request-head.ts';
import { locationOf, type Answer, type Asked, type Asker, type Redirect } from '../action.ts';
import type { Timed } from './deadlines.ts';
import { Exchange, isCongested, SILENCE, type ExchangeClient } from './exchange.ts';
import { ownAnswer, type OwnAnswer } from '../own-answer.ts';
import { Planner } from './planner.ts';
import type { LaneParts } from './lane.ts';

/** Who dribbles headers keeps a connection no longer. */
const HEADERS: Millis = 30_000;
const IDLE: Millis = 75_000;
/** For the last words to reach a client that still talks. */
const LINGER: Millis = 2_000;
const MAX_HEAD = 32 * 1024;
/** A body that nobody wants is read to its end up to here; else the connection goes. */
const MAX_SKIPPED = 64 * 1024;

export interface Accepted {
  readonly socket: Socket;
  readonly asker: Asker;
  /** Called where a request needs more than HTTP/1.1, with what was read. */
  readonly leave: (first: Buffer) => void;
}

type Phase = 'head' | 'body' | 'answer' | 'skip' | 'switched' | 'last-words';

/**
 * One client's connection: a request after another. What comes before its turn waits, and the client with it.
 *
 *     head → body → answer → head …      switched: another protocol, both ways
 *        ↘ skip: answered already, the body comes still      last-words: closing, whatever comes is nothing
 */
export class ClientConnection implements ExchangeClient, Timed {
  readonly socket: Socket;
  deadline: Millis;
  isOld = false;
  readonly #lane: LaneParts;
  readonly #leave: (first: Buffer) => void;
  readonly #planner: Planner;
  readonly #exchange: Exchange;
  readonly #reader: HeadReader;
  readonly #body = new BodyReader();
  #phase: Phase = 'head';
  #keepsAlive = true;
  #isForHead = false;
  /** What came before its turn. */
  #rest: Buffer | undefined;
  #isProcessing = false;
  #isRetired = false;
  #timer: Disposable | undefined;
  readonly #listeners: readonly (readonly [event: string, listener: (bytes: Buffer) => void])[] = [
    ['data', (bytes) => this.#receive(bytes)],
    ['drain', () => this.#exchange.resume()],
    ['error', () => {}], // `close` follows
    ['end', () => this.#ended()],
    ['close', () => this.#closed()],
  ];

  constructor({ socket, asker, leave }: Accepted, lane: LaneParts) {
    this.socket = socket;
    this.#leave = leave;
    this.#lane = lane;
    this.#planner = new Planner(lane.router, asker);
    this.#exchange = new Exchange(this, lane);
    this.#reader = new HeadReader(lane.head, MAX_HEAD);
    this.deadline = lane.deadlines.now + HEADERS;
    for (const [event, listener] of this.#listeners) socket.on(event, listener);
  }

  get keepsAlive(): boolean {
    return this.#keepsAlive && !this.#isRetired;
  }

  get hasAsked(): boolean {
    return this.#phase === 'answer';
  }

  wait(span: Millis): void {
    this.deadline = this.#lane.deadlines.now + span;
  }

  /** No more requests after the one under way. */
  retire(): void {
    this.#isRetired = true;
    if (this.#phase === 'head' && !this.#reader.isBetween) this.#close();
  }

  onDeadline(): void {
    const isTheirs = this.#phase === 'body' && this.#exchange.takes && !this.#body.isOver;
    if (this.#phase === 'last-words' || this.#phase === 'skip') this.socket.destroy();
    else if (this.#phase === 'head' || isTheirs) {
      if (isTheirs) this.#exchange.abort();
      const hasBegun = this.#reader.isBetween || isTheirs;
      if (hasBegun && !this.#exchange.isAnswering) this.#refuseForGood(408);
      else this.#close();
    } else if (isCongested(this.socket)) this.socket.destroy();
    else this.#exchange.onSilence();
  }

  onReady(): void {
    this.#continue();
  }

  onRefused(status: number): void {
    this.#say({ status });
  }

  onCut(): void {
    this.socket.destroy();
  }

  onSwitched(): void {
    this.#phase = 'switched';
    this.deadline = Infinity;
    this.#clearTimer();
    this.#continue();
  }

  onAnswered(): void {
    const isWhole = this.#phase !== 'body';
    this.#clearTimer();
    if (!isWhole || this.#exchange.closesAfter || !this.#keepsAlive) return this.#close();
    this.#next();
  }

  #next(): void {
    if (this.#isRetired) return this.#close();
    this.#phase = 'head';
    this.wait(IDLE);
    this.#continue();
  }

  #receive(bytes: Buffer): void {
    if (this.#rest) this.#rest = Buffer.concat([this.#rest, bytes]);
    else this.#process(bytes);
  }

  #continue(): void {
    if (!this.#rest || this.#isProcessing) return;
    const rest = this.#rest;
    this.#rest = undefined;
    this.#process(rest);
    if (!this.#rest) this.socket.resume();
  }

  #process(bytes: Buffer): void {
    this.#isProcessing = true;
    try {
      this.#take(bytes);
    } catch (error) {
      this.#lane.out.discard();
      this.#exchange.abort();
      if (!(error instanceof Http1Failure)) {
        // One connection dies of it, not the node's agent.
        this.#lane.log.error('ingress: a request could not be passed on', { error: messageOf(error) });
        this.socket.destroy();
      } else if (this.#phase !== 'head' && this.#exchange.isAnswering) this.#close();
      else this.#refuseForGood(error.status);
    } finally {
      this.#isProcessing = false;
    }
  }

  /** @throws Http1Failure */
  #take(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#phase === 'head') {
        const isFirst = !this.#reader.isBetween;
        const end = this.#reader.push(bytes, at, bytes.length);
        if (end < 0) return isFirst ? this.wait(HEADERS) : undefined;
        at = this.#ask(bytes, end);
      } else if (this.#phase === 'body') {
        if (!this.#exchange.takes) return this.#hold(bytes, at);
        at = this.#passBody(bytes, at);
        this.#exchange.flushMore();
      } else if (this.#phase === 'skip') {
        at = this.#body.read(bytes, at, bytes.length);
        if (this.#body.isOver) this.#next();
      } else if (this.#phase === 'switched') {
        if (!this.#exchange.takes) return this.#hold(bytes, at);
        return this.#exchange.pass(bytes.subarray(at));
      } else return this.#phase === 'answer' ? this.#hold(bytes, at) : undefined;
    }
  }

  #hold(bytes: Buffer, at: number): void {
    this.#rest = bytes.subarray(at);
    this.socket.pause();
  }

  /** A request's head is read; what is behind what was taken with it. */
  #ask(bytes: Buffer, from: number): number {
    const { head } = this.#lane;
    this.#keepsAlive = head.keepsAlive;
    this.isOld = head.minor === 0;
    this.#isForHead = head.isForHead;
    this.#body.begin(head.framing, head.length);
    this.#phase = this.#body.isOver ? 'answer' : 'body';
    const plan = this.#planner.plan(head);
    if ('refused' in plan) {
      this.#refuse(head, plan.asked, plan.refused);
      return from;
    }
    if (plan.slow) {
      this.#pass(Buffer.concat([head.bytes.subarray(head.from, head.to), bytes.subarray(from)]));
      return bytes.length;
    }
    this.#exchange.begin(plan);
    const end = this.#phase === 'body' ? this.#passBody(bytes, from) : from;
    if (plan.timeout !== undefined) this.#timer = this.#lane.clock.after(plan.timeout, () => this.#exchange.onTimeout());
    this.#exchange.flush();
    return end;
  }

  /** Writes what is there of the body. Trailers of requests end here, as nobody may rely on them (RFC 9110, 6.5.1). */
  #passBody(bytes: Buffer, from: number): number {
    let at = from;
    while (at < bytes.length && !this.#body.isOver) {
      const isBehindData = this.#body.isBehindData;
      const end = this.#body.read(bytes, at, bytes.length);
      if (!isBehindData) this.#lane.out.add(bytes, at, end);
      else if (this.#body.isOver) this.#lane.out.addText('\r\n');
      at = end;
    }
    if (this.#body.isOver) this.#phase = 'answer';
    return at;
  }

  #refuse(head: RequestHead, asked: Asked, action: Answer | Redirect): void {
    const more = action.act === 'redirect' ? [['location', locationOf(action, asked)] as const] : [];
    this.#skipBody(head);
    this.#say({ status: action.status, text: action.act === 'answer' ? action.text : undefined, headers: more, changes: action.response });
  }

  #skipBody({ framing, length, expectsContinue }: RequestHead): void {
    if (this.#phase !== 'body') return;
    // Whoever waits to be told to send the body may send it or not: nobody knows what comes next.
    if (framing === 'length' && length <= MAX_SKIPPED && !expectsContinue) this.#phase = 'skip';
    else this.#keepsAlive = false;
  }

  /** We answer in place of a backend. */
  #say(answer: Omit<OwnAnswer, 'isForHead' | 'connection'>): void {
    this.#clearTimer();
    const goes = !this.keepsAlive || this.#phase === 'body' || this.#phase === 'head';
    const connection = goes ? 'close' : this.isOld ? 'keep-alive' : 'as-usual';
    this.socket.write(ownAnswer({ ...answer, isForHead: this.#isForHead, connection }));
    if (goes) this.#close();
    else if (this.#phase === 'answer') this.#next();
    else this.wait(SILENCE);
  }

  /** What comes from here on is of no use. */
  #refuseForGood(status: number): void {
    if (this.#phase === 'head') this.#isForHead = false;
    this.#keepsAlive = false;
    this.#say({ status });
  }

  /** What is written still leaves; whatever comes is nothing. Closed at once, the last words might be lost on the way. */
  #close(): void {
    this.#phase = 'last-words';
    this.#rest = undefined;
    this.wait(this.socket.writableLength > 0 ? SILENCE : LINGER);
    this.socket.end();
    this.socket.resume();
  }

  /** Who says that it has said all has mostly gone, and its request is a burden to the backend. */
  #ended(): void {
    if (this.#phase === 'switched') this.#exchange.end();
    else if (this.#phase === 'body' || this.#phase === 'answer') this.socket.destroy();
    else this.#close();
  }

  #closed(): void {
    this.#clearTimer();
    this.#exchange.abort();
    this.#lane.forget(this);
  }

  /** Another server takes the connection over, from this request on. */
  #pass(first: Buffer): void {
    this.socket.pause();
    for (const [event, listener] of this.#listeners) this.socket.off(event, listener);
    this.#lane.forget(this);
    this.#leave(first);
  }

  #clearTimer(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }
}
