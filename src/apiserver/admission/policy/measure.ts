import type { Millis } from '../../../base/clock.ts';
import type { Core } from '../../core.ts';
import { Histograms, labels, Values } from '../../../base/metrics/family.ts';

type Sort = 'validating' | 'mutating';

const SECONDS = [0.0000005, 0.001, 0.01, 0.1, 1];

/** One decision of a policy: what was done about it, and whether something went wrong. */
export interface Decision {
  readonly policy: string;
  readonly binding: string;
  readonly action?: 'deny' | 'audit' | 'warn' | 'allow';
  /** What was said, where the expression did not decide. */
  readonly failure?: string;
  /** When the evaluation began, by the clock's `monotonic`. */
  readonly since: Millis;
}

/** Counted by upstream's names, from the first decision on. */
class PolicyMeasure {
  readonly #core: Core;
  readonly #totals = { validating: new Values(), mutating: new Values() };
  readonly #seconds = { validating: new Histograms(SECONDS), mutating: new Histograms(SECONDS) };

  constructor(core: Core) {
    this.#core = core;
    core.metrics.collectors.push(() => this.#families());
  }

  count(sort: Sort, { policy, binding, action, failure, since }: Decision): void {
    const at = labels({ ...(action ? { enforcement_action: action } : {}), error_type: errorType(failure), policy, policy_binding: binding });
    this.#totals[sort].add(at);
    this.#seconds[sort].at(at).observe((this.#core.clock.monotonic() - since) / 1000);
  }

  *#families() {
    for (const [sort, word] of [['validating', 'Validation'], ['mutating', 'Mutation']] as const) {
      const name = `apiserver_${sort}_admission_policy_check`;
      const action = sort === 'validating' ? ' and enforcement action taken' : '';
      yield { name: `${name}_total`, type: 'counter' as const, help: `${word} admission policy check total, labeled by policy and further identified by binding${action}.`, samples: this.#totals[sort] };
      yield {
        name: `${name}_duration_seconds`, type: 'histogram' as const, samples: this.#seconds[sort],
        help: `${word} admission latency for individual ${sort === 'validating' ? 'validation' : 'mutation'} expressions in seconds, labeled by policy and further including binding${action}.`,
      };
    }
  }
}

/** As upstream tells them apart: by how the message begins. */
function errorType(failure: string | undefined): string {
  if (failure === undefined) return 'no_error';
  if (failure.startsWith('compilation')) return 'compile_error';
  return failure.startsWith('validation failed due to running out of cost budget') ? 'out_of_budget' : 'invalid_error';
}

const known = new WeakMap<Core, PolicyMeasure>();

export function countDecision(core: Core, sort: Sort, decision: Decision): void {
  let measure = known.get(core);
  if (!measure) known.set(core, (measure = new PolicyMeasure(core)));
  measure.count(sort, decision);
}
