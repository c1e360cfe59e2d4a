import type { Logger } from '../../../base/log.ts';
import { ensureRule, IPTABLES_WAIT, removeChains } from '../../../base/iptables.ts';
import { mustRun } from '../../../base/program.ts';
import type { RunProgram } from '../../../base/program.ts';
import type { Ruleset } from '../../ruleset.ts';
import { CANARY, FIXED_CHAINS, JUMPS, ownChain } from './names.ts';
import { renderRuleset, restoreText } from './render.ts';

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
    await mustRun(this.#run, 'iptables-restore', [...IPTABLES_WAIT, '--noflush'], restoreText(rendered, before.filter((chain) => !wanted.has(chain))));
    if (first) for (const jump of JUMPS.toReversed()) await ensureRule(this.#run, jump, '-I');
    this.#applied = { text, chains };
    this.#log.debug('proxy: wrote rules', { ports: ruleset.length, chains: chains.length });
  }

  /** Whether the tables still hold what was written; if not, the next `apply` writes everything. */
  async check(): Promise<boolean> {
    for (const table of ['nat', 'filter']) {
      if ((await this.#run('iptables', [...IPTABLES_WAIT, '-t', table, '-S', CANARY])).code === 0) continue;
      this.#applied = undefined;
      return false;
    }
    return true;
  }
}

/** Takes away every chain, rule and jump of the proxy's; what is gone already is no fault. */
export async function removeEverything(run: RunProgram): Promise<void> {
  const fixed: readonly string[] = [...FIXED_CHAINS.nat, ...FIXED_CHAINS.filter];
  await removeChains(run, (chain) => ownChain.test(chain) || fixed.includes(chain));
}

/** Chains that an earlier process left. */
async function chainsInKernel(run: RunProgram): Promise<readonly string[]> {
  const { stdout } = await run('iptables-save', ['-t', 'nat']);
  return [...stdout.matchAll(/^:(\S+)/gm)].map(([, chain]) => chain!).filter((chain) => ownChain.test(chain));
}
