/** A cluster in this process, served over TLS: real kubectls, pretended nodes, nothing written but a kubeconfig. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock as clock } from '../../../src/base/clock.ts';
import { silent as log } from '../../../src/base/log.ts';
import { systemRandom as random } from '../../../src/base/random.ts';
import { listen, startInMemory } from '../../../src/cluster/index.ts';
import type { KeyPair } from '../../../src/wire/node/issue.ts';

export interface ServedCluster extends AsyncDisposable {
  readonly kubeconfig: string;
  readonly directory: string;
  readonly port: number;
  readonly ca: KeyPair;
}

export async function startServed(nodes: readonly string[]): Promise<ServedCluster> {
  const cluster = await startInMemory({ clock, random, log, nodes });
  const server = await listen(cluster.handler, { clock, random, log });
  const directory = await mkdtemp(join(tmpdir(), 'knarr-e2e-'));
  const file = join(directory, 'admin.kubeconfig');
  await writeFile(file, server.kubeconfig);
  return {
    kubeconfig: file, directory, port: server.port, ca: server.ca,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await cluster[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
