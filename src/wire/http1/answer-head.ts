import { Http1Failure } from './failure.ts';
import { Head } from './head.ts';
import { octets, SP, VALUE } from './octets.ts';

const VERSION = octets('HTTP/1.');

/** An answer's: `HTTP/1.1 200 OK` and fields. How its body ends depends on what was asked, too. */
export class AnswerHead extends Head {
  status = 0;
  /** Set before the head is read: the answer to HEAD has no body. */
  isForHead = false;

  override firstLine(from: number, to: number): void {
    const { bytes } = this;
    this.from = from;
    for (let n = 0; n < VERSION.length; n++) if (bytes[from + n] !== VERSION[n]) throw new Http1Failure(400, 'not HTTP/1');
    const minor = bytes[from + 7]! - 48;
    if ((minor !== 0 && minor !== 1) || bytes[from + 8] !== SP) throw new Http1Failure(400, 'neither HTTP/1.0 nor HTTP/1.1');
    this.speaks(minor);
    const [a, b, c] = [bytes[from + 9]! - 48, bytes[from + 10]! - 48, bytes[from + 11]! - 48];
    const isNumber = a >= 1 && a <= 9 && b >= 0 && b <= 9 && c >= 0 && c <= 9;
    if (!isNumber || (to > from + 12 && bytes[from + 12] !== SP)) throw new Http1Failure(400, 'no status');
    for (let at = from + 12; at < to; at++) if (VALUE[bytes[at]!] === 0) throw new Http1Failure(400, 'the reason has control characters');
    this.status = 100 * a + 10 * b + c;
    this.fieldsFrom = to + 2;
  }

  protected override judge(): void {
    const { status } = this;
    if (this.isForHead || status < 200 || status === 204 || status === 304) this.framing = 'none';
    else this.framing = this.chunked ? 'chunked' : this.contentLength > 0 ? 'length' : this.contentLength === 0 ? 'none' : 'close';
    this.length = Math.max(0, this.contentLength);
    if (this.framing === 'close') this.keepsAlive = false;
  }
}
