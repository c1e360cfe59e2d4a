import { setMaxListeners } from 'node:events';
import { systemClock } from '../../base/clock.ts';
import { systemRandom } from '../../base/random.ts';
import { layoutOf } from '../layout.ts';
import { jsonLog } from '../log.ts';
import { readSettings } from '../settings.ts';
import { startAgent } from './agent.ts';

// One signal stops hundreds of loops here; Node would take more than ten listeners for a leak.
setMaxListeners(0);

/** The program `agent DATA_DIR NODE`. */
const [, , dataDir = '', nodeName = ''] = process.argv;
const layout = layoutOf(dataDir);
const settings = await readSettings(layout);
const node = settings?.nodes.find(({ name }) => name === nodeName);
if (!settings || !node) throw new Error(`${layout.settings} knows no node ${nodeName}`);
const log = jsonLog('agent').with({ node: nodeName });
const agent = await startAgent({ layout, settings, node, clock: systemClock, random: systemRandom, log });
log.info('started');

const end = () => Promise.resolve(agent[Symbol.asyncDispose]()).finally(() => process.exit(0));
// The agent alone goes: containers run on, and its successor takes them over.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void end());
// The node goes, as init has it when the power fails.
process.once('SIGPWR', () => {
  log.info('the node shuts down');
  void agent.shutdown().catch((error: unknown) => log.error('pods may not have ended in order', { error })).then(end);
});
process.on('SIGHUP', () => {});
