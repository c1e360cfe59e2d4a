import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { systemClock, type Clock, type Millis } from '../../base/clock.ts';
import { systemRandom } from '../../base/random.ts';
import { Refusal, type Terminal, type UpRequest } from '../../cli/index.ts';
import { apiProbe, type ApiProbe } from '../api-probe.ts';
import { adminKubeconfig, ensureCredentials } from '../credentials.ts';
import { writeWhole } from '../files.ts';
import { layoutOf, type Layout } from '../layout.ts';
import { machineExec } from '../machine/exec.ts';
import { canRunContainers, machineFacts } from '../machine/facts.ts';
import { ensurePackages } from '../machine/packages.ts';
import { readKubeletConfig } from '../node/kubelet-config.ts';
import { judgeRanges, judgeWishes, refuseTooMany } from '../ranges.ts';
import { clusterCidrsOf } from '../settings-families.ts';
import { networkOf, planCluster, readSettings, writeSettings, type Settings, type Wishes } from '../settings.ts';
import { ipvsProblem } from '../../proxy/index.ts';
import { claimSlot } from '../slots.ts';
import { surroundings } from '../surroundings.ts';
import { ask } from '../supervisor/control.ts';
import { machineProcesses } from '../supervisor/process.ts';
import { CONTROL_PLANE } from '../supervisor/programs.ts';
import { takeApiConfig } from '../control-plane/api-config.ts';
import { readRecords } from '../supervisor/records.ts';
import { startSupervisor, wantSupervisor } from '../supervisor/start.ts';
import { stopCluster } from '../teardown.ts';

/** How long a cluster may take to become ready, and how often it is looked at. */
const PATIENCE: Millis = 120_000;
const LOOK: Millis = 30;
/** So many deaths in a row are no accident. */
const HOPELESS = 5;

export async function up(request: UpRequest, terminal: Terminal): Promise<number> {
  const clock = systemClock;
  const began = clock.monotonic();
  const layout = layoutOf(request.dataDir);
  await refuseSecond(request, layout);
  const say = (line: string): void => terminal.err(`knarr: ${line}`);
  const before = await readSettings(layout);
  await takeApiConfig(request, layout);
  const wishes = { ...wishesOf(request, before, say), ...(request.kubeletConfig === undefined ? {} : await readKubeletConfig(request.kubeletConfig, say)) };
  if (wishes.nodes > 0) await equip(request, { ...wishes, proxy: wishes.proxy ?? before?.proxy }, say);
  const settings = await makeSettings(layout, { wishes, before, say });
  await ensureCredentials(layout, settings, { clock, random: systemRandom });
  if (request.kubeconfig !== undefined) await writeWhole(request.kubeconfig, await adminKubeconfig(layout, settings));
  await wantSupervisor(layout);
  await startSupervisor(layout);
  using probe = await apiProbe(layout, settings);
  await untilReady({ layout, settings, probe, clock, began, say });
  say(`ready after ${seconds(clock.monotonic() - began)}: export KUBECONFIG=${layout.adminKubeconfig}`);
  return request.foreground ? stay(layout, say) : 0;
}

/** Programs that nodes need; and refuses at once what this kernel cannot do. */
async function equip({ install }: UpRequest, wishes: Wishes, say: (line: string) => void): Promise<void> {
  await ensurePackages(machineExec, { install, network: networkOf(wishes), proxy: wishes.proxy, say });
  const problem = wishes.proxy === 'ipvs' ? await ipvsProblem(machineExec.run) : undefined;
  if (problem !== undefined) throw new Refusal(problem, 'Services work without it: knarr up --proxy nftables, or --proxy iptables');
}

const seconds = (span: Millis): string => `${(span / 1000).toFixed(1)} s`;

async function refuseSecond({ dataDir, port, store }: UpRequest, layout: Layout): Promise<void> {
  if (store !== 'wal') throw new Refusal(`the store "${store}" is not known`, 'this version keeps its objects in: wal');
  const running = await ask(dataDir, 'state');
  if (running) {
    const settings = await readSettings(layout);
    throw new Refusal(
      `a cluster runs on ${dataDir} already (https://127.0.0.1:${settings?.port ?? port}, supervisor ${running.pid})`,
      `stop it with: knarr down --data-dir ${dataDir}`,
    );
  }
  // A control plane that outlived its supervisor holds the port itself and is taken over.
  const before = (await readRecords(layout))[CONTROL_PLANE];
  if (before && machineProcesses(systemClock).lives(before)) return;
  if (await isTaken(port)) throw new Refusal(`port ${port} is in use by another program`, 'choose another with: knarr up --port PORT');
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const trial = createServer();
    trial.once('error', () => resolve(true));
    trial.listen({ port, host: '0.0.0.0', exclusive: true }, () => trial.close(() => resolve(false)));
  });
}

