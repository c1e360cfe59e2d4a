import { Agent, request } from 'node:https';
import type { Millis } from '../base/clock.ts';
import type { Layout } from './layout.ts';
import { readPair, requirePair } from './pki/ensure.ts';
import type { Settings } from './settings.ts';

const PATIENCE: Millis = 5000;

/** As much of a node as the command line shows. */
export interface SeenNode {
  readonly name: string;
  readonly ready: boolean;
  readonly address: string;
}

/** Asks a running API server as the admin, one short question at a time. */
export interface ApiProbe extends Disposable {
  ready(): Promise<boolean>;
  /** Empty while the server cannot be asked. */
  nodes(): Promise<readonly SeenNode[]>;
  /** Whether the Node is gone. */
  deleteNode(name: string): Promise<boolean>;
}

export async function apiProbe(layout: Layout, settings: Settings): Promise<ApiProbe> {
  const [ca, admin] = await Promise.all([requirePair(layout, 'ca'), readPair(layout, 'admin')]);
  const agent = new Agent({ keepAlive: true, ca: ca.cert, cert: admin?.cert, key: admin?.key });
  const ask = (method: string, path: string): Promise<{ status: number; text: string }> => new Promise((resolve) => {
    const failed = (): void => resolve({ status: 0, text: '' });
    const asked = request({ host: '127.0.0.1', port: settings.port, path, method, agent, timeout: PATIENCE }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      response.on('error', failed);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', failed);
    asked.end();
  });
  const get = (path: string) => ask('GET', path);
  return {
    ready: async () => (await get('/readyz')).status === 200,
    async nodes() {
      const { status, text } = await get('/api/v1/nodes');
      return status === 200 ? readNodes(JSON.parse(text)) : [];
    },
    deleteNode: async (name) => [200, 202, 404].includes((await ask('DELETE', `/api/v1/nodes/${name}`)).status),
    [Symbol.dispose]: () => agent.destroy(),
  };
}

interface NodeList {
  readonly items?: readonly {
    readonly metadata: { readonly name: string };
    readonly status?: {
      readonly conditions?: readonly { readonly type: string; readonly status: string }[];
      readonly addresses?: readonly { readonly type: string; readonly address: string }[];
    };
  }[];
}

function readNodes(list: unknown): readonly SeenNode[] {
  return ((list as NodeList).items ?? []).map(({ metadata, status }) => ({
    name: metadata.name,
    ready: status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false,
    address: status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? '',
  }));
}
