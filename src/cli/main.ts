import { Command, CommanderError } from 'commander';
import type { Actions } from './actions.ts';
import { certsCommand } from './commands/certs.ts';
import { doctorCommand } from './commands/doctor.ts';
import { downCommand } from './commands/down.ts';
import { imageCommand } from './commands/image.ts';
import { kubectlCommand } from './commands/kubectl.ts';
import { nodeCommand } from './commands/node.ts';
import { proxyCommand } from './commands/proxy.ts';
import { statusCommand } from './commands/status.ts';
import { upCommand } from './commands/up.ts';
import { versionCommand } from './commands/version.ts';
import { suggestNearest } from './nearest.ts';
import { Refusal } from './refusal.ts';
import type { Terminal } from './terminal.ts';

/** Everything a command needs from outside. */
export interface CommandLine {
  readonly actions: Actions;
  readonly terminal: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDir: string;
}

const COMMANDS = [
  upCommand, downCommand, statusCommand, nodeCommand, doctorCommand, imageCommand, certsCommand, proxyCommand, kubectlCommand, versionCommand,
] as const;

/** Runs one command line and resolves with its exit code: 0 done, 1 refused or failed, 2 not understood. */
export async function runCli(args: readonly string[], line: CommandLine): Promise<number> {
  let code = 0;
  const program = new Command('knarr')
    .description('Kubernetes, whole, in TypeScript: one package, one command, real containers.')
    .usage('COMMAND [OPTIONS]')
    .enablePositionalOptions() // what follows `kubectl` is kubectl's
    .helpCommand('help [command]', 'explain a command');
  for (const define of COMMANDS) program.addCommand(define(line, (exit) => void (code = exit)));
  prepare(program, line.terminal);
  if (args.length === 0) {
    line.terminal.out(program.helpInformation().trimEnd());
    return 0;
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    return report(error, line.terminal);
  }
}

/** Throws instead of exiting, and names the nearest flag or command where one is not known. */
function prepare(command: Command, terminal: Terminal): void {
  command.exitOverride().showSuggestionAfterError(false).configureOutput({
    writeOut: (text) => terminal.out(text.trimEnd()),
    writeErr: () => {},
  });
  for (const child of command.commands) prepare(child, terminal);
  const fail = command.error.bind(command);
  command.error = (message, options) => fail(suggestNearest(message, command), options);
}

function report(error: unknown, terminal: Terminal): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    for (const text of error.message.replace(/^error: /, '').split('\n')) terminal.err(`knarr: ${text}`);
    return 2;
  }
  if (error instanceof Refusal) {
    terminal.err(`knarr: ${error.message}`);
    if (error.hint !== undefined) terminal.err(`       ${error.hint}`);
    return 1;
  }
  throw error;
}
