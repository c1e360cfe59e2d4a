import { mustRun } from '../../../base/program.ts';
import type { RulesetChange } from '../../tracker.ts';
import type { BackendOptions, ProxyBackend } from '../backend.ts';
import { CANARIES, canaryOf, Picture } from './picture.ts';
import { fixedChains, wordsOf } from './table.ts';

/** Services in a table of our own (nft(8)). */
export class Nftables implements ProxyBackend {
  readonly #options: BackendOptions;
  /** What is in the kernel; undefined when that is not known. */
  #picture: Picture | undefined;

  constructor(options: BackendOptions) {
    this.#options = options;
  }

  async sync({ now, changed }: RulesetChange): Promise<void> {
    const before = changed === undefined ? undefined : this.#picture;
    this.#picture = undefined;
    const { family } = this.#options;
    const picture = before ?? new Picture(this.#options);
    const ours = before && changed ? [...changed].map((key) => [key, now.get(key)] as const) : [...now];
    const ports = ours.filter(([key]) => key.endsWith(`/${family}`));
    // The table is made anew, and clients stay with their endpoints all the same.
    const clients = before ? [] : clientsIn((await this.#options.run('nft', ['list', 'sets', 'table', ...wordsOf(family).table.split(' ')])).stdout);
    const lines = [...(before ? [] : picture.start()), ...picture.replace(ports)];
    const known = clients.length > 0 ? picture.ownSets() : new Set();
    lines.push(...clients.filter(([set]) => known.has(set)).map(([set, elements]) => `add element ${wordsOf(family).table} ${set} { ${elements} }`));
    if (lines.length > 0) await this.#write(lines);
    this.#picture = picture;
  }

  /**
   * To create an element that is there is refused, which costs less than to list a map. The rules of the chains that are
   * always there are simply written again.
   */
  async intact(): Promise<boolean> {
    if (!this.#picture) return false;
    const { table, ip } = wordsOf(this.#options.family);
    for (const name of CANARIES) {
      const { code, stderr } = await this.#options.run('nft', ['-f', '-'], { input: `create element ${table} ${name} { ${canaryOf(name, ip)} : drop }\n` });
      if (code !== 0 && stderr.includes('File exists')) continue;
      this.#picture = undefined;
      return false;
    }
    const rules = fixedChains(this.#options).flatMap(({ name, rules: own }) => [`flush chain ${table} ${name}`, ...own.map((rule) => `add rule ${table} ${name} ${rule}`)]);
    return this.#write(rules).then(() => true, () => {
      this.#picture = undefined;
      return false;
    });
  }

  async remove(): Promise<void> {
    this.#picture = undefined;
    await this.#options.run('nft', ['delete', 'table', ...wordsOf(this.#options.family).table.split(' ')]);
  }

  /** Whether this machine's nft and kernel know all that is asked of them; nothing is left behind. */
  async works(): Promise<boolean> {
    const name = wordsOf(this.#options.family).table;
    const trial = [...new Picture(this.#options).start(), `add chain ${name} trial`, `add rule ${name} trial ${TRIAL}`];
    const { code } = await this.#options.run('nft', ['-c', '-f', '-'], { input: `${trial.join('\n')}\n` });
    return code === 0;
  }

  async #write(lines: readonly string[]): Promise<void> {
    await mustRun(this.#options.run, 'nft', ['-f', '-'], `${lines.join('\n')}\n`);
  }
}

/** What `nft list sets` prints of the clients that endpoints remember, by set: each with the time that is left to it. Pure. */
export function clientsIn(listed: string): readonly (readonly [set: string, elements: string])[] {
  return [...listed.matchAll(/^\tset (clients-\S+) \{\n([^]*?)\n\t\}/gm)].flatMap(([, set = '', body = '']) => {
    const [, elements] = /elements = \{ ([^}]*) \}/.exec(body) ?? [];
    return elements === undefined ? [] : [[set, elements.replaceAll(/\s+/g, ' ')] as const];
  });
}

const TRIAL = 'numgen random mod 2 vmap { 0 : goto refuse, 1 : drop }';
