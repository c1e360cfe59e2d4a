import { nextTurn } from '../../../base/clock.ts';
import type { LogFields, Logger } from '../../../base/log.ts';
import { seededRandom } from '../../../base/random.ts';
import { startApi } from '../../../apiserver/testing/start-api.ts';
import { createClient, createInformers } from '../../../client/index.ts';
import { builtinKinds } from '../../../kinds/index.ts';
import { ControllerRevision } from '../../../kinds/apps/controller-revision.ts';
import { HorizontalPodAutoscaler } from '../../../kinds/autoscaling/horizontal-pod-autoscaler.ts';
import { Namespace } from '../../../kinds/core/namespace.ts';
import { Node } from '../../../kinds/core/node.ts';
import { PersistentVolumeClaim } from '../../../kinds/core/persistent-volume-claim.ts';
import { Pod } from '../../../kinds/core/pod.ts';
import type { Resource } from '../../../meta/resource.ts';
import type { Transport } from '../../../wire/api.ts';
import { allControllers } from '../../all.ts';
import { Traffic } from '../traffic.ts';
import { unfinished } from './converged.ts';
import { seededDice, type Dice } from './dice.ts';
import { faulty, type Faults } from './faults.ts';
import { History } from './history.ts';
import { Invariants, OBSERVED } from './invariants.ts';
import { judges } from './judges/index.ts';
import { LeapingClock } from './leaping-clock.ts';
import { measured } from './metrics.ts';
import { FakeNodes } from './nodes.ts';
import { NAMESPACE, Users, type Deed } from './user.ts';
import { Memory, View } from './view.ts';
import { witnessed, type WitnessOptions } from './witness.ts';

/** What controllers write and their judges look at. */
const WRITTEN: readonly Resource[] = [...OBSERVED, ControllerRevision, HorizontalPodAutoscaler];
/** Longer than tolerations, back-offs and deadlines that may have to run out first. */
const REST_WITHIN_SECONDS = 3600;
/** Evictions of a lost node's pods begin after five minutes, and are over after ten. */
const UNREST = 600_000;
const EMPTIED_WITHIN_SECONDS = 600;
/** Of the controllers' log, in a report. */
const LOG_LINES = 30;

/**
 * Every controller against a real API server, on a clock that only moves when told to, with calls that fail, watches that
 * lag, nodes that die, restarts and leaps of time. All chance comes from the seed. @returns what went wrong, with what led to it
 */
export async function simulate(seed: number, steps: number): Promise<readonly string[]> {
  await using world = await startWorld(seed);
  const { dice } = world;
  for (let step = 0; step < steps; step++) {
    const deed = chooseDeed(world);
    await world.note(deed.name);
    await deed.act();
    // Sometimes the next thing happens while the answer to this is still being worked out.
    if (dice.chance(0.25)) for (let turn = dice.below(40); turn > 0; turn--) await nextTurn();
    else await world.pass(dice.pick([1, 1, 2, 5, 20]));
    if (world.violations.length > 0) return world.report();
  }
  await world.note('all faults end');
  await world.calmDown();
  let left: readonly string[] = [];
  for (let waited = 0; waited < REST_WITHIN_SECONDS; waited += 10) {
    await world.pass(10);
    if (world.violations.length > 0) return world.report();
    left = await unfinished(world.client);
    if (left.length === 0) return await clearAway(world);
  }
  world.violations.push(...left.map((one) => `after an hour of rest: ${one}`));
  return world.report();
}

