import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Refusal, type ClusterRef, type Terminal } from '../../cli/index.ts';
import { layoutOf } from '../layout.ts';
import { mountPoints } from '../node/place.ts';
import { stopCluster } from '../teardown.ts';

export async function down({ dataDir, purge }: ClusterRef & { readonly purge: boolean }, terminal: Terminal): Promise<void> {
  const layout = layoutOf(dataDir);
  // Also what keeps --purge from deleting a directory that was never a cluster's.
  if (!existsSync(layout.settings)) throw new Refusal(`there is no cluster in ${dataDir}`);
  await stopCluster(layout, (line) => terminal.err(`knarr: ${line}`));
  if (purge) {
    const mounted = (await mountPoints()).filter((point) => point.startsWith(`${dataDir}/`));
    if (mounted.length > 0) throw new Refusal(`${mounted[0]} is still mounted; nothing was deleted`);
    await rm(dataDir, { recursive: true, force: true });
  }
  terminal.err(purge ? `knarr: stopped; ${dataDir} is deleted` : `knarr: stopped; the state stays in ${dataDir}`);
}
