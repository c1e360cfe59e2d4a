import type { Core } from '../../core.ts';
import type { Attributes } from '../admission.ts';
import type { Invocation } from './select.ts';

/** Whether all of a webhook's match conditions hold. @throws ApiError where one cannot be evaluated and the webhook must not fail open */
export async function matchesConditions(_core: Core, { hook }: Invocation, _attributes: Attributes): Promise<boolean> {
  return (hook.matchConditions ?? []).length === 0;
}
