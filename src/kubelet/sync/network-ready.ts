import type { Pod } from '../../kinds/core/pod.ts';
import type { PodSyncContext } from './pod-sync.ts';

/** A sandbox that the runtime cannot connect need not be tried. @throws Error with upstream's text, which is told */
export async function awaitNetwork({ cri, tell }: Pick<PodSyncContext, 'cri' | 'tell'>, pod: Pod, signal: AbortSignal): Promise<void> {
  const unmet = (await cri.status(signal)).find(({ type, status }) => type === 'NetworkReady' && !status);
  if (!unmet) return;
  const message = `network is not ready: container runtime network not ready: NetworkReady=false reason:${unmet.reason} message:${unmet.message}`;
  tell(pod, undefined, { type: 'Warning', reason: 'NetworkNotReady', message });
  throw new Error(message);
}
