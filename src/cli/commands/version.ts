import { Command } from 'commander';
import type { CommandLine } from '../main.ts';

export function versionCommand(line: CommandLine): Command {
  return new Command('version')
    .description('which knarr, and which Kubernetes it speaks')
    .action(() => line.terminal.out(`knarr ${line.actions.version} (Kubernetes ${line.actions.kubernetesVersion})`));
}
