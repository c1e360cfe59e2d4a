import { WebSocket } from 'ws';
import type { Access } from './kubeconfig.ts';
import { Unmet } from './assert.ts';

export interface ExecRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container?: string;
  readonly command: readonly string[];
}

export interface ExecResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** The first byte of each message says where it belongs. */
const STDOUT = 1;
const STDERR = 2;
const STATUS = 3;

interface ExitStatus {
  readonly status?: string;
  readonly message?: string;
  readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] };
}

/** Opens a WebSocket to the API server with the same credentials as every other request. */
export function openSocket(access: Access, path: string, protocols: readonly string[]): WebSocket {
  const { url, ca, cert, key, token, insecure } = access;
  return new WebSocket(new URL(path, url.replace(/^http/, 'ws')), [...protocols], {
    ca, cert, key, rejectUnauthorized: !insecure,
    ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
  });
}

/** Every binary message until the other side closes, by channel. */
export function collect(socket: WebSocket, signal: AbortSignal): Promise<ReadonlyMap<number, string>> {
  return new Promise((resolve, reject) => {
    const channels = new Map<number, Buffer[]>();
    const stop = () => {
      socket.terminate();
      reject(signal.reason);
    };
    signal.addEventListener('abort', stop, { once: true });
    socket.on('message', (data) => {
      const bytes = Buffer.isBuffer(data) ? data : Buffer.concat(data as Buffer[]);
      if (bytes.length === 0) return;
      const parts = channels.get(bytes[0]!) ?? [];
      channels.set(bytes[0]!, [...parts, bytes.subarray(1)]);
    });
    socket.on('error', reject);
    socket.on('unexpected-response', (_, response) => reject(new Unmet(`the upgrade was answered with ${response.statusCode}`)));
    socket.on('close', () => {
      signal.removeEventListener('abort', stop);
      resolve(new Map([...channels].map(([channel, parts]) => [channel, Buffer.concat(parts).toString()])));
    });
  });
}

/** Runs a command in a container, as `kubectl exec` does. */
export async function execute(access: Access, request: ExecRequest, signal: AbortSignal): Promise<ExecResult> {
  const { namespace, pod, container, command } = request;
  const query = new URLSearchParams({ stdout: 'true', stderr: 'true', ...(container && { container }) });
  for (const word of command) query.append('command', word);
  const socket = openSocket(access, `/api/v1/namespaces/${namespace}/pods/${pod}/exec?${query}`, ['v4.channel.k8s.io']);
  const channels = await collect(socket, signal);
  return { stdout: channels.get(STDOUT) ?? '', stderr: channels.get(STDERR) ?? '', code: exitCode(channels.get(STATUS)) };
}

function exitCode(text: string | undefined): number {
  if (!text) throw new Unmet('exec ended without a status');
  const status = JSON.parse(text) as ExitStatus;
  if (status.status === 'Success') return 0;
  const cause = status.details?.causes?.find(({ reason }) => reason === 'ExitCode');
  if (!cause) throw new Unmet(`exec failed: ${status.message ?? text}`);
  return Number(cause.message);
}
