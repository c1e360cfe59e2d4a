import type { Clock } from '../../../base/clock.ts';
import type { Lister } from '../../../client/index.ts';
import type { Pod } from '../../../kinds/core/pod.ts';
import { matchesRequirements, parseLabelSelector } from '../../../meta/label-selector.ts';
import { formatTime } from '../../../meta/time.ts';
import type { Transport } from '../../../wire/api.ts';
import type { Dice } from './dice.ts';

const PODS = /^\/apis\/metrics\.k8s\.io\/v1beta1\/namespaces\/([^/]+)\/pods\?(.*)$/;
/** What autoscalers aim at. */
const TARGET = 100;

/** The server with an add-on that measures pods: by chance, and in the end just what is aimed at. */
export function measured(transport: Transport, { pods, dice, clock, isSteady }: { readonly pods: Lister<Pod>; readonly dice: Dice; readonly clock: Clock; readonly isSteady: () => boolean }): Transport {
  return async (request) => {
    const [, namespace, query] = PODS.exec(request.url) ?? [];
    if (namespace === undefined) return transport(request);
    const requirements = parseLabelSelector(new URLSearchParams(query).get('labelSelector') ?? '');
    const items = pods.list(namespace).filter(({ metadata, status }) => status.phase === 'Running' && matchesRequirements(requirements, metadata.labels)).map(({ metadata }) => ({
      metadata: { name: metadata.name, namespace }, timestamp: formatTime(clock.now()), window: '30s',
      containers: [{ name: 'main', usage: { cpu: `${isSteady() ? TARGET : dice.between(0, 4 * TARGET)}m`, memory: '1Mi' } }],
    }));
    return { status: 200, headers: {}, body: { type: 'object', object: { kind: 'PodMetricsList', apiVersion: 'metrics.k8s.io/v1beta1', metadata: {}, items } } };
  };
}
