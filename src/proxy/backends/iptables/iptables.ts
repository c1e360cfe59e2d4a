import { ensureRule, IPTABLES_WAIT, removeChains } from '../../../base/iptables.ts';
import { mustRun } from '../../../base/program.ts';
import type { RunProgram } from '../../../base/program.ts';
import { inOrder, type PortRules } from '../../ruleset.ts';
import type { RulesetChange } from '../../tracker.ts';
import type { BackendOptions, ProxyBackend } from '../backend.ts';
import { CANARY, CANARY_RULE, FIXED_CHAINS, JUMPS, ownChain } from './names.ts';
import { fixedRules, renderPort, restoreText, SHARED_CHAINS, sharedRules, type PortText, type Section } from './render.ts';

/** Services in chains of the nat and filter tables, by `iptables-restore --noflush`. */
export class Iptables implements ProxyBackend {
  readonly #options: BackendOptions;
  readonly #run: RunProgram;
  /** What is in the kernel, in the ruleset's order; undefined when that is not known. */
  #written: Map<string, PortText> | undefined;

  constructor(options: BackendOptions) {
    this.#options = options;
    this.#run = inFamily(options);
  }

  async sync({ now, changed }: RulesetChange): Promise<void> {
    const before = changed === undefined ? undefined : this.#written;
    this.#written = undefined;
    const { family } = this.#options;
    if (before && changed) {
      const keys = [...changed].filter((key) => key.endsWith(`/${family}`));
      this.#written = await this.#writePart(before, keys.map((key) => [key, now.get(key)] as const), now);
      return;
    }
    const ports = [...now].filter(([key]) => key.endsWith(`/${family}`)).toSorted(([, a], [, b]) => inOrder(a, b));
    this.#written = await this.#writeWhole(new Map(ports.map(([key, port]) => [key, renderPort(port, this.#options)])));
  }

  async intact(): Promise<boolean> {
    if (!this.#written) return false;
    for (const table of ['nat', 'filter']) {
      if ((await this.#run('iptables', [...IPTABLES_WAIT, '-t', table, '-C', CANARY, ...CANARY_RULE])).code === 0) continue;
      this.#written = undefined;
      return false;
    }
    // Others may have flushed no more than a chain that leads here.
    for (const jump of JUMPS.toReversed()) await ensureRule(this.#run, jump, '-I');
    return true;
  }

  async remove(): Promise<void> {
    this.#written = undefined;
    await removeEverything(this.#run);
  }

  async #writeWhole(texts: Map<string, PortText>): Promise<Map<string, PortText>> {
    const chains = [...texts.values()].flatMap((text) => [...text.chains]);
    const wanted = new Set(chains.map(([name]) => name));
    const stale = (await chainsInKernel(this.#run)).filter((chain) => !wanted.has(chain));
    const fixed = fixedRules(this.#options);
    await this.#restore({
      filter: { chains: FIXED_CHAINS.filter, rules: [...fixed.filter, ...this.#shared('filter', SHARED_CHAINS.filter, texts)], gone: [] },
      nat: {
        chains: [...FIXED_CHAINS.nat, ...wanted], gone: stale,
        rules: [...fixed.nat, ...chains.flatMap(([, rules]) => rules), ...this.#shared('nat', SHARED_CHAINS.nat, texts)],
      },
    });
    for (const jump of JUMPS.toReversed()) await ensureRule(this.#run, jump, '-I');
    return texts;
  }

  /** Only chains whose rules differ are written. */
  async #writePart(before: Map<string, PortText>, ports: readonly (readonly [string, PortRules | undefined])[], now: RulesetChange['now']): Promise<Map<string, PortText>> {
    const old = ports.map(([key]) => before.get(key));
    const fresh = ports.map(([, port]) => port && renderPort(port, this.#options));
    const after = new Map(before);
    let unsorted = false;
    for (const [at, [key]] of ports.entries()) {
      const text = fresh[at];
      unsorted ||= text !== undefined && !after.has(key);
      if (text) after.set(key, text);
      else after.delete(key);
    }
    const texts = unsorted ? new Map([...after].toSorted(([a], [b]) => inOrder(now.get(a)!, now.get(b)!))) : after;
    const oldChains = new Map(old.flatMap((text) => [...(text?.chains ?? [])]));
    const newChains = new Map(fresh.flatMap((text) => [...(text?.chains ?? [])]));
    const differing = [...newChains].filter(([name, rules]) => !sameLines(rules, oldChains.get(name)));
    const sharedOf = (table: 'nat' | 'filter') => SHARED_CHAINS[table].filter((chain) => {
      const at = `${table} ${chain}`;
      return ports.some((_, n) => !sameLines(old[n]?.shared.get(at) ?? [], fresh[n]?.shared.get(at) ?? []));
    });
    const [natShared, filterShared] = [sharedOf('nat'), sharedOf('filter')];
    await this.#restore({
      filter: { chains: filterShared, rules: this.#shared('filter', filterShared, texts), gone: [] },
      nat: {
        chains: [...natShared, ...differing.map(([name]) => name)], gone: [...oldChains.keys()].filter((name) => !newChains.has(name)),
        rules: [...differing.flatMap(([, rules]) => rules), ...this.#shared('nat', natShared, texts)],
      },
    });
    return texts;
  }

  #shared(table: 'nat' | 'filter', chains: readonly string[], texts: ReadonlyMap<string, PortText>): readonly string[] {
    return chains.flatMap((chain) => sharedRules(`${table} ${chain}`, texts.values(), this.#options));
  }

  async #restore(tables: Readonly<Record<'filter' | 'nat', Section>>): Promise<void> {
    const text = restoreText(tables);
    if (text !== '') await mustRun(this.#run, 'iptables-restore', [...IPTABLES_WAIT, '--noflush'], text);
  }
}

const sameLines = (a: readonly string[], b: readonly string[] | undefined): boolean => b !== undefined && a.length === b.length && a.every((line, at) => line === b[at]);

/** Takes away every chain, rule and jump of the proxy's; what is gone already is no fault. */
async function removeEverything(run: RunProgram): Promise<void> {
  const fixed: readonly string[] = [...FIXED_CHAINS.nat, ...FIXED_CHAINS.filter];
  await removeChains(run, (chain) => ownChain.test(chain) || fixed.includes(chain));
}

/** iptables' programs, or those of the same make for IPv6. */
function inFamily({ run, family }: BackendOptions): RunProgram {
  return family === 'ipv4' ? run : (command, args, options) => run(command.replace(/^iptables/, 'ip6tables'), args, options);
}

/** Chains that an earlier process left. */
async function chainsInKernel(run: RunProgram): Promise<readonly string[]> {
  const { stdout } = await run('iptables-save', ['-t', 'nat']);
  return [...stdout.matchAll(/^:(\S+)/gm)].map(([, chain]) => chain!).filter((chain) => ownChain.test(chain));
}
