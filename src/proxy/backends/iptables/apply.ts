import type { Logger } from '../../../base/log.ts';
import { mustRun } from '../../../base/program.ts';
import type { RunProgram } from '../../../base/program.ts';
import type { Ruleset } from '../../ruleset.ts';
import { CANARY, FIXED_CHAINS, JUMPS, ownChain } from './names.ts';
import type { Jump } from './names.ts';
import { renderRuleset, restoreText } from './render.ts';

/** Waits for the lock that all iptables programs of a machine share, rather than fail. */
const WAIT = ['-w', '10'] as const;

/** Keeps the kernel's tables as the last ruleset says. Others' rules stay. */
export class Iptables {
  readonly #run: RunProgram;
  readonly #clusterCidr: string;
  readonly #log: Logger;
  /** What is in the kernel; undefined when that is not known. */
  #applied: { readonly text: string; readonly chains: readonly string[] } | undefined;

  constructor(run: RunProgram, clusterCidr: string, log: Logger) {
    this.#run = run;
    this.#clusterCidr = clusterCidr;
    this.#log = log;
  }

  /** Writes the ruleset, unless it is there already. @throws ProgramFailed, after which everything is written anew */
  async apply(ruleset: Ruleset): Promise<void> {
    const rendered = renderRuleset(ruleset, this.#clusterCidr);
    const text = restoreText(rendered, []);
    if (this.#applied?.text === text) return;
    const chains = rendered.nat.chains.filter((chain) => ownChain.test(chain));
    const before = this.#applied?.chains ?? (await chainsInKernel(this.#run));
    const first = this.#applied === undefined;
    this.#applied = undefined;
    const wanted = new Set(chains);
    await mustRun(this.#run, 'iptables-restore', [...WAIT, '--noflush'], restoreText(rendered, before.filter((chain) => !wanted.has(chain))));
    if (first) for (const jump of JUMPS.toReversed()) await ensureJump(this.#run, jump);
    this.#applied = { text, chains };
    this.#log.debug('proxy: wrote rules', { ports: ruleset.length, chains: chains.length });
  }

  /** Whether the tables still hold what was written; if not, the next `apply` writes everything. */
  async check(): Promise<boolean> {
    for (const table of ['nat', 'filter']) {
      if ((await this.#run('iptables', [...WAIT, '-t', table, '-S', CANARY])).code === 0) continue;
      this.#applied = undefined;
      return false;
    }
    return true;
  }
}

/** Takes away every chain, rule and jump; what is gone already is no fault. */
export async function removeEverything(run: RunProgram): Promise<void> {
  for (const { table, from, to, match } of JUMPS) {
    // Once for each time that it is there: an older process may have left a second one.
    while ((await run('iptables', [...WAIT, '-t', table, '-D', from, ...match, '-j', to])).code === 0);
  }
  const present = await chainsInKernel(run, () => true);
  const texts = (['filter', 'nat'] as const).map((table) => {
    const chains = table === 'nat' ? present : FIXED_CHAINS.filter;
    const lines = chains.map((chain) => `:${chain} - [0:0]`);
    return [`*${table}`, ...lines, ...chains.map((chain) => `-X ${chain}`), 'COMMIT', ''].join('\n');
  });
  await run('iptables-restore', [...WAIT, '--noflush'], { input: texts.join('') });
}

async function ensureJump(run: RunProgram, { table, from, to, match, first }: Jump): Promise<void> {
  const rule = [...match, '-j', to];
  if ((await run('iptables', [...WAIT, '-t', table, '-C', from, ...rule])).code === 0) return;
  await mustRun(run, 'iptables', [...WAIT, '-t', table, first ? '-I' : '-A', from, ...rule]);
}

/** Chains of the nat table that an earlier process left. */
async function chainsInKernel(run: RunProgram, which = (chain: string) => ownChain.test(chain)): Promise<readonly string[]> {
  const { stdout } = await run('iptables-save', ['-t', 'nat']);
  const known: readonly string[] = FIXED_CHAINS.nat;
  return [...stdout.matchAll(/^:(\S+)/gm)].map(([, chain]) => chain!).filter((chain) => (ownChain.test(chain) || known.includes(chain)) && which(chain));
}
