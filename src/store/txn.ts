import type { Conflict, Del, Entry, Put, Txn } from './driver.ts';

/** Where a transaction looks up the present: the state, or the state with what is on its way to the disk laid over it. */
export type Present = (key: string) => Entry | undefined;

/** What a transaction would do: nothing, as another came first, or these operations. */
export type Verdict = Conflict | { readonly ok: true; readonly ops: readonly (Put | Del)[] };

/**
 * Judges `txn` against the present. Deletions of absent keys are left out: a commit without operations makes no revision,
 * as in etcd.
 */
export function judge(txn: Txn, present: Present): Verdict {
  const expected = Object.entries(txn.expect);
  const holds = expected.every(([key, revision]) => (present(key)?.modRevision ?? 0n) === revision);
  if (!holds) {
    return { ok: false, actual: expected.map(([key]) => present(key)).filter((entry) => entry !== undefined) };
  }
  rejectDuplicates(txn.ops);
  return { ok: true, ops: txn.ops.filter((op) => op.type === 'put' || present(op.key) !== undefined) };
}

function rejectDuplicates(ops: Txn['ops']): void {
  if (ops.length < 2) return;
  if (new Set(ops.map(({ key }) => key)).size < ops.length) throw new Error('duplicate key given in txn request');
}
