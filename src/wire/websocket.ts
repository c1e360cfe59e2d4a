/** WebSocket framing of the server's side (RFC 6455), for streams that go one way. */

const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const OPCODES = { text: 1, binary: 2, close: 8 } as const;
const FINAL = 0x80;

/** What Sec-WebSocket-Accept must say for a Sec-WebSocket-Key. */
export async function acceptKey(key: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-1', new TextEncoder().encode(key + MAGIC));
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}

/** One whole, unmasked message. */
export function frame(kind: keyof typeof OPCODES, payload: Uint8Array): Uint8Array {
  const { length } = payload;
  const sizeBytes = length < 126 ? 0 : length < 2 ** 16 ? 2 : 8;
  const bytes = new Uint8Array(2 + sizeBytes + length);
  const view = new DataView(bytes.buffer);
  bytes[0] = FINAL | OPCODES[kind];
  bytes[1] = sizeBytes === 0 ? length : sizeBytes === 2 ? 126 : 127;
  if (sizeBytes === 2) view.setUint16(2, length);
  if (sizeBytes === 8) view.setBigUint64(2, BigInt(length));
  bytes.set(payload, 2 + sizeBytes);
  return bytes;
}

/** The end of a conversation that went well. */
export const closeFrame = (): Uint8Array => frame('close', Uint8Array.of(1000 >> 8, 1000 & 0xff));
