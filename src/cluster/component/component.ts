import { hostname } from 'node:os';
import { onAbort } from '../../base/abort.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { createClient, createInformers, runLeaderElection } from '../../client/index.ts';
import { connect } from '../../wire/node/http-client.ts';
import type { Layout } from '../layout.ts';
import { requirePair } from '../pki/ensure.ts';
import { followPairs } from '../pki/follow.ts';
import type { Loop, Settings } from '../settings.ts';
import { Started } from '../started.ts';
import { KUBERNETES_VERSION } from '../version.ts';
import { startLoop } from './loops.ts';
import { LOOPS } from './names.ts';

export interface ComponentOptions {
  readonly layout: Layout;
  readonly settings: Settings;
  readonly loop: Loop;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/**
 * The controllers or the scheduler in a process of their own: one of several, of which whoever holds the Lease works and the
 * others wait. Resolves once `signal` has aborted and the Lease is given up.
 */
export async function runComponent(options: ComponentOptions, signal: AbortSignal): Promise<void> {
  const { layout, settings, loop, clock, random, log } = options;
  const { certificate, lease } = LOOPS[loop];
  const [ca, pair] = await Promise.all([requirePair(layout, 'ca'), requirePair(layout, certificate)]);
  await using transport = connect({ url: `https://127.0.0.1:${settings.port}`, ca: ca.cert, ...pair });
  using _following = followPairs([{ name: certificate, pair, take: (next) => transport.setIdentity(next) }], options);
  const client = createClient(transport, { userAgent: `${lease}/${KUBERNETES_VERSION}` });
  await runLeaderElection(client, {
    clock, random, log, namespace: 'kube-system', name: lease, identity: `${hostname()}_${random.uuid()}`,
    async lead(term) {
      await using started = new Started();
      const informers = started.add(createInformers(client, { clock, random, log }));
      started.add(await startLoop(loop, { layout, settings, client, informers, clock, random, log }));
      await new Promise<void>((resolve) => void onAbort(term, resolve));
    },
    onNewLeader: (identity) => log.info('new leader', { identity }),
  }, signal);
}