/** What is not said stays as it was. */
function wishesOf(request: UpRequest, before: Settings | undefined, say: (line: string) => void): Wishes {
  const { port, legacyServiceAccountTokens, legacyApis, auditLog, admission, ipFamilies, podCidrs, serviceCidrs, proxy, dns, components, without } = request;
  if (ipFamilies && before && ipFamilies.join() !== (before.ipFamilies ?? ['IPv4']).join()) {
    throw new Refusal(`this cluster was made for ${(before.ipFamilies ?? ['IPv4']).join(' and ')}: nodes' and Services' networks cannot change`, 'make another with: knarr up --data-dir DIR');
  }
  const network = request.network ?? before?.network ?? 'host-gw';
  const same = { port, legacyServiceAccountTokens, legacyApis, auditLog, admission, network, ...(ipFamilies ? { ipFamilies } : {}), ...(podCidrs ? { podCidrs } : {}), ...(serviceCidrs ? { serviceCidrs } : {}), proxy, dns, components, without };
  const simulated = request.simulated ?? before?.simulated ?? 0;
  const real = request.nodes ?? before?.nodes.length ?? (simulated > 0 ? 0 : 1);
  if (real === 0 || canRunContainers()) return { ...same, nodes: real, simulated };
  const why = process.platform === 'linux' ? 'this user is not root' : `this machine runs ${process.platform}, not Linux`;
  if (request.nodes !== undefined) throw new Refusal(`real nodes need root on Linux, and ${why}`, 'simulated ones do not: knarr up --simulated N');
  say(`${why}: one simulated node, whose containers only pretend to run`);
  return { ...same, nodes: 0, simulated: 1 };
}

interface Making {
  readonly wishes: Wishes;
  readonly before: Settings | undefined;
  readonly say: (line: string) => void;
}

async function makeSettings(layout: Layout, { wishes, before, say }: Making): Promise<Settings> {
  await mkdir(layout.run, { recursive: true, mode: 0o700 });
  const slot = wishes.nodes === 0 ? (before?.slot ?? 0) : await claimSlot(layout.dataDir, before?.slot, machineProcesses(systemClock));
  const settings = planCluster(wishes, machineFacts(), { slot, before });
  judgeWishes(wishes, settings, before);
  if (!before) for (const line of judgeRanges(settings, wishes.nodes, await surroundings(layout.dataDir))) say(line);
  refuseTooMany(clusterCidrsOf(settings), Math.max(0, ...settings.nodes.map(({ index }) => index)));
  await writeSettings(layout, settings);
  return settings;
}

interface Waiting {
  readonly layout: Layout;
  readonly settings: Settings;
  readonly probe: ApiProbe;
  readonly clock: Clock;
  readonly began: Millis;
  readonly say: (line: string) => void;
}

/** Returns when the API answers and every node is Ready. @throws Refusal when that does not come about */
async function untilReady({ layout, settings, probe, clock, began, say }: Waiting): Promise<void> {
  const since = (): Millis => clock.monotonic() - began;
  const told = new Set<string>();
  const waitFor = async (what: string, check: () => Promise<boolean>): Promise<void> => {
    while (!(await check())) {
      await lookForTrouble(layout, say, told);
      if (since() > PATIENCE) {
        throw new Refusal(`${what} after ${seconds(since())}; it goes on trying`, `look into ${layout.logs}, or stop it with: knarr down --data-dir ${layout.dataDir}`);
      }
      await clock.sleep(LOOK);
    }
  };
  await waitFor('the API server is not ready', () => probe.ready());
  say(`API server ready after ${seconds(since())}`);
  const needsCni = networkOf(settings) === 'none' && settings.nodes.length > 0;
  const waiting = new Set(settings.nodes.map(({ name }) => name));
  const seen = new Set<string>();
  await waitFor('not every node is Ready', async () => {
    const nodes = await probe.nodes();
    for (const { name, ready } of nodes) {
      if (!(ready || needsCni) || seen.has(name)) continue;
      seen.add(name);
      if (waiting.delete(name) && ready) say(`node ${name} Ready after ${seconds(since())}`);
    }
    return waiting.size === 0 && seen.size >= settings.nodes.length + settings.simulated;
  });
  if (needsCni) say('nodes are Ready once a CNI is installed: --network none leaves pods without a network');
}

/** Says once what the supervisor has trouble with. @throws Refusal when a process cannot live */
async function lookForTrouble(layout: Layout, say: (line: string) => void, told: Set<string>): Promise<void> {
  const state = await ask(layout.dataDir, 'state');
  if (state?.trouble !== undefined && !told.has(state.trouble)) {
    told.add(state.trouble);
    say(`the nodes cannot be made yet: ${state.trouble}`);
  }
  const hopeless = state?.components.find(({ restarts }) => restarts >= HOPELESS);
  if (hopeless) {
    throw new Refusal(
      `${hopeless.name} died ${hopeless.restarts} times (${hopeless.lastExit ?? 'unknown'})`,
      `look into ${join(layout.logs, `${hopeless.name}.log`)}, then: knarr down --data-dir ${layout.dataDir}`,
    );
  }
}

/** For `--foreground`: until an interrupt, which stops the cluster. */
async function stay(layout: Layout, say: (line: string) => void): Promise<number> {
  say('in the foreground; an interrupt stops the cluster');
  await new Promise<void>((resolve) => {
    const keepAlive = setInterval(() => {}, 2 ** 30);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => { // on, not once: an impatient second interrupt must not leave half a cluster
        clearInterval(keepAlive);
        resolve();
      });
    }
  });
  await stopCluster(layout, say);
  return 0;
}
