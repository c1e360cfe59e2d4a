import { Command } from 'commander';
import { dataDirOption } from '../data-dir.ts';
import type { CommandLine } from '../main.ts';

export function kubectlCommand(line: CommandLine, exit: (code: number) => void): Command {
  return new Command('kubectl')
    .description("run kubectl as the cluster's admin")
    .usage('[--data-dir DIR] ARGS...')
    .addOption(dataDirOption(line))
    .argument('[args...]')
    .passThroughOptions()
    .allowUnknownOption()
    .helpOption(false)
    .action(async (args: readonly string[], flags: { readonly dataDir: string }) => {
      exit(await line.actions.kubectl({ ...flags, args }));
    });
}
