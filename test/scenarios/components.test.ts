/** Controllers and scheduler in processes of their own, two of each: one leads, and when it dies the other does. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, example, logOf, startCluster, type Cluster } from './testing/cluster.ts';

/** A Lease outlives its dead holder by 15 seconds. */
const TAKEOVER_SECONDS = 180;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster(['--components', '--simulated', '2']);
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

const rollout = (name: string): Promise<string> => cluster.kubectl('rollout', 'status', `deployment/${name}`, `--timeout=${TAKEOVER_SECONDS}s`);

/** Which of the loop's processes leads: the Lease has its name, and so has that process's log. */
function leader(loop: string, lease: string): Promise<string> {
  return eventually(`one of the ${loop} leads`, async () => {
    const holder = await cluster.kubectl('get', 'lease', '-n', 'kube-system', lease, '-o', 'jsonpath={.spec.holderIdentity}');
    if (holder === '') return undefined;
    for (const component of [`${loop}-1`, `${loop}-2`]) {
      const lines = (await logOf(cluster, component)).split('\n');
      if (lines.some((line) => line.includes(holder) && line.includes('became leader'))) return component;
    }
    return undefined;
  }, TAKEOVER_SECONDS);
}

test('a deployment goes from apply to running pods', async () => {
  await cluster.kubectl('apply', '-f', example('guestbook.yaml'));
  await rollout('frontend');
  expect(await cluster.kubectl('get', 'deployment', 'frontend', '-o', 'jsonpath={.status.readyReplicas}')).toBe('3');
  expect(await cluster.kubectl('get', 'componentstatuses', '-o', 'jsonpath={.items[*].conditions[0].status}')).toBe('True True True');
});

for (const [loop, lease] of [['controllers', 'kube-controller-manager'], ['scheduler', 'kube-scheduler']] as const) {
  test(`the leader of the ${loop} killed: the other takes over, and the dead one comes back`, async () => {
    const before = await leader(loop, lease);
    const pid = await cluster.pidOf(before);
    process.kill(pid, 'SIGKILL');
    const name = `after-${loop}`;
    await cluster.kubectl('create', 'deployment', name, '--image=x', '--replicas=2');
    await rollout(name);
    expect(await leader(loop, lease)).toBeTruthy();
    await eventually('there is another in its place', async () => (await cluster.pidOf(before)) !== pid);
  });
}

test('down gives up the Leases: the next to start leads at once', async () => {
  expect((await cluster.knarr('down')).code).toBe(0);
  expect((await cluster.up('--components=1')).code).toBe(0);
  await cluster.kubectl('create', 'deployment', 'after-down', '--image=x');
  await rollout('after-down');
});
