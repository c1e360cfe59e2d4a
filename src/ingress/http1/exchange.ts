import type { Socket } from 'node:net';
import type { Millis } from '../../base/clock.ts';
import type { AnswerHead } from '../../wire/http1/answer-head.ts';
import { HeadReader } from '../../wire/http1/head-reader.ts';
import { octets } from '../../wire/http1/octets.ts';
import type { RequestHead } from '../../wire/http1/request-head.ts';
import type { Edits } from './edits.ts';
import type { Outgoing } from './outgoing.ts';
import { writeAnswer, writeRequest, type RequestRewrite } from './rewrite.ts';
import type { Asking, UpstreamConnection } from './upstream-connection.ts';
import type { UpstreamPool } from './upstream-pool.ts';

/** Where a request goes and how it is changed on the way. */
export interface Passage extends RequestRewrite {
  readonly endpoints: readonly string[];
  readonly tls: boolean;
  readonly answerEdits: readonly Edits[];
  /** For the answer to have come whole. */
  readonly timeout: Millis | undefined;
}

/** The client's side of an exchange. */
export interface ExchangeClient {
  readonly socket: Socket;
  /** Nothing more of the request is to come. */
  readonly hasAsked: boolean;
  /** The connection stays for another request. */
  readonly keepsAlive: boolean;
  /** It speaks HTTP/1.0. */
  readonly isOld: boolean;
  /** There is progress: `span` from now on is time for more. */
  wait(span: Millis): void;
  /** The endpoint takes more of the request. */
  onReady(): void;
  onAnswered(): void;
  /** Nothing of an answer has been sent. */
  onRefused(status: 502 | 503 | 504): void;
  /** An answer broke off. */
  onCut(): void;
  /** Both sides speak another protocol from now on. */
  onSwitched(): void;
}

/** How long an endpoint may take to accept a connection. */
const CONNECT: Millis = 5_000;
/** How long an endpoint may be silent before it has answered, or between two pieces of its answer. */
export const SILENCE: Millis = 60_000;

const SAFE = ['GET', 'HEAD', 'OPTIONS', 'TRACE'].map(octets);
let turn = 0;

/**
 * One request on its way to an endpoint, and the answer on its way back; used again for the next request.
 *
 *     begin → flush → [connecting → connected] → answer → onAnswered
 *                  ↖ another endpoint ↙                 ↘ onCut
 *                    none is left → onRefused
 */
export class Exchange implements Asking {
  asksForHead = false;
  /** Something of the answer has been sent. */
  isAnswering = false;
  /** The answer says that the client's connection goes. */
  closesAfter = false;
  readonly #client: ExchangeClient;
  readonly #out: Outgoing;
  readonly #pool: UpstreamPool;
  readonly #head: RequestHead;
  #passage: Passage | undefined;
  #upstream: UpstreamConnection | undefined;
  /** What waits for a connection. */
  #unsent: Buffer | undefined;
  #first = 0;
  #attempts = 0;
  #limit = 0;
  /** The whole of a request that may be asked twice. */
  #again: { readonly bytes: Uint8Array; readonly from: number; readonly to: number } | undefined;
  #upgrades = false;
  #isSwitched = false;
  #keeps = false;
  /** The client gets the content of chunks without them. */
  #isPlain = false;

  /** @param out where messages are put together @param head where requests are read into */
  constructor(client: ExchangeClient, { out, pool, head }: { readonly out: Outgoing; readonly pool: UpstreamPool; readonly head: RequestHead }) {
    this.#client = client;
    this.#out = out;
    this.#pool = pool;
    this.#head = head;
  }

  /** There is a connection that takes more of the request now. */
  get takes(): boolean {
    return this.#upstream?.isConnected === true && !isCongested(this.#upstream.socket);
  }

