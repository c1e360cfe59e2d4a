import { Command, Option } from 'commander';
import type { ClusterStatus } from '../actions.ts';
import { dataDirOption } from '../data-dir.ts';
import type { CommandLine } from '../main.ts';
import { table } from '../table.ts';

export function statusCommand(line: CommandLine, exit: (code: number) => void): Command {
  return new Command('status')
    .description('components, nodes, store and certificates; exit code 0 only when all is well')
    .addOption(dataDirOption(line))
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['json']))
    .action(async (flags: { readonly dataDir: string; readonly output?: 'json' }) => {
      const status = await line.actions.status(flags);
      if (flags.output === 'json') line.terminal.out(JSON.stringify(status, null, 2));
      else for (const text of printStatus(status)) line.terminal.out(text);
      exit(status.running && status.ready && status.nodes.every((node) => node.ready) ? 0 : 1);
    });
}

export function printStatus(status: ClusterStatus): readonly string[] {
  if (!status.running) return [`No cluster runs on ${status.dataDir}.`];
  return [
    `${status.server ?? ''} is ${status.ready ? 'ready' : 'not ready'} (data in ${status.dataDir})`,
    '',
    ...table(['COMPONENT', 'STATE', 'PID', 'RESTARTS', 'LAST EXIT'], status.components.map((one) =>
      [one.name, one.state, String(one.pid ?? '-'), String(one.restarts), one.lastExit ?? '-'])),
    '',
    ...table(['NODE', 'STATE', 'ADDRESS', 'KIND'], status.nodes.map((one) =>
      [one.name, one.ready ? 'Ready' : 'NotReady', one.address || '-', one.simulated ? 'simulated' : 'real'])),
    '',
    ...(status.store ? [`store: ${status.store.driver}, ${mebibytes(status.store.bytes)} MiB on disk`, ''] : []),
    ...table(['CERTIFICATE', 'EXPIRES'], status.certificates.map((one) => [one.name, one.expires])),
  ];
}

const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
