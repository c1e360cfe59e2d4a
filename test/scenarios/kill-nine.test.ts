/** `kill -9` of each process in turn under a running Deployment: it comes back, and containers run on. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { layoutOf } from '../../src/cluster/layout.ts';
import { cgroupOf } from '../../src/cluster/node/place.ts';
import { readSettings } from '../../src/cluster/settings.ts';
import { connectCri } from '../../src/kubelet/index.ts';
import { leftovers, type Leftovers } from './support/leftovers.ts';
import { eventually, example, fetchText, startCluster, type Cluster } from './testing/cluster.ts';

let cluster: Cluster;
let node: string;
beforeAll(async () => {
  cluster = await startCluster();
  node = (await cluster.kubectl('get', 'nodes', '-o', 'jsonpath={.items[0].metadata.name}')).trim();
  await cluster.kubectl('apply', '-f', example('guestbook.yaml'));
  await cluster.kubectl('rollout', 'status', 'deployment/backend', '--timeout=90s');
  await cluster.kubectl('rollout', 'status', 'deployment/frontend', '--timeout=90s');
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

/** Containers by id and how often they were restarted: the same before and after, or something was lost. */
const containers = (): Promise<string> => cluster.kubectl(
  'get', 'pods', '-l', 'app=guestbook', '--sort-by=.metadata.name',
  '-o', 'jsonpath={range .items[*]}{.metadata.name} {.status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].lastState}{"\\n"}{end}',
);

/** A pod made now runs: every part between kubectl and the container is at work again. */
async function provesItself(name: string): Promise<void> {
  await eventually('a new pod is accepted', async () =>
    (await cluster.tryKubectl('run', name, '--image=knarr.local/busybox:1', '--restart=Never', '--', 'true')).code === 0);
  await eventually('it ran to its end', async () => (await cluster.kubectl('get', 'pod', name, '-o', 'jsonpath={.status.phase}')) === 'Succeeded');
  await cluster.kubectl('delete', 'pod', name);
}

for (const component of ['control-plane', 'agent', 'containerd', 'supervisor']) {
  test(`${component} killed: it comes back and no container was restarted`, async () => {
    const before = await containers();
    const name = component === 'agent' || component === 'containerd' ? `${component}-${node}` : component;
    const pid = await cluster.pidOf(name);
    process.kill(pid, 'SIGKILL');
    await eventually(`there is another ${component}`, async () => (await cluster.pidOf(name)) !== pid);
    await provesItself(`after-${component}`);
    expect(await containers()).toBe(before);
    const ip = await cluster.kubectl('get', 'service', 'frontend', '-o', 'jsonpath={.spec.clusterIP}');
    await eventually('the Service answers', () => fetchText(`http://${ip}/cgi-bin/guests`));
  });
}

/** KNARR_SEED=N runs the same kills again. */
const SEED = Number(process.env['KNARR_SEED'] ?? Date.now() % 100_000);
const KILLS = 6;

test(`an agent killed at any moment while pods come and go loses none and leaves nothing (seed ${SEED})`, async () => {
  const random = seededRandom(SEED);
  const settings = (await readSettings(layoutOf(cluster.dataDir)))!;
  const layout = layoutOf(cluster.dataDir).node(node);
  using cri = connectCri(layout.containerdSocket, { clock: systemClock });
  const traces = async (): Promise<Leftovers> => leftovers({
    cri, layout, logDir: layout.logs, cgroupRoot: cgroupOf(settings, settings.nodes[0]!), addresses: join(layout.cniData, 'knarr'),
    network: settings.nodes[0]!.podCidr.replace(/0\/24$/, ''), pid: await cluster.pidOf(`containerd-${node}`),
  });
  const before = await eventually('nothing but what is wanted is there', async () => {
    const uids = (await cluster.kubectl('get', 'pods', '-A', '-o', 'jsonpath={.items[*].metadata.uid}')).split(' ');
    const now = await traces();
    const { containers = [], sandboxes = [], shims = [], addresses = [], podDirs = [], cgroups = [], logs = [] } = now;
    const isOf = (names: readonly string[]) => (one: string) => names.some((name) => one.includes(name));
    return [sandboxes, shims, addresses].every(({ length }) => length === uids.length) && [...podDirs, ...cgroups].every(isOf(uids)) && logs.every(isOf([...uids, ...containers])) && now;
  });
  const there = new Set<string>();
  for (let round = 0; round < KILLS; round++) {
    const made = [0, 1, 2].map((n) => `churn-${round}-${n}`);
    await cluster.kubectlWith(made.map(churned).join('---\n'), 'apply', '-f', '-');
    for (const name of made) there.add(name);
    const leaving = [...there].filter(() => random.next() < 0.4);
    if (leaving.length > 0) await cluster.kubectl('delete', 'pod', '--wait=false', ...leaving);
    for (const name of leaving) there.delete(name);
    const pid = await cluster.pidOf(`agent-${node}`);
    await systemClock.sleep(random.next() * 1500);
    process.kill(pid, 'SIGKILL');
    await eventually('there is another agent', async () => (await cluster.pidOf(`agent-${node}`)) !== pid);
  }
  const states = () => cluster.kubectl('get', 'pods', '-l', 'app=churn', '-o', 'jsonpath={range .items[*]}{.metadata.name} {.status.phase} {.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].lastState}{"\\n"}{end}');
  const wanted = [...there].toSorted().map((name) => `${name} Running 0 {}`);
  await eventually('all that should run does, started once', async () => {
    expect((await states()).trim().split('\n').filter(Boolean).toSorted()).toEqual(wanted);
    return true;
  }, 120);
  await cluster.kubectl('delete', 'pod', '-l', 'app=churn', '--timeout=120s');
  await eventually('nothing of them is left', async () => {
    expect(await traces()).toEqual(before);
    return true;
  }, 120);
});

const churned = (name: string): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: churn } }
spec:
  terminationGracePeriodSeconds: 1
  containers: [{ name: main, image: 'knarr.local/busybox:1', command: [sh, -c, 'trap "exit 0" TERM; while true; do sleep 0.2; done'] }]
`;

test('down and up again is the same cluster with its pods running', async () => {
  const uid = await cluster.kubectl('get', 'deployment', 'frontend', '-o', 'jsonpath={.metadata.uid}');
  expect((await cluster.knarr('down')).code).toBe(0);
  expect((await cluster.up()).code).toBe(0);
  expect(await cluster.kubectl('get', 'deployment', 'frontend', '-o', 'jsonpath={.metadata.uid}')).toBe(uid);
  await eventually('the Service answers again', async () => {
    const ip = await cluster.kubectl('get', 'service', 'frontend', '-o', 'jsonpath={.spec.clusterIP}');
    return fetchText(`http://${ip}/cgi-bin/guests`);
  }, 120);
});
