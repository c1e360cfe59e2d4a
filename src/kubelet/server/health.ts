/** `/healthz` and its parts, and what has come of them so far for `/metrics/slis`. */
import { labels, Values } from '../../base/metrics/family.ts';
import type { Family } from '../../base/metrics/family.ts';
import type { ApiResponse } from '../../wire/api.ts';
import { plain } from './plain.ts';

/** Why it is not well; undefined where it is. */
export type Check = () => string | undefined;

export class Health {
  readonly #checks: ReadonlyMap<string, Check>;
  readonly #now = new Values();
  readonly #counts = new Values();

  constructor(checks: Readonly<Record<string, Check>>) {
    this.#checks = new Map(Object.entries(checks));
  }

  /** @param path what follows `/healthz/`, if anything */
  answer([name]: readonly string[], query: URLSearchParams): ApiResponse {
    if (name) return this.#one(name);
    const excluded = new Set(query.getAll('exclude').flatMap((text) => text.split(',')));
    const results = [...this.#checks.keys()].map((check) => ({ check, why: excluded.has(check) ? undefined : this.#run(check), excluded: excluded.has(check) }));
    const failed = results.some(({ why }) => why !== undefined);
    if (!failed && !query.has('verbose')) return plain(200, 'ok');
    const lines = results.map(({ check, why, excluded: left }) => (why === undefined ? `[+]${check} ${left ? 'excluded: ok' : 'ok'}` : `[-]${check} failed: reason withheld`));
    return plain(failed ? 500 : 200, `${lines.join('\n')}\nhealthz check ${failed ? 'failed' : 'passed'}\n`);
  }

  *families(): Iterable<Family> {
    for (const check of this.#checks.keys()) this.#run(check);
    yield { name: 'kubernetes_healthcheck', type: 'gauge', help: '[STABLE] This metric records the result of a single healthcheck.', samples: this.#now };
    yield { name: 'kubernetes_healthchecks_total', type: 'counter', help: '[STABLE] This metric records the results of all healthcheck.', samples: this.#counts };
  }

  #one(name: string): ApiResponse {
    if (!this.#checks.has(name)) return plain(404, '404 page not found\n');
    const why = this.#run(name);
    return why === undefined ? plain(200, 'ok') : plain(500, `internal server error: ${why}\n`);
  }

  #run(name: string): string | undefined {
    const why = this.#checks.get(name)?.();
    this.#now.set(labels({ name, type: 'healthz' }), why === undefined ? 1 : 0);
    this.#counts.add(labels({ name, status: why === undefined ? 'success' : 'error', type: 'healthz' }));
    return why;
  }
}
