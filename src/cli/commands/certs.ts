import { Command, Option } from 'commander';
import type { CertificateReport } from '../actions.ts';
import { dataDirOption } from '../data-dir.ts';
import type { CommandLine } from '../main.ts';
import { table } from '../table.ts';

const DAY_SECONDS = 86_400;

export function certsCommand(line: CommandLine, exit: (code: number) => void): Command {
  const check = new Command('check')
    .description('every certificate, and how long it is good for; exit code 0 only when all are')
    .addOption(dataDirOption(line))
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['json']))
    .action(async ({ output, ...cluster }: { readonly dataDir: string; readonly output?: 'json' }) => {
      const certificates = await line.actions.checkCertificates(cluster);
      if (output === 'json') line.terminal.out(JSON.stringify({ certificates }, null, 2));
      else for (const text of table(['CERTIFICATE', 'SUBJECT', 'EXPIRES', 'TIME LEFT', 'CA'], certificates.map(rowOf))) line.terminal.out(text);
      exit(certificates.every(({ state }) => state === 'valid') ? 0 : 1);
    });
  const renew = new Command('renew')
    .description('new certificates with new keys by the authorities there are, and kubeconfigs that hold them')
    .argument('[name]', 'one certificate, as `certs check` names it', 'all')
    .addOption(dataDirOption(line))
    .action((name: string, flags: { readonly dataDir: string }) => line.actions.renewCertificates({ ...flags, name }, line.terminal));
  return new Command('certs').description('the certificates of the cluster').addCommand(check).addCommand(renew);
}

function rowOf({ name, subject, expires, secondsLeft = 0, state, ca }: CertificateReport): readonly string[] {
  return [name, subject ?? '-', expires ?? '-', state === 'valid' ? leftOf(secondsLeft) : state, ca ?? '-'];
}

/** Whole days, then whole hours, then minutes: what matters at that distance. */
function leftOf(seconds: number): string {
  if (seconds >= DAY_SECONDS) return `${Math.floor(seconds / DAY_SECONDS)}d`;
  return seconds >= 3600 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 60)}m`;
}
