/** The program `node OPTIONS`: one node's network, run inside its namespace. Nodes come in as lines of JSON, its own annotations go out. */
import { setMaxListeners } from 'node:events';
import { createInterface } from 'node:readline';
import { systemClock } from '../../../src/base/clock.ts';
import { silent } from '../../../src/base/log.ts';
import { seededRandom } from '../../../src/base/random.ts';
import { createClient, createInformers } from '../../../src/client/index.ts';
import { FakeApi } from '../../../src/client/testing/fake-api.ts';
import type { Node } from '../../../src/kinds/core/node.ts';
import { KernelWatch, startNetwork, type BackendName } from '../../../src/network/index.ts';
import { run } from '../support/namespaces.ts';

export interface NodeOptions {
  readonly name: string;
  readonly address: string;
  readonly cidrs: readonly string[];
  readonly clusterCidrs: readonly string[];
  readonly backend: BackendName;
  /** A directory of the node's own. */
  readonly root: string;
}

// One signal stops many loops, as in an agent.
setMaxListeners(0);

const { name, address, cidrs, clusterCidrs, backend, root } = JSON.parse(process.argv[2]!) as NodeOptions;
const api = new FakeApi();
const pathOf = (node: string): string => `/api/v1/nodes/${node}`;
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
api.intercept = ({ method }) => {
  if (method === 'PATCH') queueMicrotask(() => say({ annotations: api.objects.get(pathOf(name))?.metadata.annotations ?? {} }));
  return undefined;
};
const around = { clock: systemClock, log: silent, random: seededRandom(1) };
const client = createClient(api.transport);
const informers = createInformers(client, around);
const lines = createInterface(process.stdin);
lines.on('line', (line) => {
  const nodes = JSON.parse(line) as readonly Node[];
  const paths = new Set(nodes.map(({ metadata }) => pathOf(metadata.name)));
  for (const path of api.objects.keys()) if (!paths.has(path)) api.remove(path);
  for (const node of nodes) {
    // What this node has just said of itself may be newer than what came back.
    const said = node.metadata.name === name ? api.objects.get(pathOf(name))?.metadata.annotations : undefined;
    api.put(pathOf(node.metadata.name), { ...node, metadata: { ...node.metadata, annotations: { ...node.metadata.annotations, ...said } } });
  }
});
const kernel = new KernelWatch({ ...around, run });
const network = await startNetwork({
  ...around, kernel, informers, client, backend, run, nodeName: name, nodeIp: address, nodeCidrs: cidrs, clusterCidrs,
  events: {
    event: (_node, _type, reason, message) => say({ event: `${reason}: ${message}` }),
    flushed: async () => {},
    [Symbol.asyncDispose]: async () => {},
  },
  cniConfigDir: `${root}/conf`, cniDataDir: `${root}/data`, stateDir: `${root}/state`, bridge: 'cni0',
});
say({ ready: true });
lines.once('close', () => void Promise.all([kernel, network].map((part) => part[Symbol.asyncDispose]())).then(() => process.exit(0)));
