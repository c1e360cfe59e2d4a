import { IPAddress } from '../../kinds/networking/ip-address.ts';
import { ServiceCIDR } from '../../kinds/networking/service-cidr.ts';
import { isInCidr } from '../../meta/ip.ts';
import { formatTime } from '../../meta/time.ts';
import { writeStatus } from '../pod-control.ts';
import { type Context, defineController, watchOf } from '../runtime/index.ts';
import { concerned, FINALIZER, overlaps, planServiceCidr, type Step } from './plan.ts';

/** Makes ServiceCIDRs ready, and keeps those that are deleted until no Service needs them (KEP-1880). */
export const serviceCidrController = defineController({
  name: 'service-cidr-controller',
  component: 'service-cidr-controller',
  for: ServiceCIDR,
  watches: [
    watchOf(IPAddress, ({ metadata }, cache) => concerned(cache.list(ServiceCIDR), (range) => isInCidr(metadata.name, range))),
    // A range that joins or goes may be what another's deletion waits for.
    watchOf(ServiceCIDR, ({ spec }, cache) => concerned(cache.list(ServiceCIDR), (range) => (spec.cidrs ?? []).some((other) => overlaps(range, other)))),
  ],

  async reconcile(cidr, context) {
    const { cache, now } = context;
    let again: number | undefined;
    for (const step of planServiceCidr(cidr, { all: cache.list(ServiceCIDR), addresses: cache.list(IPAddress), now })) {
      if (step.type === 'wait') again = step.millis;
      else await take(step, cidr, context);
      // The range is another now: writing on from the old one would be a conflict. Its change brings us back.
      if (step.type === 'protect') break;
    }
    return again;
  },
});

async function take(step: Exclude<Step, { type: 'wait' }>, cidr: ServiceCIDR, context: Context): Promise<void> {
  const { client, now, events } = context;
  const { name, resourceVersion = '', finalizers = [] } = cidr.metadata;
  if (step.type === 'tell') {
    const { conditions = [] } = cidr.status;
    const before = conditions.find(({ type }) => type === step.condition.type);
    const lastTransitionTime = before?.status === step.condition.status ? before.lastTransitionTime : formatTime(now);
    const condition = { ...step.condition, lastTransitionTime };
    await writeStatus(context, ServiceCIDR, cidr, { ...cidr.status, conditions: [...conditions.filter((one) => one !== before), condition] }).catch((error: unknown) => {
      if (step.condition.status === 'True') events.event(cidr, 'Warning', 'KubernetesServiceCIDRError', 'The ServiceCIDR Status can not be set to Ready=True');
      throw error;
    });
    return;
  }
  const next = step.type === 'protect' ? [...finalizers, FINALIZER] : finalizers.filter((one) => one !== FINALIZER);
  await client.patch(ServiceCIDR, name, { type: 'merge', body: { metadata: { resourceVersion, finalizers: next } } });
}
