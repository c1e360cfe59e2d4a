import type { Decision } from './cycle.ts';
import type { NodeScore } from './framework/score-run.ts';

/** What `knarr why` tells of a pod's last scheduling cycle. */
export interface LastDecision {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly attempts: number;
  readonly node?: string;
  readonly evaluated?: number;
  readonly feasible?: number;
  /** The best nodes and what each plugin gave them. */
  readonly scores?: readonly NodeScore[];
  /** Why it fits nowhere, as the pod's condition says. */
  readonly message?: string;
  readonly rejectedBy?: readonly string[];
}

/** The latest decisions, by the pod's key; older ones are forgotten. */
export class Decisions {
  readonly #kept = new Map<string, () => LastDecision>();
  readonly #most: number;

  constructor(most = 256) {
    this.#most = most;
  }

  keep(key: string, decision: Decision, about: Pick<LastDecision, 'at' | 'attempts' | 'message'>): void {
    this.#kept.delete(key);
    this.#kept.set(key, lastDecision(decision, about));
    if (this.#kept.size > this.#most) this.#kept.delete(this.#kept.keys().next().value!);
  }

  get(key: string): LastDecision | undefined {
    return this.#kept.get(key)?.();
  }
}

/** Scores are put in order only when someone asks; the verdicts of thousands of nodes are not held on to. */
function lastDecision(decision: Decision, about: Pick<LastDecision, 'at' | 'attempts' | 'message'>): () => LastDecision {
  if (decision.type === 'unfit') {
    const rejectedBy = [...decision.diagnosis.plugins];
    return () => ({ ...about, rejectedBy });
  }
  const { node, evaluated, feasible, scored } = decision;
  return () => ({ ...about, node: node.name, evaluated, feasible, ...(scored && { scores: scored.top() }) });
}
