import { setMaxListeners } from 'node:events';
import { existsSync } from 'node:fs';
import { systemClock, type Millis } from '../../base/clock.ts';
import { systemRandom } from '../../base/random.ts';
import { layoutOf } from '../layout.ts';
import { jsonLog } from '../log.ts';
import { readSettings } from '../settings.ts';
import { ask } from '../supervisor/control.ts';
import { startSupervisor, wantedFile } from '../supervisor/start.ts';
import { startControlPlane } from './control-plane.ts';

// One signal stops hundreds of loops here; Node would take more than ten listeners for a leak.
setMaxListeners(0);

/** The program `control-plane DATA_DIR`. */
const layout = layoutOf(process.argv[2]!);
const settings = await readSettings(layout);
if (!settings) throw new Error(`${layout.settings} is not there`);
const log = jsonLog('control-plane');
const controlPlane = await startControlPlane({
  layout, settings, clock: systemClock, random: systemRandom, log,
  onStoreFailure: (error) => {
    log.error('the store failed; ending, so that a restart recovers it', { error });
    process.exit(1);
  },
});
log.info('serving', { port: settings.port });

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => void Promise.resolve(controlPlane[Symbol.asyncDispose]()).finally(() => process.exit(0)));
}
process.on('SIGHUP', () => {});

/** How often the supervisor is looked after: it restarts everyone else, and nobody else restarts it. */
const LOOK: Millis = 3000;
const lookAfterSupervisor = (): void => void systemClock.after(LOOK, async () => {
  // `down` takes the file away before it lets the supervisor go.
  if (existsSync(wantedFile(layout)) && !(await ask(layout.dataDir, 'state'))) {
    log.warn('the supervisor is gone; starting another');
    await startSupervisor(layout).catch((error: unknown) => log.error('no supervisor could be started', { error }));
  }
  lookAfterSupervisor();
});
lookAfterSupervisor();
