import { octets, textOf } from '../../wire/http1/octets.ts';
import type { RequestHead } from '../../wire/http1/request-head.ts';
import { changedPath, destinationAt, nextDraw, type Action, type Answer, type Asked, type Asker, type Forward, type Redirect, type Router } from '../action.ts';
import { editsOf } from './edits.ts';
import type { Passage } from './exchange.ts';

export interface Forwarding extends Passage {
  /** It needs more than HTTP/1.1 on both sides. */
  readonly slow: boolean;
}

export interface Refused {
  readonly refused: Answer | Redirect;
  readonly asked: Asked;
}

interface Remembered {
  readonly version: number;
  readonly host: Uint8Array;
  readonly path: Uint8Array;
  readonly plan: Forwarding;
}

const QUERY = 63;

/** Asks the rules what becomes of a connection's requests; what was asked before and must be the same is not asked again. */
export class Planner {
  readonly #router: Router;
  readonly #asker: Asker;
  readonly #lines: Uint8Array;
  #last: Remembered | undefined;

  constructor(router: Router, asker: Asker) {
    this.#router = router;
    this.#asker = asker;
    const { address, proto, port } = asker;
    this.#lines = octets(`x-forwarded-for: ${address}\r\nx-real-ip: ${address}\r\nx-forwarded-proto: ${proto}\r\nx-forwarded-port: ${port}\r\n`);
  }

  plan(head: RequestHead): Forwarding | Refused {
    const { bytes, hostFrom, hostTo, targetFrom } = head;
    const pathTo = pathEnd(head);
    const last = this.#last;
    if (last && last.version === this.#router.version && isSame(last.path, bytes, targetFrom, pathTo) && isSame(last.host, bytes, hostFrom, hostTo) && !head.upgrades) return last.plan;
    const asked = this.#asked(head, pathTo);
    const { action, steady } = this.#router.decide(asked);
    const plan = this.#carryOut(action, asked, head);
    const lasts = steady && action.act === 'forward' && action.to.length === 1 && !action.path && !head.upgrades;
    if (lasts && 'slow' in plan) this.#last = { version: this.#router.version, host: bytes.slice(hostFrom, hostTo), path: bytes.slice(targetFrom, pathTo), plan };
    return plan;
  }

  #asked(head: RequestHead, pathTo: number): Asked {
    const { bytes, from, methodTo, targetFrom, targetTo, hostFrom, hostTo } = head;
    return {
      asker: this.#asker,
      method: textOf({ bytes, from, to: methodTo }),
      host: textOf({ bytes, from: hostFrom, to: hostTo }),
      path: textOf({ bytes, from: targetFrom, to: pathTo }),
      query: textOf({ bytes, from: pathTo, to: targetTo }),
      header: (name) => headerOf(head, name),
    };
  }

  #carryOut(action: Action, asked: Asked, head: RequestHead): Forwarding | Refused {
    if (action.act !== 'forward') return { refused: action, asked };
    const destination = destinationAt(action, nextDraw());
    const backend = destination && this.#router.backendOf(destination.ref);
    if (!destination || !backend) return { refused: { act: 'answer', status: destination ? (destination.missing ?? 503) : 500 }, asked };
    return {
      endpoints: backend.endpoints, tls: backend.speech === 'https',
      slow: !head.upgrades && (backend.speech === 'h2c' || (action.mirrors?.length ?? 0) > 0),
      asker: this.#lines, target: targetFor(action, asked), host: action.hostname, timeout: action.timeout,
      edits: editsOf([action.request, destination.request]), answerEdits: editsOf([destination.response, action.response]),
    };
  }
}

function targetFor({ path }: Forward, asked: Asked): string | undefined {
  return path && `${changedPath(asked.path, path)}${asked.query}`;
}

function pathEnd({ bytes, targetFrom, targetTo }: RequestHead): number {
  for (let at = targetFrom; at < targetTo; at++) if (bytes[at] === QUERY) return at;
  return targetTo;
}

function isSame(known: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (known.length !== to - from) return false;
  for (let n = 0; n < known.length; n++) if (known[n] !== bytes[from + n]) return false;
  return true;
}

/** While the head is there: several of one name are joined. */
function headerOf({ bytes, places, count }: RequestHead, name: string): string | undefined {
  const values: string[] = [];
  for (let n = 0; n < count; n++) {
    const [from, to, valueFrom, valueTo] = places.subarray(4 * n, 4 * n + 4) as unknown as [number, number, number, number];
    if (to - from === name.length && textOf({ bytes, from, to }).toLowerCase() === name) values.push(textOf({ bytes, from: valueFrom, to: valueTo }));
  }
  return values.length > 0 ? values.join(', ') : undefined;
}
