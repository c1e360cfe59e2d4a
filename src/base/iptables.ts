import { mustRun } from './program.ts';
import type { RunProgram } from './program.ts';

/** Waits for the lock that all iptables programs of a machine share, rather than fail. */
export const IPTABLES_WAIT: readonly string[] = ['-w', '10'];
export type IptablesTable = 'nat' | 'filter';
/** The programs of IPv4 and of IPv6 differ in name only. */
export type IptablesProgram = 'iptables' | 'ip6tables';

/** One rule of a chain. */
export interface IptablesRule {
  /** `iptables` unless said. */
  readonly program?: IptablesProgram;
  readonly table: IptablesTable;
  readonly chain: string;
  readonly rule: readonly string[];
}

/** Puts the rule before (`-I`) or after (`-A`) the chain's others, unless it is there. @throws ProgramFailed */
export async function ensureRule(run: RunProgram, { program = 'iptables', table, chain, rule }: IptablesRule, where: '-I' | '-A'): Promise<void> {
  if ((await run(program, [...IPTABLES_WAIT, '-t', table, '-C', chain, ...rule])).code === 0) return;
  await mustRun(run, program, [...IPTABLES_WAIT, '-t', table, where, chain, ...rule]);
}

/** Takes away every chain for which `owned` holds, and every rule elsewhere that leads into one. Others' rules stay. */
export async function removeChains(run: RunProgram, owned: (chain: string) => boolean, program: IptablesProgram = 'iptables'): Promise<void> {
  for (const table of ['filter', 'nat'] as const) {
    const { stdout } = await run(`${program}-save`, ['-t', table]);
    const text = removal(table, stdout, owned);
    if (text !== '') await mustRun(run, `${program}-restore`, [...IPTABLES_WAIT, '--noflush'], text);
  }
}

/** What `iptables-restore --noflush` must be told, given what `iptables-save` printed; '' where there is nothing to do. */
export function removal(table: IptablesTable, saved: string, owned: (chain: string) => boolean): string {
  const lines = saved.split('\n');
  const chains = lines.map((line) => /^:(\S+)/.exec(line)?.[1]).filter((chain) => chain !== undefined).filter(owned);
  const jumps = lines.filter((line) => {
    const [, from, to] = /^-A (\S+) (?:.* )?-[jg] (\S+)/.exec(line) ?? [];
    return from !== undefined && to !== undefined && !owned(from) && owned(to);
  });
  if (chains.length === 0) return '';
  return [
    `*${table}`, ...jumps.map((line) => line.replace('-A', '-D')), ...chains.map((chain) => `:${chain} - [0:0]`), ...chains.map((chain) => `-X ${chain}`), 'COMMIT', '',
  ].join('\n');
}
