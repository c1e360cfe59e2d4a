import { resolve } from 'node:path';
import { Command } from 'commander';
import { dataDirOption } from '../data-dir.ts';
import type { CommandLine } from '../main.ts';
import { table } from '../table.ts';

export function imageCommand(line: CommandLine): Command {
  const load = new Command('load')
    .description("put the images of an OCI or Docker archive into every node's containerd")
    .argument('<file.tar>')
    .addOption(dataDirOption(line))
    .action((file: string, flags: { readonly dataDir: string }) =>
      line.actions.loadImage({ ...flags, file: resolve(file) }, line.terminal));
  const list = new Command('list')
    .description('the images each node has')
    .addOption(dataDirOption(line))
    .action(async (flags: { readonly dataDir: string }) => {
      const images = await line.actions.listImages(flags);
      const rows = images.map(({ node, name, digest, size }) => [node, name, digest.slice(0, 19), size]);
      for (const text of table(['NODE', 'IMAGE', 'DIGEST', 'SIZE'], rows)) line.terminal.out(text);
    });
  return new Command('image').description("images in the nodes' containerd").addCommand(load).addCommand(list);
}
