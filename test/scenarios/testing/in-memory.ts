/** A cluster in this process, served over TLS: real kubectls, pretended nodes, nothing written but a kubeconfig. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock as clock } from '../../../src/base/clock.ts';
import { silent as log } from '../../../src/base/log.ts';
import { systemRandom as random } from '../../../src/base/random.ts';
import { startInMemory } from '../../../src/cluster/in-memory.ts';
import { issueCa, issueLeaf, type KeyPair } from '../../../src/cluster/pki/issue.ts';
import { kubeconfig } from '../../../src/cluster/pki/kubeconfig.ts';
import { serve } from '../../../src/wire/node/http-server.ts';

export interface ServedCluster extends AsyncDisposable {
  readonly kubeconfig: string;
  readonly directory: string;
  readonly port: number;
  readonly ca: KeyPair;
}

export async function startServed(nodes: readonly string[]): Promise<ServedCluster> {
  const now = clock.now();
  const ca = issueCa('knarr', now, random);
  const issue = (name: string, more: { organizations?: readonly string[]; use: 'client' | 'server' }) =>
    issueLeaf({ name, issuer: 'ca', commonName: name, organizations: [], dnsNames: [], addresses: ['127.0.0.1'], ...more }, ca, { now, random });
  const cluster = await startInMemory({ clock, random, log, nodes });
  const server = await serve(cluster.handler, { host: '127.0.0.1', port: 0, tls: issue('kube-apiserver', { use: 'server' }), clientCa: ca.cert, log });
  const directory = await mkdtemp(join(tmpdir(), 'knarr-e2e-'));
  const file = join(directory, 'admin.kubeconfig');
  const pair = issue('admin', { organizations: ['system:masters'], use: 'client' });
  await writeFile(file, kubeconfig({ server: `https://127.0.0.1:${server.port}`, caPem: ca.cert, user: 'admin', pair }));
  return {
    kubeconfig: file, directory, port: server.port, ca,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await cluster[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
