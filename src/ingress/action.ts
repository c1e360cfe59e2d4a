import type { Millis } from '../base/clock.ts';
import type { Backend } from './endpoints.ts';
import type { BackendRef } from './routes.ts';

/** By which door a request came. */
export interface Asker {
  readonly address: string;
  readonly proto: 'http' | 'https';
  /** The port that the client believes it asked. */
  readonly port: number;
}

/** What rules may look at of a request. */
export interface Asked {
  readonly asker: Asker;
  readonly method: string;
  /** As the client said it: perhaps with a port, in any case. */
  readonly host: string;
  /** Without the query. */
  readonly path: string;
  /** With its question mark; empty where there is none. */
  readonly query: string;
  /** By its name in lower case; several of one name are joined by commas. */
  header(name: string): string | undefined;
}

/** Names in lower case. `set` replaces what there is, `add` leaves it and adds a line; `remove` comes first. */
export interface HeaderChanges {
  readonly set?: readonly (readonly [name: string, value: string])[];
  readonly add?: readonly (readonly [name: string, value: string])[];
  readonly remove?: readonly string[];
}

/** Another path: whole, or in place of the prefix by which the request was found. The query stays. */
export type PathChange = { readonly full: string } | { readonly prefix: string; readonly by: string };

export interface Destination {
  readonly ref: BackendRef;
  /** Among those of one action; 0 gets nothing. */
  readonly weight: number;
  /** The answer where there is no such Service or port; 503 unless said. */
  readonly missing?: number;
  readonly request?: HeaderChanges;
  readonly response?: HeaderChanges;
}

/** The backend answers. */
export interface Forward {
  readonly act: 'forward';
  /** One of them is drawn for each request. */
  readonly to: readonly Destination[];
  readonly request?: HeaderChanges;
  readonly response?: HeaderChanges;
  /** In place of the host that was asked. */
  readonly hostname?: string;
  readonly path?: PathChange;
  /** Who gets a copy, and of which share of the requests (0 to 1). Nobody waits for them, their answers go nowhere. */
  readonly mirrors?: readonly { readonly ref: BackendRef; readonly share: number }[];
  /** For the whole of the request; 504 after it. */
  readonly timeout?: Millis;
}

/** The client is sent elsewhere: what is not named stays as it was asked. */
export interface Redirect {
  readonly act: 'redirect';
  readonly status: number;
  readonly scheme?: 'http' | 'https';
  readonly hostname?: string;
  readonly port?: number;
  readonly path?: PathChange;
  readonly response?: HeaderChanges;
}

/** We answer ourselves. */
export interface Answer {
  readonly act: 'answer';
  readonly status: number;
  readonly text?: string;
  readonly response?: HeaderChanges;
}

/** What becomes of a request. Immutable, and shared by all that are treated alike. */
export type Action = Forward | Redirect | Answer;

export interface Decision {
  readonly action: Action;
  /** Door, host and path alone decide: the next request that has the same is not decided again. */
  readonly steady: boolean;
}

/** Who knows the rules. */
export interface Router {
  /** Goes up with each change of rules, Services or endpoints: what was decided before may no longer hold. */
  readonly version: number;
  decide(asked: Asked): Decision;
  /** Undefined where there is no such Service or port. */
  backendOf(ref: BackendRef): Backend | undefined;
}

/** The destination that a draw from 0 to 1 falls on; undefined where none has any weight. */
export function destinationAt({ to }: Forward, draw: number): Destination | undefined {
  if (to.length === 1) return to[0]!.weight > 0 ? to[0] : undefined;
  let left = draw * to.reduce((sum, { weight }) => sum + weight, 0);
  return to.find(({ weight }) => weight > 0 && (left -= weight) < 0);
}

export function changedPath(path: string, change: PathChange | undefined): string {
  if (!change) return path;
  if ('full' in change) return change.full;
  const prefix = change.prefix.endsWith('/') ? change.prefix.slice(0, -1) : change.prefix;
  if (path !== prefix && !path.startsWith(`${prefix}/`)) return path;
  const [by, rest] = [change.by.endsWith('/') ? change.by.slice(0, -1) : change.by, path.slice(prefix.length)];
  return by + rest === '' ? '/' : by + rest;
}

/** Where a redirect leads. A port that goes without saying is not said. */
export function locationOf({ scheme, hostname, port, path }: Redirect, { asker, host, path: asked, query }: Asked): string {
  const proto = scheme ?? asker.proto;
  const usual = proto === 'http' ? 80 : 443;
  // A scheme that is named brings its own port; else it is the door's (Gateway API, HTTPRequestRedirectFilter).
  const number = port ?? (scheme ? usual : asker.port);
  return `${proto}://${hostname ?? host.replace(/:\d*$/, '')}${number === usual ? '' : `:${number}`}${changedPath(asked, path)}${query}`;
}

/** The golden section's fraction: its multiples fall evenly on 0 to 1, however few they are. */
const STEP = (Math.sqrt(5) - 1) / 2;
let last = 0;

/** From 0 to 1, evenly: shares are kept from the first requests on, which no dice would. */
export function nextDraw(): number {
  last = (last + STEP) % 1;
  return last;
}
