import { Command } from 'commander';
import { dataDirOption } from '../data-dir.ts';
import type { CommandLine } from '../main.ts';

export function downCommand(line: CommandLine): Command {
  return new Command('down')
    .description('stop the cluster and all its containers; its state stays')
    .addOption(dataDirOption(line))
    .option('--purge', 'delete the data too', false)
    .action((flags: { readonly dataDir: string; readonly purge: boolean }) => line.actions.down(flags, line.terminal));
}
