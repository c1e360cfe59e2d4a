import { existsSync } from 'node:fs';
import { systemClock } from '../../base/clock.ts';
import { systemRandom } from '../../base/random.ts';
import { layoutOf } from '../layout.ts';
import { jsonLog } from '../log.ts';
import { machineExec } from '../machine/exec.ts';
import { readSettings } from '../settings.ts';
import { machineProcesses } from './process.ts';
import { wantedFile } from './start.ts';
import { Supervisor } from './supervisor.ts';

/** The program `supervisor DATA_DIR`. It ends when it is told to let go, or when there is one already. */
const layout = layoutOf(process.argv[2]!);
const settings = await readSettings(layout);
if (!settings) throw new Error(`${layout.settings} is not there`);
const log = jsonLog('supervisor');
const supervisor = new Supervisor({
  layout, settings, processes: machineProcesses(systemClock), exec: machineExec, clock: systemClock, random: systemRandom, log,
});
const release = (): void => process.exit(0);
if (!existsSync(wantedFile(layout)) || !(await supervisor.start(release))) release();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, release);
process.on('SIGHUP', () => {}); // the terminal it was started from is not its own
log.info('supervising', { dataDir: layout.dataDir });
