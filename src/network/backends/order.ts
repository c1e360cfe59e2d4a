import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { RunProgram } from '../../base/program.ts';
import { BACKENDS, type Backend, type BackendName } from './backend.ts';
import { bgp } from './bgp.ts';
import { hostGw } from './host-gw.ts';
import { udp } from './udp.ts';
import { vxlan } from './vxlan.ts';

export interface BackendSurroundings {
  /** Runs programs in the node's network namespace. */
  readonly run: RunProgram;
  /** For what the backend's own programs keep. */
  readonly stateDir: string;
  readonly clock: Clock;
  readonly log: Logger;
}

const MAKERS: Readonly<Record<BackendName, (around: BackendSurroundings) => Backend>> = {
  'host-gw': hostGw,
  vxlan: ({ run }) => vxlan(run),
  udp,
  bgp,
};

export const makeBackend = (name: BackendName, around: BackendSurroundings): Backend => MAKERS[name](around);

/** Takes away what other backends left, as when a cluster changes from one to another. */
export async function unmakeOthers(name: BackendName | undefined, around: BackendSurroundings): Promise<void> {
  for (const other of BACKENDS.filter((one) => one !== name)) await makeBackend(other, around).clean();
}
