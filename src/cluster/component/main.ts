import { setMaxListeners } from 'node:events';
import { systemClock } from '../../base/clock.ts';
import { systemRandom } from '../../base/random.ts';
import { layoutOf } from '../layout.ts';
import { jsonLog } from '../log.ts';
import { isLoop, readSettings } from '../settings.ts';
import { runComponent } from './component.ts';

// One signal stops hundreds of loops here; Node would take more than ten listeners for a leak.
setMaxListeners(0);

/** The program `component DATA_DIR LOOP`. */
const [, , dataDir = '', loop = ''] = process.argv;
const layout = layoutOf(dataDir);
const settings = await readSettings(layout);
if (!settings) throw new Error(`${layout.settings} is not there`);
if (!isLoop(loop)) throw new Error(`there is no component ${loop}`);
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());
process.on('SIGHUP', () => {});
await runComponent({ layout, settings, loop, clock: systemClock, random: systemRandom, log: jsonLog(loop) }, stop.signal);
process.exit(0);
