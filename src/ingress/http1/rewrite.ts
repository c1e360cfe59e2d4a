import type { AnswerHead } from '../../wire/http1/answer-head.ts';
import { FIELD, fieldTable } from '../../wire/http1/fields.ts';
import type { Head } from '../../wire/http1/head.ts';
import { octets, textOf } from '../../wire/http1/octets.ts';
import type { RequestHead } from '../../wire/http1/request-head.ts';
import type { Edits } from './edits.ts';
import type { Outgoing } from './outgoing.ts';

/** Of one connection, not of the request (RFC 9110, 7.6.1), and what a client says of its own origin, which is not believed. */
const NOT_FOR_BACKENDS = fieldTable(
  'connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'upgrade', 'http2-settings',
  'forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-proto', 'x-real-ip',
);
const NOT_FOR_CLIENTS = fieldTable('connection', 'keep-alive', 'proxy-connection', 'te', 'upgrade', 'http2-settings');
/** Without them nobody knows where a request ends or whom it is for: `Connection` may name them in vain. */
const NEVER_NAMED = new Set(['host', 'content-length', 'transfer-encoding']);

const [LINE_END, VERSION, FORWARDED_HOST] = ['\r\n', ' HTTP/1.1\r\n', 'x-forwarded-host: '].map(octets) as [Uint8Array, Uint8Array, Uint8Array];
const [UPGRADE, SWITCH, CLOSE, KEEP] = ['upgrade: ', 'connection: Upgrade\r\n', 'connection: close\r\n', 'connection: keep-alive\r\n'].map(octets) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];

export interface RequestRewrite {
  /** Who asked, as lines. */
  readonly asker: Uint8Array;
  /** In place of what was asked for. */
  readonly target: string | undefined;
  readonly host: string | undefined;
  readonly edits: readonly Edits[];
}

/** A request's head for the backend: as it came but for what is of this connection, with who asked. */
export function writeRequest(out: Outgoing, head: RequestHead, { asker, target, host, edits }: RequestRewrite): void {
  const { bytes } = head;
  if (target === undefined && head.minor === 1) out.add(bytes, head.from, head.fieldsFrom);
  else {
    out.add(bytes, head.from, head.methodTo + 1);
    if (target === undefined) out.add(bytes, head.targetFrom, head.targetTo);
    else out.addText(target);
    out.add(VERSION);
  }
  writeFields(out, head, { drops: NOT_FOR_BACKENDS, edits, host: host !== undefined });
  if (head.upgrades) writeSwitch(out, head);
  if (host !== undefined || head.hostTo === 0) out.addText(`host: ${host ?? ''}\r\n`);
  out.add(asker);
  if (head.hostTo > 0) {
    out.add(FORWARDED_HOST);
    out.add(bytes, head.hostFrom, head.hostTo);
    out.add(LINE_END);
  }
  for (const { lines } of edits) out.add(lines);
  out.add(LINE_END);
}

export interface AnswerRewrite {
  readonly edits: readonly Edits[];
  /** What the client must know of its connection: HTTP/1.1 stays, HTTP/1.0 goes, unless it is said. */
  readonly connection: 'as-usual' | 'close' | 'keep-alive';
  /** The chunks are taken off on the way. */
  readonly plain: boolean;
}

/** An answer's head for the client. */
export function writeAnswer(out: Outgoing, head: AnswerHead, { edits, connection, plain }: AnswerRewrite): void {
  out.add(head.bytes, head.from, head.fieldsFrom);
  writeFields(out, head, { drops: plain ? NOT_FOR_CLIENTS_PLAIN : NOT_FOR_CLIENTS, edits, host: false });
  if (head.status === 101) writeSwitch(out, head);
  else if (connection === 'close') out.add(CLOSE);
  else if (connection === 'keep-alive') out.add(KEEP);
  for (const { lines } of edits) out.add(lines);
  out.add(LINE_END);
}

const NOT_FOR_CLIENTS_PLAIN = NOT_FOR_CLIENTS.map((drop, id) => Number(drop === 1 || id === FIELD.transferEncoding));

function writeSwitch(out: Outgoing, { bytes, places, ids, count }: Head): void {
  out.add(SWITCH);
  for (let n = 0; n < count; n++) {
    if (ids[n] !== FIELD.upgrade) continue;
    out.add(UPGRADE);
    out.add(bytes, places[4 * n + 2]!, places[4 * n + 3]!);
    out.add(LINE_END);
  }
}

interface Dropped {
  readonly drops: Uint8Array;
  readonly edits: readonly Edits[];
  /** There is another one. */
  readonly host: boolean;
}

/** The lines that stay, those that are side by side at once. */
function writeFields(out: Outgoing, head: Head, { drops, edits, host }: Dropped): void {
  const { bytes, ids, places, count } = head;
  const named = head.namesMore || edits.length > 0 ? namesOf(head, edits) : undefined;
  let from = head.fieldsFrom;
  for (let n = 0; n < count; n++) {
    const id = ids[n]!;
    const goes = drops[id] === 1 || (host && id === FIELD.host) || named?.has(textOf({ bytes, from: places[4 * n]!, to: places[4 * n + 1]! }).toLowerCase());
    if (!goes) continue;
    out.add(bytes, from, places[4 * n]!);
    from = n + 1 < count ? places[4 * n + 4]! : head.to - 2;
  }
  out.add(bytes, from, head.to - 2);
}

/** The fields that `Connection` keeps to itself, and those that rules take away. */
function namesOf(head: Head, edits: readonly Edits[]): ReadonlySet<string> {
  const { bytes, ids, places, count } = head;
  const names = new Set<string>();
  for (let n = 0; n < count; n++) {
    if (ids[n] !== FIELD.connection) continue;
    for (const name of textOf({ bytes, from: places[4 * n + 2]!, to: places[4 * n + 3]! }).toLowerCase().split(',')) names.add(name.trim());
  }
  for (const name of NEVER_NAMED) names.delete(name);
  for (const { drops } of edits) for (const name of drops) names.add(name);
  return names;
}
