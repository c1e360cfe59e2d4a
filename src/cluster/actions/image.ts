import { existsSync } from 'node:fs';
import { messageOf } from '../../base/message-of.ts';
import { Refusal, type ClusterRef, type StoredImage, type Terminal } from '../../cli/index.ts';
import { layoutOf, type Layout } from '../layout.ts';
import { machineExec } from '../machine/exec.ts';
import { importImages, listImages as imagesOf } from '../node/images.ts';
import { readSettings, type NodePlace } from '../settings.ts';

export async function loadImage({ dataDir, file }: ClusterRef & { readonly file: string }, terminal: Terminal): Promise<void> {
  if (!existsSync(file)) throw new Refusal(`there is no file ${file}`);
  const { layout, nodes } = await runningNodes(dataDir);
  for (const node of nodes) {
    const names = await importImages(layout.node(node.name), file, machineExec).catch((error: unknown) => {
      throw new Refusal(`${node.name} did not take ${file}: ${messageOf(error)}`);
    });
    for (const name of names) terminal.out(`${node.name}: ${name}`);
  }
}

export async function listImages({ dataDir }: ClusterRef): Promise<readonly StoredImage[]> {
  const { layout, nodes } = await runningNodes(dataDir);
  const lists = await Promise.all(nodes.map(async ({ name }) =>
    (await imagesOf(layout.node(name), machineExec)).map((image) => ({ node: name, ...image }))));
  return lists.flat();
}

async function runningNodes(dataDir: string): Promise<{ layout: Layout; nodes: readonly NodePlace[] }> {
  const layout = layoutOf(dataDir);
  const settings = await readSettings(layout);
  if (!settings) throw new Refusal(`there is no cluster in ${dataDir}`, 'make one with: knarr up');
  if (settings.nodes.length === 0) throw new Refusal('this cluster has only simulated nodes, and they keep no images');
  const down = settings.nodes.find(({ name }) => !existsSync(layout.node(name).containerdSocket));
  if (down) throw new Refusal(`containerd of node ${down.name} does not run`, 'start the cluster with: knarr up');
  return { layout, nodes: settings.nodes };
}
