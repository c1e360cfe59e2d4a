import type { Context } from './context.ts';

/** One test of the suite. */
export interface TestCase {
  /** Upstream's name for it, exactly. */
  readonly codename: string;
  /** A label for each MUST; the test asserts each of them by that label. */
  readonly musts: readonly string[];
  /** Changes what other tests see (nodes, quotas of the cluster): runs alone. */
  readonly serial: boolean;
  readonly timeoutSeconds: number;
  /** Where v1.36 has changed what the description says. */
  readonly note?: string;
  readonly run: (t: Context) => Promise<void>;
}

export interface CaseOptions {
  readonly musts?: readonly string[];
  readonly serial?: boolean;
  readonly timeoutSeconds?: number;
  readonly note?: string;
}

export function test(codename: string, options: CaseOptions, run: TestCase['run']): TestCase {
  const { musts = [], timeoutSeconds = 180, note } = options;
  const serial = options.serial ?? /\[Serial\]|\[Disruptive\]/.test(codename);
  return { codename, musts, serial, timeoutSeconds, run, ...(note !== undefined && { note }) };
}
