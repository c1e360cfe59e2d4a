import type { Operation } from '../admission.ts';
import { labels } from '../../../base/metrics/family.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import type { Hook } from './hooks.ts';

/** What came of a call. `code`: of the answer or the rejection, 0 where there was none. */
export type Outcome =
  | { readonly type: 'allowed' | 'broken' }
  | { readonly type: 'rejected' | 'failed' | 'ignored'; readonly code: number };

/** Codes above are counted as one, as upstream's metrics do. */
const MAX_CODE = 600;

export function observe(metrics: Metrics, { hook, operation, seconds }: { readonly hook: Hook; readonly operation: Operation; readonly seconds: number }, outcome: Outcome): void {
  const { name, type } = hook;
  const code = 'code' in outcome ? Math.min(outcome.code, MAX_CODE) : outcome.type === 'allowed' ? 200 : 500;
  const rejected = !['allowed', 'ignored'].includes(outcome.type);
  metrics.webhookSeconds.at(labels({ name, operation, rejected: String(rejected), type })).observe(seconds);
  metrics.webhookRequests.add(labels({ code, name, operation, rejected: String(rejected), type }));
  if (outcome.type === 'ignored') metrics.webhookFailOpen.add(labels({ name, type }));
  if (!rejected) return;
  const errorType = outcome.type === 'failed' ? 'calling_webhook_error' : outcome.type === 'rejected' ? 'no_error' : 'apiserver_internal_error';
  metrics.webhookRejections.add(labels({ error_type: errorType, name, operation, rejection_code: outcome.type === 'broken' ? 0 : code, type }));
}
