import type { Clock, Millis } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { ensureCredentials } from '../credentials.ts';
import type { Layout } from '../layout.ts';
import { ISSUERS } from '../pki/ensure.ts';
import type { Settings } from '../settings.ts';

/** How often certificates are looked at. */
export const RENEWAL: Millis = 12 * 3_600_000;

export interface RenewalOptions {
  readonly layout: Layout;
  readonly settings: () => Settings;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Starts anew whoever trusts the authorities. Leaves are followed by those who show them (pki/follow.ts). */
  readonly restart: () => void;
}

/** Renews what wears out, twice a day, until `signal` aborts; a failure is tried again the next time. Never rejects. */
export async function keepRenewed({ layout, settings, restart, ...effects }: RenewalOptions, signal: AbortSignal): Promise<void> {
  const { clock, log } = effects;
  for (;;) {
    await clock.sleep(RENEWAL, signal).catch(() => {});
    if (signal.aborted) return;
    try {
      const renewed = await ensureCredentials(layout, settings(), effects);
      if (renewed.length > 0) log.info('certificates renewed', { renewed });
      if (ISSUERS.some((name) => renewed.includes(name)) && !signal.aborted) restart();
    } catch (error) {
      log.error('certificates could not be renewed', { error });
    }
  }
}
