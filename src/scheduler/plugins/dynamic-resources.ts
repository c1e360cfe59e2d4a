import { definePlugin } from '../framework/plugin.ts';
import { rejectForGood } from '../framework/verdict.ts';

const rejection = rejectForGood('resource claims are not allocated by this scheduler yet');

/** Holds back pods with ResourceClaims until devices can be allocated; for all others upstream's word that no claim is in the way. */
export const dynamicResources = definePlugin({
  name: 'DynamicResources',
  wakeOn: ['own-spec'],
  preFilter: ({ pod }) => (pod.spec.resourceClaims?.length ? { type: 'reject', rejection } : { type: 'skip' }),
  postFilter: () => ({ message: 'no new claims to deallocate' }),
});
