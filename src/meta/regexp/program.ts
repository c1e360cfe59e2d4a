/** A pattern as the instructions of a machine that is in many places at once (Thompson's construction; swtch.com/~rsc/regexp). */
import type { CharSet } from './char-set.ts';
import { type Assertion, PatternError, type Tree } from './parse.ts';

export type Instruction =
  | { readonly op: 'set'; readonly set: CharSet; readonly next: number }
  /** Goes both ways, `first` being preferred. */
  | { readonly op: 'split'; readonly first: number; readonly second: number }
  | { readonly op: 'assert'; readonly what: Assertion; readonly next: number }
  | { readonly op: 'match' };

export interface MachineProgram {
  readonly instructions: readonly Instruction[];
  readonly start: number;
}

const MOST_INSTRUCTIONS = 20_000;

export function assemble(tree: Tree, pattern: string): MachineProgram {
  const instructions: Instruction[] = [{ op: 'match' }];
  const put = (instruction: Instruction): number => {
    if (instructions.length >= MOST_INSTRUCTIONS) throw new PatternError('expression too large', pattern);
    return instructions.push(instruction) - 1;
  };
  /** Where to begin so that the tree is matched, and then what is at `next`. */
  const build = (part: Tree, next: number): number => {
    switch (part.kind) {
      case 'empty':
        return next;
      case 'set':
        return put({ op: 'set', set: part.set, next });
      case 'assert':
        return put({ op: 'assert', what: part.what, next });
      case 'sequence':
        return part.parts.reduceRight((after, one) => build(one, after), next);
      case 'choice':
        return part.options.map((option) => build(option, next)).reduceRight((second, first) => put({ op: 'split', first, second }));
      case 'repeat':
        return repeat(part, next);
    }
  };
  const split = (greedy: boolean, into: number, past: number): Instruction => (greedy ? { op: 'split', first: into, second: past } : { op: 'split', first: past, second: into });
  const repeat = ({ of, min, max, greedy }: Extract<Tree, { kind: 'repeat' }>, next: number): number => {
    let entry = next;
    if (max === Infinity) {
      const loop = put({ op: 'match' }); // replaced when its body is known
      const body = build(of, loop);
      instructions[loop] = split(greedy, body, next);
      entry = loop;
    } else {
      for (let count = min; count < max; count++) entry = put(split(greedy, build(of, entry), next));
    }
    for (let count = 0; count < min; count++) entry = build(of, entry);
    return entry;
  };
  const start = build(tree, 0);
  return { instructions, start };
}
