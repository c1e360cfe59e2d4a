import type { ApiRequest, ApiResponse, Duplex, ResponseBody } from '../../wire/api.ts';
import { duplexPair } from '../../wire/duplex.ts';
import { acceptKey, closeFrame, frame } from '../../wire/websocket.ts';

/** How messages carry the bytes, by subprotocol; the first one the client names that is known is taken. */
const PROTOCOLS: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  'binary.k8s.io': (bytes) => frame('binary', bytes),
  'base64.binary.k8s.io': (bytes) => frame('text', new TextEncoder().encode(btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')))),
};
const PLAIN = PROTOCOLS['binary.k8s.io']!;

export const asksForWebSocket = ({ upgrade, headers }: ApiRequest): boolean =>
  upgrade !== undefined && headers['upgrade']?.toLowerCase() === 'websocket';

/** The same request as one that wants a plain answer. */
export function withoutUpgrade({ upgrade: _upgrade, headers, ...request }: ApiRequest): ApiRequest {
  const kept = Object.entries(headers).filter(([name]) => name !== 'upgrade' && name !== 'connection' && !name.startsWith('sec-websocket-'));
  return { ...request, headers: Object.fromEntries(kept) };
}

/** An answer's body as the messages of a WebSocket, closed when the body ends. What the client says is not listened to. */
export async function overWebSocket({ headers }: ApiRequest, { body }: ApiResponse): Promise<ApiResponse> {
  const asked = headers['sec-websocket-protocol']?.split(',').map((one) => one.trim()) ?? [];
  const protocol = asked.find((one) => PROTOCOLS[one] !== undefined);
  const [ours, theirs] = duplexPair();
  void send(ours, body, protocol === undefined ? PLAIN : PROTOCOLS[protocol]!);
  return {
    status: 101,
    headers: {
      upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-accept': await acceptKey(headers['sec-websocket-key'] ?? ''),
      ...(protocol !== undefined && { 'sec-websocket-protocol': protocol }),
    },
    body: { type: 'upgrade', connection: theirs },
  };
}

async function send(to: Duplex, body: ResponseBody | undefined, message: (bytes: Uint8Array) => Uint8Array): Promise<void> {
  void drain(to);
  try {
    for await (const chunks of chunksOf(body)) for (const chunk of chunks) if (chunk.length > 0) await to.write(message(chunk));
    await to.write(closeFrame());
    await to.end();
  } catch (error) {
    to.destroy(error);
  }
}

/** Reads on, so that the client's own close frame does not stall the connection. */
async function drain({ readable }: Duplex): Promise<void> {
  try {
    for await (const _ of readable) continue;
  } catch {
    // The connection has gone: whoever writes to it hears of it.
  }
}

async function* chunksOf(body: ResponseBody | undefined): AsyncGenerator<readonly Uint8Array[]> {
  if (body?.type === 'bytes') yield body.chunks;
  if (body?.type === 'stream') yield* body.chunks;
}
