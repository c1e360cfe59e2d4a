import type { Family } from '../../base/metrics/family.ts';
import { buildInfo, processMetrics } from '../../base/metrics/process.ts';
import { processFacts } from '../control-plane/process-facts.ts';
import { KUBERNETES_VERSION } from '../version.ts';

/** This process, which is more than the kubelet, as the kubelet's metrics tell it. */
export function* agentFacts(): Iterable<Family> {
  yield buildInfo({ gitVersion: KUBERNETES_VERSION, platform: `linux/${process.arch === 'x64' ? 'amd64' : process.arch}` });
  yield* processMetrics(processFacts());
}