  /** Writes the request's head; what of the body is there may follow before `flush`. */
  begin(passage: Passage): void {
    const head = this.#head;
    this.#passage = passage;
    this.isAnswering = this.#isSwitched = false;
    this.#attempts = 0;
    this.#limit = passage.endpoints.length;
    this.#first = turn = (turn + 1) % Number.MAX_SAFE_INTEGER;
    this.asksForHead = head.isForHead;
    this.#upgrades = head.upgrades;
    const mayRepeat = head.framing === 'none' && !head.upgrades && SAFE.some((method) => head.asks(method));
    this.#again = mayRepeat ? { bytes: head.bytes, from: head.from, to: head.to } : undefined;
    writeRequest(this.#out, head, passage);
  }

  flush(): void {
    if (this.#passage!.endpoints.length === 0) {
      this.#out.discard();
      return this.#refuse(503);
    }
    this.#send(false);
  }

  /** More of the request's body is written. */
  flushMore(): void {
    this.#out.send(this.#upstream!.socket);
    this.#client.wait(SILENCE);
  }

  /** Of the protocol that both sides speak now. */
  pass(bytes: Buffer): void {
    this.#upstream?.socket.write(bytes);
  }

  /** The client has said all, of whatever protocol: that ends both ways. */
  end(): void {
    this.#upstream?.socket.destroySoon();
  }

  /** The client reads again. */
  resume(): void {
    this.#upstream?.resume();
  }

  /** The client has gone. */
  abort(): void {
    this.#drop();
  }

  /** Time is over. */
  onSilence(): void {
    const upstream = this.#drop();
    if (this.isAnswering) this.#client.onCut();
    else if (upstream?.isConnected === false) this.#tryNext();
    else this.#refuse(504);
  }

  onTimeout(): void {
    this.#drop();
    if (this.isAnswering) this.#client.onCut();
    else this.#refuse(504);
  }

  /** @param fresh over a connection that nobody has used: one that was idle may have ended just now */
  #send(fresh: boolean): void {
    const { endpoints, tls } = this.#passage!;
    const endpoint = endpoints[(this.#first + this.#attempts++) % endpoints.length]!;
    const upstream = (fresh ? undefined : this.#pool.take(endpoint, tls)) ?? this.#pool.open(endpoint, tls);
    this.#upstream = upstream;
    upstream.begin(this);
    if (upstream.isConnected) {
      if (this.#unsent) upstream.socket.write(this.#unsent);
      else this.#out.send(upstream.socket);
      this.#unsent = undefined;
    } else this.#unsent ??= this.#out.take();
    this.#client.wait(upstream.isConnected ? SILENCE : CONNECT);
  }

  onConnected(): void {
    const { upstream, unsent } = { upstream: this.#upstream!, unsent: this.#unsent };
    this.#unsent = undefined;
    if (unsent) upstream.socket.write(unsent);
    this.#client.wait(SILENCE);
    this.#client.onReady();
  }

  onDrained(): void {
    this.#client.onReady();
  }

  onInformed(head: AnswerHead): void {
    if (this.#client.isOld) return;
    writeAnswer(this.#out, head, { edits: [], connection: 'as-usual', plain: false });
    this.#out.send(this.#client.socket);
  }

  onAnswer(head: AnswerHead, bytes: Uint8Array, from: number, to: number): boolean {
    if (head.status === 101) return this.#switch(head, bytes, from, to);
    const { keepsAlive, isOld } = this.#client;
    this.isAnswering = true;
    this.#keeps = head.keepsAlive;
    this.#isPlain = isOld && head.framing === 'chunked';
    const goes = (this.closesAfter = !keepsAlive || head.framing === 'close' || this.#isPlain);
    writeAnswer(this.#out, head, { edits: this.#passage!.answerEdits, connection: goes ? 'close' : isOld ? 'keep-alive' : 'as-usual', plain: this.#isPlain });
    return this.#relay(bytes, from, to);
  }

  onMore(bytes: Uint8Array, from: number, to: number): boolean {
    if (!this.#isSwitched) return this.#relay(bytes, from, to);
    this.#out.add(bytes, from, to);
    this.#out.send(this.#client.socket);
    return !isCongested(this.#client.socket);
  }

  #relay(bytes: Uint8Array, from: number, to: number): boolean {
    const [out, { body }] = [this.#out, this.#upstream!];
    const onData = this.#isPlain ? (start: number, end: number): void => out.add(bytes, start, end) : undefined;
    let at = from;
    while (at < to && !body.isOver) {
      const end = body.read(bytes, at, to, onData);
      if (!onData) out.add(bytes, at, end);
      at = end;
    }
    if (!out.isEmpty) out.send(this.#client.socket);
    if (body.isOver) {
      this.#finish(at === to);
      return true;
    }
    this.#client.wait(SILENCE);
    return !isCongested(this.#client.socket);
  }

  /** @param clean nothing came behind the answer */
  #finish(clean: boolean): void {
    const upstream = this.#upstream!;
    this.#upstream = this.#again = undefined;
    if (clean && this.#keeps && this.#client.hasAsked) this.#pool.put(upstream);
    else upstream.destroy();
    this.#client.onAnswered();
  }

  #switch(head: AnswerHead, bytes: Uint8Array, from: number, to: number): boolean {
    // A protocol that nobody asked for.
    if (!this.#upgrades) throw new Error('switched by itself');
    this.isAnswering = this.#isSwitched = true;
    writeAnswer(this.#out, head, { edits: this.#passage!.answerEdits, connection: 'as-usual', plain: false });
    this.#out.add(bytes, from, to);
    this.#out.send(this.#client.socket);
    this.#client.onSwitched();
    return !isCongested(this.#client.socket);
  }

  onEnd(): void {
    if (this.#isSwitched) this.#client.socket.end();
    else if (this.isAnswering && this.#upstream?.body.endsWithConnection) this.#finish(false);
  }

  onGone(): void {
    const upstream = this.#drop();
    this.#out.discard();
    if (this.#isSwitched) this.#client.socket.destroySoon();
    else if (this.isAnswering) this.#client.onCut();
    else if (!upstream?.isConnected) this.#tryNext();
    else this.#repeat(upstream.isUsed);
  }

  /** Nothing of the request has been taken. */
  #tryNext(): void {
    if (this.#attempts >= this.#limit) return this.#refuse(502);
    this.#send(false);
    if (this.takes) this.#client.onReady();
  }

  /** The request may have been taken, and maybe more than that. */
  #repeat(wasUsed: boolean): void {
    const again = this.#again;
    if (wasUsed && this.#limit === this.#passage!.endpoints.length) this.#limit++;
    if (!again || this.#attempts >= this.#limit) return this.#refuse(502);
    new HeadReader(this.#head, Infinity).push(again.bytes, again.from, again.to);
    writeRequest(this.#out, this.#head, this.#passage!);
    this.#send(wasUsed);
  }

  #refuse(status: 502 | 503 | 504): void {
    this.#unsent = this.#again = undefined;
    this.#client.onRefused(status);
  }

  #drop(): UpstreamConnection | undefined {
    const upstream = this.#upstream;
    this.#upstream = undefined;
    upstream?.destroy();
    return upstream;
  }
}

/** It has more to write than it should, and will say when it has not. */
export const isCongested = (socket: Socket): boolean => socket.writableNeedDrain && socket.writableLength > 0;
