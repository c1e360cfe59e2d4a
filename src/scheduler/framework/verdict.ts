/** What a plugin says of a pod, or of a pod on a node. `pass` is cheap: most of the millions of answers are. */
export type Verdict = Rejection | undefined;
export const pass: Verdict = undefined;

export interface Rejection {
  /** As users read them, after a count of nodes: `node(s) were unschedulable`. */
  readonly reasons: readonly string[];
  /** Removing other pods from the node would not help (upstream: UnschedulableAndUnresolvable). */
  readonly forGood: boolean;
}

/** Removing pods from the node may help. */
export const reject = (...reasons: string[]): Rejection => ({ reasons, forGood: false });
export const rejectForGood = (...reasons: string[]): Rejection => ({ reasons, forGood: true });