/** The last deed: the whole namespace goes, calls failing again for a while. */
async function clearAway(world: World): Promise<readonly string[]> {
  await world.note('delete the namespace');
  world.faults.off = false;
  world.invariants.emptying = true;
  await world.client.delete(Namespace, NAMESPACE);
  for (let waited = 0; waited < EMPTIED_WITHIN_SECONDS; waited += 10) {
    await world.pass(10);
    world.faults.off = waited > 30;
    const { items } = await world.client.list(Namespace);
    if (items.every(({ metadata }) => metadata.name !== NAMESPACE)) {
      const orphans = (await world.client.list(Pod, { namespace: NAMESPACE })).items;
      world.violations.push(...orphans.map(({ metadata }) => `${metadata.name} outlives its namespace`));
      return world.violations.length > 0 ? world.report() : [];
    }
  }
  world.violations.push(`the namespace is still there: ${JSON.stringify(await world.client.get(Namespace, NAMESPACE))}`);
  return world.report();
}

type World = Awaited<ReturnType<typeof startWorld>>;

function chooseDeed({ dice, users, nodes, restart, clock, upset, isSheltered }: World): Deed {
  const name = () => `node-${dice.between(1, 5)}`;
  const chance = dice.below(100);
  if (chance < 5) return { name: 'restart the controllers', act: restart };
  if (chance < 8) return { name: 'time leaps forward', act: async () => clock.leap(isSheltered ? 5_000 : dice.pick([5_000, 90_000, 900_000])) };
  if (isSheltered) return users.next();
  if (chance < 11) return upset('lose', dice.pick([...nodes.alive]) ?? '', async (node) => nodes.alive.size > 2 && nodes.lose(node));
  if (chance < 14) return upset('revive', name(), async (node) => !nodes.alive.has(node) && nodes.all.some(({ metadata }) => metadata.name === node) && nodes.revive(node));
  if (chance < 16) return upset('remove', name(), async (node) => nodes.alive.size > 2 && nodes.remove(node));
  if (chance < 18) return upset('add', name(), async (node) => !nodes.all.some(({ metadata }) => metadata.name === node) && nodes.add(node));
  return users.next();
}

