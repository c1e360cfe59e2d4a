import { Http1Failure } from './failure.ts';
import { FIELD } from './fields.ts';
import { Head } from './head.ts';
import { HOST, octets, SP, spells, TARGET, TOKEN } from './octets.ts';

const VERSION = octets('HTTP/1.');
const CONTINUE = octets('100-continue');
const [CONNECT, HEAD] = ['CONNECT', 'HEAD'].map(octets) as [Uint8Array, Uint8Array];

/** A request's: `GET /path HTTP/1.1` and fields. */
export class RequestHead extends Head {
  /** The method ends here, having begun at `from`. */
  methodTo = 0;
  targetFrom = 0;
  targetTo = 0;
  /** The value of `Host`; both 0 where HTTP/1.0 said none. */
  hostFrom = 0;
  hostTo = 0;
  /** It waits to be told before it sends the body. */
  expectsContinue = false;
  #hosts = 0;

  override begin(bytes: Uint8Array, from: number): void {
    super.begin(bytes, from);
    this.hostFrom = this.hostTo = this.#hosts = 0;
    this.expectsContinue = false;
  }

  override firstLine(from: number, to: number): void {
    const { bytes } = this;
    this.from = from;
    let at = from;
    while (TOKEN[bytes[at]!] === 1) at++;
    if (at === from || bytes[at] !== SP) throw new Http1Failure(400, 'no method');
    this.methodTo = at++;
    this.targetFrom = at;
    while (TARGET[bytes[at]!] === 1) at++;
    if (at === this.targetFrom || bytes[at] !== SP) throw new Http1Failure(400, 'no target');
    this.targetTo = at++;
    this.speaks(minorAt(bytes, at, to));
    if (this.asks(CONNECT)) throw new Http1Failure(405, 'not a proxy of clients');
    this.fieldsFrom = to + 2;
  }

  asks(method: Uint8Array): boolean {
    if (this.methodTo - this.from !== method.length) return false;
    for (let n = 0; n < method.length; n++) if (this.bytes[this.from + n] !== method[n]) return false;
    return true;
  }

  /** Its answer has no body. */
  get isForHead(): boolean {
    return this.asks(HEAD);
  }

  protected override known(id: number, from: number, to: number): void {
    if (id === FIELD.host) {
      for (let at = from; at < to; at++) if (HOST[this.bytes[at]!] === 0) throw new Http1Failure(400, 'the host has no such characters');
      this.#hosts++;
      this.hostFrom = from;
      this.hostTo = to;
    } else if (id === FIELD.expect) {
      if (to - from !== CONTINUE.length || !spells(CONTINUE, this.bytes, from)) throw new Http1Failure(417, 'nobody knows what is expected');
      this.expectsContinue = true;
    } else super.known(id, from, to);
  }

  protected override judge(): void {
    if (this.#hosts > 1 || (this.#hosts === 0 && this.minor === 1)) throw new Http1Failure(400, 'not one host');
    this.framing = this.chunked ? 'chunked' : this.contentLength > 0 ? 'length' : 'none';
    this.length = Math.max(0, this.contentLength);
    // Another protocol begins behind the head, not behind a body.
    if (this.framing !== 'none') this.upgrades = false;
  }
}

function minorAt(bytes: Uint8Array, from: number, to: number): number {
  if (to - from === VERSION.length + 1 && VERSION.every((octet, n) => bytes[from + n] === octet)) {
    const minor = bytes[to - 1]! - 48;
    if (minor === 0 || minor === 1) return minor;
  }
  const isOther = to - from === 8 && VERSION.subarray(0, 5).every((octet, n) => bytes[from + n] === octet);
  throw new Http1Failure(isOther ? 505 : 400, 'neither HTTP/1.0 nor HTTP/1.1');
}
