/** What a kubeconfig holds, for clients other than kubectl. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { parse } from 'yaml';
import { WebSocket } from 'ws';
import type { Duplex } from '../../../src/wire/api.ts';
import { duplexOf } from '../../../src/wire/node/socket.ts';
import { encodeFrame, WebSocketDecoder } from '../../../src/wire/websocket.ts';

interface KubeConfigFile {
  readonly clusters: readonly { readonly cluster: { readonly server: string; readonly 'certificate-authority-data': string } }[];
  readonly users: readonly { readonly user: { readonly 'client-certificate-data': string; readonly 'client-key-data': string } }[];
}

export interface ApiClient {
  /** `https://host:port` */
  readonly server: string;
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
}

export async function apiClient(kubeconfig: string): Promise<ApiClient> {
  const { clusters, users } = parse(await readFile(kubeconfig, 'utf8')) as KubeConfigFile;
  const [{ cluster }, { user }] = [clusters[0]!, users[0]!];
  const pem = (text: string) => Buffer.from(text, 'base64').toString();
  return {
    server: cluster.server,
    tls: { ca: pem(cluster['certificate-authority-data']), cert: pem(user['client-certificate-data']), key: pem(user['client-key-data']) },
  };
}

export interface Talk {
  readonly socket: WebSocket;
  /** The subprotocol agreed on. */
  readonly protocol: string;
  readonly messages: readonly (string | Buffer)[];
  /** The code it was closed with. */
  readonly closed: Promise<number>;
  /** Resolves when this holds, asked at every message. */
  until(holds: (messages: readonly (string | Buffer)[]) => boolean): Promise<void>;
}

/** A WebSocket to the API server. @throws with status and body where it declines */
export function talk({ server, tls }: ApiClient, path: string, protocols: readonly string[]): Promise<Talk> {
  const socket = new WebSocket(`${server.replace(/^http/, 'ws')}${path}`, [...protocols], tls);
  const messages: (string | Buffer)[] = [];
  const looks = new Set<() => void>();
  socket.on('message', (data: Buffer, isBinary) => {
    messages.push(isBinary ? data : data.toString());
    for (const look of looks) look();
  });
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  const until = (holds: (all: readonly (string | Buffer)[]) => boolean) => new Promise<void>((resolve, reject) => {
    looks.add(() => holds(messages) && resolve());
    if (holds(messages)) resolve();
    void closed.then((code) => reject(new Error(`closed with ${code} after ${messages.map(String).join('|')}`)));
  });
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve({ socket, protocol: socket.protocol, messages, closed, until }));
    socket.on('error', reject);
    socket.on('unexpected-response', (_request, response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => reject(new Error(`${response.statusCode} ${text}`)));
    });
  });
}

/** A WebSocket's messages as one stream of bytes, with a subprotocol that `ws` takes for misspelt. */
export function tunnelled({ server, tls }: ApiClient, path: string, protocol: string): Promise<Duplex> {
  const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': randomBytes(16).toString('base64'), 'sec-websocket-protocol': protocol };
  const asked = request(`${server}${path}`, { ...tls, headers, agent: false });
  return new Promise((resolve, reject) => {
    asked.on('error', reject);
    asked.on('response', ({ statusCode }) => reject(new Error(`no upgrade but ${statusCode}`)));
    asked.on('upgrade', (response, socket, head) => {
      if (response.headers['sec-websocket-protocol'] !== protocol) reject(new Error(`another protocol: ${response.headers['sec-websocket-protocol']}`));
      const { readable, write, end, destroy } = duplexOf(socket, head);
      const decoder = new WebSocketDecoder({ from: 'server', maxMessageBytes: 1 << 24 });
      const payloads = async function* () {
        for await (const bytes of readable) for (const event of decoder.push(bytes)) if (event.type === 'binary') yield event.bytes;
      };
      resolve({ readable: payloads(), write: (bytes) => write(encodeFrame('binary', bytes, { mask: randomBytes(4) })), end, destroy });
    });
    asked.end();
  });
}
