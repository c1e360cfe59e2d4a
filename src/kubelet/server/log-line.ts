/** CRI's log format: `2026-01-01T00:00:00.000000000Z stdout F text\n`; a tag of P says the line goes on in the next record. */
export interface LogLine {
  /** RFC 3339 with nanoseconds, as written. */
  readonly time: string;
  readonly stream: 'stdout' | 'stderr';
  /** With the newline that ends it, unless it is partial. */
  readonly content: Buffer;
}

const SPACE = 0x20;
const NEWLINE = Buffer.from('\n');

/** @param record without its newline. @returns undefined where it is not in the format */
export function parseLogLine(record: Buffer): LogLine | undefined {
  const first = record.indexOf(SPACE);
  const second = record.indexOf(SPACE, first + 1);
  const third = record.indexOf(SPACE, second + 1);
  if (first < 0 || second < 0 || third < 0) return undefined;
  const stream = record.toString('latin1', first + 1, second);
  if (stream !== 'stdout' && stream !== 'stderr') return undefined;
  const partial = record.toString('latin1', second + 1, third).split(':')[0] === 'P';
  const text = record.subarray(third + 1);
  return { time: record.toString('latin1', 0, first), stream, content: partial ? text : Buffer.concat([text, NEWLINE]) };
}
