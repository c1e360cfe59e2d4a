import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import type { Client, Informers } from '../../client/index.ts';
import { type ControllerMetrics, startControllers } from '../../controllers/index.ts';
import { startScheduler } from '../../scheduler/index.ts';
import type { Layout } from '../layout.ts';
import { clusterAuthority } from '../pki/authority.ts';
import { requirePair } from '../pki/ensure.ts';
import { AGENT_GROUP } from '../pki/plan.ts';
import { ensureServiceAccountKey } from '../pki/service-account-key.ts';
import { clusterCidrsOf } from '../settings-families.ts';
import type { Loop, Settings } from '../settings.ts';

export interface LoopOptions {
  readonly layout: Layout;
  readonly settings: Settings;
  readonly client: Client;
  readonly informers: Informers;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Where the controllers' passes and queues are counted. */
  readonly metrics?: ControllerMetrics;
}

/** Starts it at once, whoever else runs one: who leads is for the caller to know. */
export async function startLoop(loop: Loop, { layout, settings, log, ...around }: LoopOptions): Promise<AsyncDisposable> {
  if (loop === 'scheduler') return startScheduler({ ...around, log: log.with({ room: 'scheduler' }) });
  const [ca, serviceAccountKey] = await Promise.all([requirePair(layout, 'ca'), ensureServiceAccountKey(layout)]);
  return startControllers({
    ...around, log: log.with({ room: 'controllers' }),
    config: {
      caPem: ca.cert, authority: clusterAuthority(ca, around.random), clusterCidrs: clusterCidrsOf(settings), agents: AGENT_GROUP, serviceAccountKey,
      legacyServiceAccountTokens: settings.legacyServiceAccountTokens,
    },
  });
}
