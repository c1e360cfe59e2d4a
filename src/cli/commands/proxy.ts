import { Command, InvalidArgumentError } from 'commander';
import { dataDirOption } from '../data-dir.ts';
import type { CommandLine } from '../main.ts';

interface Flags {
  readonly dataDir: string;
  readonly namespace: string;
  readonly port?: string;
  readonly node?: string;
}

export function proxyCommand(line: CommandLine): Command {
  const rules = new Command('rules')
    .description('the way a packet to a Service takes on a node, in words and in the kernel\'s rules')
    .argument('<svc/name>', 'the Service', serviceName)
    .addOption(dataDirOption(line))
    .option('-n, --namespace <name>', 'its namespace', 'default')
    .option('--port <port>', 'one port only, by number or name')
    .option('--node <name>', 'on this node; the first unless said')
    .action((service: string, { port, node, ...flags }: Flags) => line.actions.proxyRules({ ...flags, service, port, node }, line.terminal));
  return new Command('proxy').description('what the proxy does for Services').addCommand(rules);
}

/** `svc/x`, `service/x` or `x`. */
function serviceName(text: string): string {
  const [, name] = /^(?:(?:svc|services?)\/)?([^/]+)$/.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError('It must be a Service: svc/NAME.');
  return name;
}
