/**
 * API servers beside this one: APIServices say who serves which group version.
 *
 * proxy.ts hands requests on, as the front proxy; availability.ts finds out who can be asked, documents.ts what they serve;
 * keeper.ts keeps both, and an APIService for each group version served here. Discovery and OpenAPI ask for what is kept:
 * a server that hangs or is gone makes nobody wait.
 */
import type { Core } from '../core.ts';
import { ApiServices } from './api-services.ts';
import { Documents } from './documents.ts';

export interface Aggregation {
  readonly services: ApiServices;
  readonly documents: Documents;
}

export function makeAggregation(core: Pick<Core, 'config' | 'resources' | 'random' | 'clock'>): Aggregation {
  return { services: new ApiServices(core), documents: new Documents(core) };
}

export { aggregateStage } from './proxy.ts';
export { startAggregationKeeper } from './keeper.ts';
