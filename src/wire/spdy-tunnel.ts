/** Port-forward through a WebSocket: its messages are the bytes of a SPDY connection, cut anywhere (KEP-4006, phase two). */
import type { Clock } from '../base/clock.ts';
import type { ApiRequest, ApiResponse, Duplex } from './api.ts';
import { duplexPair } from './duplex.ts';
import { spdyRequest } from './remote-command.ts';
import { CLOSE_CODES, ServerWebSocket } from './server-websocket.ts';
import { listOf, refusal, shakeHands } from './websocket-handshake.ts';
import { encodeFrame } from './websocket.ts';

const PREFIX = 'SPDY/3.1+';
const MAX_MESSAGE_BYTES = 32 << 20;

export interface TunnelOptions {
  readonly clock: Clock;
  /** Takes an upgrade to SPDY/3.1 to the streaming server. */
  readonly dial: (request: ApiRequest) => Promise<ApiResponse>;
}

/** What the caller would tunnel. */
const tunnelled = ({ headers }: ApiRequest): readonly string[] =>
  listOf(headers['sec-websocket-protocol']).filter((one) => one.startsWith(PREFIX) && one.endsWith('.k8s.io')).map((one) => one.slice(PREFIX.length));

export const wantsTunnel = (request: ApiRequest): boolean => tunnelled(request).length > 0;

/** What the streaming server says other than an upgrade is the caller's answer. */
export async function tunnelSpdy(request: ApiRequest, { clock, dial }: TunnelOptions): Promise<ApiResponse> {
  const response = await dial(spdyRequest(request, tunnelled(request)));
  if (response.body?.type !== 'upgrade') return response;
  const { connection } = response.body;
  const hands = await shakeHands(request, (protocol) => protocol === PREFIX + (response.headers['x-stream-protocol-version'] ?? '').trim());
  if (!hands.agreed) {
    connection.destroy();
    return refusal(hands);
  }
  const [ours, theirs] = duplexPair();
  const socket = new ServerWebSocket(ours, { clock, maxMessageBytes: MAX_MESSAGE_BYTES });
  void inward(socket, connection);
  void outward(connection, socket);
  return { status: 101, headers: hands.headers, body: { type: 'upgrade', connection: theirs } };
}

async function inward(socket: ServerWebSocket, connection: Duplex): Promise<void> {
  try {
    for await (const message of socket.messages()) {
      await connection.write(message);
    }
    await connection.end();
  } catch (error) {
    connection.destroy(error);
    for await (const _ of socket.messages()); // until the caller has closed its side
  }
}

async function outward(connection: Duplex, socket: ServerWebSocket): Promise<void> {
  try {
    for await (const bytes of connection.readable) await socket.send(encodeFrame('binary', bytes));
    await socket.close(CLOSE_CODES.normal);
  } catch (error) {
    connection.destroy(error);
    await socket.close(CLOSE_CODES.goingWrong);
  }
}
