import { systemClock, type Millis } from '../../base/clock.ts';
import { systemRandom } from '../../base/random.ts';
import { Refusal, type NodeRequest, type Terminal } from '../../cli/index.ts';
import { apiProbe } from '../api-probe.ts';
import { ensureCredentials } from '../credentials.ts';
import { layoutOf, type Layout } from '../layout.ts';
import { networkOf, readSettings, writeSettings, type NodePlace, type Settings } from '../settings.ts';
import { changeNodes } from '../settings-nodes.ts';
import { ask } from '../supervisor/control.ts';
import { agentName } from '../supervisor/programs.ts';
import { powerOff, removeNode } from '../teardown.ts';

/** How long a node may take to become Ready, and how often it is looked at. */
const PATIENCE: Millis = 120_000;
const LOOK: Millis = 100;

/** Writes down what the nodes are to be, lets the supervisor follow, and does what is left to do. */
export async function node(request: NodeRequest, terminal: Terminal): Promise<void> {
  const layout = layoutOf(request.dataDir);
  const before = await readSettings(layout);
  if (!before) throw new Refusal(`there is no cluster in ${request.dataDir}`, 'make one with: knarr up');
  if (!(await ask(layout.dataDir, 'state'))) throw new Refusal(`the cluster in ${request.dataDir} does not run`, 'start it with: knarr up');
  const { settings, about } = changeNodes(before, request);
  await ensureCredentials(layout, settings, { clock: systemClock, random: systemRandom });
  await writeSettings(layout, settings);
  const answer = await ask(layout.dataDir, 'reload');
  if (answer?.trouble !== undefined) throw new Refusal(`the nodes could not be changed: ${answer.trouble}`);
  await AFTER[request.verb]({ layout, before, settings, about });
  terminal.err(`knarr: ${about.map(({ name }) => name).join(', ')} ${DONE[request.verb]}`);
}

const DONE: Readonly<Record<NodeRequest['verb'], string>> = {
  add: 'added', remove: 'removed', stop: 'stopped: nothing of it runs', start: 'started', partition: 'cut off: it runs on and reaches nobody', heal: 'joined again',
};

interface After {
  readonly layout: Layout;
  readonly before: Settings;
  readonly settings: Settings;
  readonly about: readonly NodePlace[];
}

const AFTER: Readonly<Record<NodeRequest['verb'], (after: After) => Promise<void>>> = {
  add: untilReady,
  start: untilReady,
  async stop({ layout, settings, about }) {
    for (const each of about) await powerOff(layout, settings, each);
  },
  async remove({ layout, before, about }) {
    for (const each of about) await removeNode(layout, before, each);
    using probe = await apiProbe(layout, before);
    // Its pods go with it: the garbage collector of pods looks after those whose node is gone.
    for (const { name } of about) {
      if (!(await probe.deleteNode(name))) throw new Refusal(`${name} is gone, and its Node object could not be deleted`, `delete it with: knarr kubectl delete node ${name}`);
    }
  },
  partition: async () => {},
  heal: async () => {},
};

async function untilReady({ layout, settings, about }: After): Promise<void> {
  if (networkOf(settings) === 'none') return; // it is Ready once its CNI is
  using probe = await apiProbe(layout, settings);
  const until = systemClock.monotonic() + PATIENCE;
  for (;;) {
    const nodes = await probe.nodes();
    // A node that was stopped for a moment only is Ready in everybody's eyes: its agent must run, too.
    const running = (await ask(layout.dataDir, 'state'))?.components.filter(({ state }) => state === 'running').map(({ name }) => name) ?? [];
    const missing = about.filter((each) => !running.includes(agentName(each)) || !nodes.some((one) => one.name === each.name && one.ready));
    if (missing.length === 0) return;
    if (systemClock.monotonic() > until) throw new Refusal(`${missing.map(({ name }) => name).join(', ')} not Ready after ${PATIENCE / 1000} s; it goes on trying`, `look into ${layout.logs}`);
    await systemClock.sleep(LOOK);
  }
}
