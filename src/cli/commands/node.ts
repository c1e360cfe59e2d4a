import { Command, InvalidArgumentError } from 'commander';
import type { NodeRequest } from '../actions.ts';
import { dataDirOption } from '../data-dir.ts';
import type { CommandLine } from '../main.ts';

type NamedVerb = Exclude<NodeRequest['verb'], 'add'>;

const VERBS: readonly (readonly [NamedVerb, what: string])[] = [
  ['remove', 'take a node away, with all it has; drain it first if its pods are to end elsewhere before they end here'],
  ['stop', 'cut a node\'s power: everything in it ends at once, its disk stays'],
  ['start', 'give a stopped node its power back'],
  ['partition', 'unplug a node\'s cable: it runs on and reaches nobody'],
  ['heal', 'plug the cable in again'],
];

export function nodeCommand(line: CommandLine): Command {
  const command = new Command('node').description('add and remove hosts of one machine, and try what happens when they fail');
  command.addCommand(new Command('add')
    .description('make a further host, or several')
    .option('--count <n>', 'how many', countOf, 1)
    .addOption(dataDirOption(line))
    .action((flags: { readonly dataDir: string; readonly count: number }) => line.actions.node({ verb: 'add', ...flags }, line.terminal)));
  for (const [verb, what] of VERBS) {
    command.addCommand(new Command(verb)
      .description(what)
      .argument('<node>')
      .addOption(dataDirOption(line))
      .action((name: string, flags: { readonly dataDir: string }) => line.actions.node({ verb, name, ...flags }, line.terminal)));
  }
  return command;
}

function countOf(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 99) throw new InvalidArgumentError('It must be a number of nodes from 1 to 99.');
  return value;
}