async function startWorld(seed: number) {
  const dice: Dice = seededDice(seed);
  const clock = new LeapingClock();
  const api = await startApi({ kinds: builtinKinds, clock, random: seededRandom(seed + 2) });
  const traffic = new Traffic();
  const server = traffic.through(api.server.handler);
  const trace: string[] = [];
  const violations: string[] = [];
  const said: string[] = [];
  const log = watchful(violations, said);
  const around = { clock, random: seededRandom(seed), log };
  const client = createClient(server, { user: { username: 'test', groups: ['system:masters'] } });
  const informers = createInformers(client, around);
  const history = new History(informers, OBSERVED);
  for (const resource of [Node, PersistentVolumeClaim]) informers.for<Resource>(resource);
  const isSheltered = seed % 2 === 0;
  const nodes = new FakeNodes({ client, informers, clock, dice, flaps: !isSheltered });
  const invariants = new Invariants();
  const faults: Faults = { off: false };
  const pods = informers.for(Pod).lister;
  const transport = faulty(measured(server, { pods, dice: seededDice(seed + 3), clock, isSteady: () => faults.off }), faults, { dice: seededDice(seed + 1), clock });
  const accuse = (text: string) => void violations.push(text);
  const start = () => startManager(transport, { ...around, accuse, deletes: (deed) => invariants.noteDeletion(deed) });
  await client.create(Namespace, { metadata: { name: 'kube-node-lease' } }).catch(() => undefined);
  await client.create(Namespace, { metadata: { name: NAMESPACE } });
  for (let n = 1; n <= 3; n++) await nodes.add(`node-${n}`);
  let manager = start();
  let unrestUntil = 0;

  const look = () => {
    invariants.calm = clock.now() > unrestUntil;
    const moments = history.take().filter(({ object, before }) => [NAMESPACE, undefined].includes((object ?? before!).metadata.namespace));
    violations.push(...invariants.replay(moments, clock.now()));
  };
  const world = {
    /** No nodes die and no pods are evicted: whatever is missing is missing by a controller's doing. */
    isSheltered, faults, invariants,
    client, clock, dice, nodes, violations, users: new Users(client, dice, { evict: !isSheltered }),
    async note(what: string) {
      trace.push(`${new Date(clock.now()).toISOString().slice(11, 19)} ${what}`);
      if (/^(evict|delete|relabel) a pod/.test(what)) unrestUntil = clock.now() + UNREST;
    },
    async pass(seconds: number) {
      for (let second = 0; second < seconds && violations.length === 0; second++) {
        await traffic.pass(clock, 1000);
        await nodes.tick();
        await traffic.quiet();
        look();
      }
    },
    upset: (what: string, node: string, act: (node: string) => Promise<unknown>): Deed => ({
      name: `${what} ${node}`,
      act: () => {
        unrestUntil = clock.now() + UNREST;
        return act(node);
      },
    }),
    async restart() {
      await manager[Symbol.asyncDispose]();
      manager = start();
    },
    async calmDown() {
      faults.off = true;
      nodes.brisk = true;
      for (const { metadata: { name } } of nodes.all) if (!nodes.alive.has(name)) await nodes.revive(name);
      await world.users.relent();
    },
    report: (): readonly string[] => [...violations, `seed ${seed}, after:`, ...trace.slice(-40), ...nodesNow(nodes.all), 'last said by the controllers:', ...said, ...podsNow(informers.for(Pod).lister.list())],
    async [Symbol.asyncDispose]() {
      await manager[Symbol.asyncDispose]();
      await informers[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  };
  return world;
}

const podsNow = (pods: readonly Pod[]): readonly string[] => pods.map(({ metadata, spec, status }) =>
  `pod ${metadata.name} on ${spec.nodeName ?? 'no node'}: ${status.phase} ${spec.containers[0]!.image}${metadata.deletionTimestamp ? ', leaving' : ''}${metadata.finalizers ? `, held by ${metadata.finalizers.join()}` : ''}`);

const nodesNow = (nodes: readonly Node[]): readonly string[] => nodes.map(({ metadata, spec, status }) =>
  `node ${metadata.name}: ready ${status.conditions?.find(({ type }) => type === 'Ready')?.status}${(spec.taints ?? []).map(({ key, effect }) => `, ${key}:${effect}`).join('')}`);

interface ManagerSurroundings extends Pick<WitnessOptions, 'accuse' | 'deletes'> {
  readonly clock: LeapingClock;
  readonly random: ReturnType<typeof seededRandom>;
  readonly log: Logger;
}

/** The controllers' process: its own view of the server, gone with it. */
function startManager(transport: Transport, { accuse, deletes, ...around }: ManagerSurroundings): AsyncDisposable {
  const user = { username: 'system:kube-controller-manager', groups: ['system:authenticated'] };
  const informers = createInformers(createClient(transport, { user }), around);
  const memory = new Memory(informers, around.clock, WRITTEN);
  const resources = new Map(WRITTEN.map((resource) => [resource.plural, resource]));
  const running = allControllers({ caPem: 'ca' }).map((controller) => {
    const view = new View(informers, memory, around.clock);
    const own = witnessed(transport, controller.name, { view, judges, resources, accuse, deletes });
    return controller.start({ client: createClient(own, { user }), informers, ...around });
  });
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all(running.map((one) => one[Symbol.asyncDispose]()));
      await informers[Symbol.asyncDispose]();
    },
  };
}

/** Failures of the API are all in a day's work; failures of ours are not. */
function watchful(violations: string[], said: string[]): Logger {
  const note = (message: string, fields: LogFields = {}) => {
    if (said.push(`${message} ${JSON.stringify(fields)}`) > LOG_LINES) said.shift();
    if (/TypeError|RangeError|ReferenceError|no index named|handler failed/.test(`${message} ${String(fields['error'])}`)) violations.push(`${message}: ${JSON.stringify(fields)}`);
  };
  const log: Logger = { debug: note, info: note, warn: note, error: note, with: () => log };
  return log;
}
