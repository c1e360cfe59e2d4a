import type { ProxyBackend } from './backends/backend.ts';
import type { Family, PortRules } from './ruleset.ts';
import type { RulesetChange } from './tracker.ts';

/**
 * One family's rules, and what of them the kernel does not have yet. A family that no Service ever used is left alone, for
 * a machine may know only the other.
 */
export class FamilyRules {
  readonly family: Family;
  readonly #backend: ProxyBackend;
  /** Keys of ports that differ from what is written, with what is written; undefined: nobody knows what is. */
  #pending: Map<string, PortRules | undefined> | undefined;
  #used = false;

  constructor(family: Family, backend: ProxyBackend) {
    this.family = family;
    this.#backend = backend;
    this.#used = family === 'ipv4';
  }

  /** @param changes keys of any family, with what they were */
  changed(changes: ReadonlyMap<string, PortRules | undefined>): void {
    for (const [key, before] of changes) {
      if (!key.endsWith(`/${this.family}`)) continue;
      this.#used = true;
      if (this.#pending && !this.#pending.has(key)) this.#pending.set(key, before);
    }
  }

  /** Writes what is to be written. @returns what was written over; undefined: nobody knows. @throws what the backend does */
  async write(now: RulesetChange['now']): Promise<ReadonlyMap<string, PortRules | undefined> | undefined> {
    const pending = this.#pending;
    if (!this.#used || pending?.size === 0) return new Map();
    this.#pending = undefined;
    await this.#backend.sync({ now, changed: pending && new Set(pending.keys()) });
    this.#pending = new Map();
    return pending;
  }

  /** False where someone took away what was written: everything is to be written again. */
  async intact(): Promise<boolean> {
    if (!this.#used || (this.#pending !== undefined && (await this.#backend.intact()))) return true;
    this.#pending = undefined;
    return false;
  }
}
