import { Command } from 'commander';
import type { CommandLine } from '../main.ts';
import { table } from '../table.ts';

export function doctorCommand(line: CommandLine, exit: (code: number) => void): Command {
  return new Command('doctor')
    .description('what this machine has and lacks, and how to mend it')
    .action(async () => {
      const checks = await line.actions.doctor();
      const rows = checks.map(({ name, ok, detail }) => [ok ? 'ok' : 'LACKS', name, detail]);
      for (const text of table(['', 'CHECK', 'FOUND'], rows)) line.terminal.out(text);
      const broken = checks.filter((check) => !check.ok);
      if (broken.length > 0) line.terminal.out('');
      for (const check of broken) line.terminal.out(`${check.name}: ${check.mend ?? 'no remedy is known'}`);
      exit(broken.length === 0 ? 0 : 1);
    });
}
