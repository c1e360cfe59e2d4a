/** All containers of a pod begin anew, in place, when one of them ends as a rule has it (KEP-5532). */
import type { Pod } from '../../kinds/core/pod.ts';
import type { Cri } from '../cri/cri.ts';
import type { Killing } from './kill.ts';
import { killContainer } from './kill.ts';
import type { PodRuntime } from './pod-runtime.ts';
import { restartable } from './restart.ts';

export interface RestartAll {
  readonly pod: Pod;
  readonly runtime: PodRuntime;
  readonly triggers: readonly string[];
}

/** Without hooks and without grace; those that caused it go last, so that whoever is interrupted begins again. */
export async function restartAll(killing: Killing & { readonly cri: Cri }, { pod, runtime, triggers }: RestartAll, signal: AbortSignal): Promise<void> {
  const names = new Set(restartable(pod).map(({ name }) => name));
  const going = runtime.containers.filter(({ name }) => names.has(name));
  await Promise.all(going.filter(({ state }) => state === 'running' || state === 'unknown').map((container) =>
    killContainer(killing, { pod, runtime, container, message: `Stopping container ${container.name}`, graceSeconds: 0 }, signal)));
  const isTrigger = ({ name }: { readonly name: string }) => triggers.includes(name);
  for (const { id } of [...going.filter((container) => !isTrigger(container)), ...going.filter(isTrigger)]) await killing.cri.removeContainer(id, signal);
}
