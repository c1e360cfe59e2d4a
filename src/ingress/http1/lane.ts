import type { Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { RequestHead } from '../../wire/http1/request-head.ts';
import type { Asker, Router } from '../action.ts';
import { ClientConnection } from './client-connection.ts';
import { Deadlines } from './deadlines.ts';
import { Outgoing } from './outgoing.ts';
import { UpstreamPool } from './upstream-pool.ts';

/** What the connections of a lane share. */
export interface LaneParts {
  readonly router: Router;
  readonly clock: Clock;
  readonly log: Logger;
  readonly deadlines: Deadlines;
  readonly pool: UpstreamPool;
  readonly out: Outgoing;
  /** Heads of requests are read into it, those of all connections in turn. */
  readonly head: RequestHead;
  /** It is no longer ours to look after. */
  forget(connection: ClientConnection): void;
}

/**
 * HTTP/1.1 from clients to endpoints that speak it too: bytes, not objects. A head is read where it lies, copied with what
 * must change, and leaves with what is there of the body in one write; a body is followed only to its end.
 */
export class Lane implements LaneParts, Disposable {
  readonly router: Router;
  readonly clock: Clock;
  readonly log: Logger;
  readonly deadlines: Deadlines;
  readonly pool: UpstreamPool;
  readonly out = new Outgoing();
  readonly head = new RequestHead();
  readonly #clients = new Map<Socket, ClientConnection>();

  constructor(router: Router, { clock, log }: { readonly clock: Clock; readonly log: Logger }) {
    this.router = router;
    this.clock = clock;
    this.log = log;
    this.deadlines = new Deadlines(clock);
    this.pool = new UpstreamPool(this.deadlines);
  }

  /**
   * Answers what comes over a connection.
   * @param leave is called where a request needs more than HTTP/1.1: the connection is no longer the lane's; `first` was read from it already
   */
  serve(socket: Socket, asker: Asker, leave: (first: Buffer) => void): void {
    const connection = new ClientConnection({ socket, asker, leave }, this);
    this.#clients.set(socket, connection);
    this.deadlines.add(connection);
  }

  /** No more requests of this connection after the one under way. */
  retire(socket: Socket): void {
    this.#clients.get(socket)?.retire();
  }

  forget(connection: ClientConnection): void {
    this.#clients.delete(connection.socket);
    this.deadlines.delete(connection);
  }

  [Symbol.dispose](): void {
    for (const socket of this.#clients.keys()) socket.destroy();
    this.pool[Symbol.dispose]();
    this.deadlines[Symbol.dispose]();
  }
}
