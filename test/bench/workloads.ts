/** Large work on simulated nodes, by the whole control plane: from the first request until all is as it was asked for. */
import { systemClock } from '../../src/base/clock.ts';
import type { Transport } from '../../src/wire/api.ts';
import { isApiError } from '../../src/meta/api-error.ts';
import { ask, askJson, drain, repeat } from './load.ts';
import { cpuMicros, memoryBytes } from './machine.ts';
import { startKnarrControlPlane } from './target.ts';

interface Workload {
  readonly name: string;
  /** In seconds. */
  readonly goal: number;
  /** What must stand before the clock runs. */
  readonly prepare?: (admin: Transport) => Promise<void>;
  readonly run: (admin: Transport) => Promise<void>;
}

const NODES = 100;
const AT_ONCE = 64;
/** Between two looks: each is a LIST of what is waited for, which costs the server some milliseconds. */
const LOOK_MILLIS = 250;
const PATIENCE_MILLIS = 900_000;

const template = (app: string, image = 'v1') => ({ metadata: { labels: { app } }, spec: { containers: [{ name: 'main', image }], terminationGracePeriodSeconds: 0 } });
const deployment = (name: string, replicas: number) => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec: { replicas, selector: { matchLabels: { app: name } }, template: template(name) } });
const job = (name: string) => ({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'v1' }] } } } });

export const inNamespace = (namespace: string, path: string): string => path.replace('/namespaces/-/', `/namespaces/${namespace}/`);
const DEPLOYMENTS = '/apis/apps/v1/namespaces/-/deployments';
const JOBS = '/apis/batch/v1/namespaces/-/jobs';

interface Workloads {
  readonly items: readonly { readonly metadata: { readonly generation?: number }; readonly spec: { readonly replicas?: number }; readonly status?: Readonly<Record<string, unknown>> }[];
}

async function post(admin: Transport, url: string, body: object): Promise<void> {
  await drain(await ask(admin, { method: 'POST', url, body }));
}

export async function namespace(admin: Transport, name: string): Promise<void> {
  await post(admin, '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  // Pods need it, and its controller makes it.
  await until(async () => (await statusOf(admin, `/api/v1/namespaces/${name}/serviceaccounts/default`)) === 200);
}

const statusOf = (admin: Transport, url: string): Promise<number> =>
  ask(admin, { method: 'GET', url }).then(async (answer) => (await drain(answer), answer.status), (error: unknown) => {
    if (isApiError(error, 'NotFound')) return 404;
    throw error;
  });

export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const began = performance.now();
  while (!(await isSo())) {
    if (performance.now() - began > PATIENCE_MILLIS) throw new Error('not done in a quarter of an hour');
    await systemClock.sleep(LOOK_MILLIS);
  }
}

/** Until every Deployment of the namespace has its pods, all of the present template and available. */
const untilRolledOut = (admin: Transport, where: string): Promise<void> => until(async () => {
  const { items } = await askJson<Workloads>(admin, { method: 'GET', url: inNamespace(where, DEPLOYMENTS) });
  return items.every(({ metadata, spec, status = {} }) => status['observedGeneration'] === metadata.generation &&
    ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas'].every((count) => status[count] === spec.replicas));
});

const workloads: readonly Workload[] = [
  {
    name: 'workload: 600 Deployments of 2 pods to all Ready', goal: 10,
    prepare: (admin) => namespace(admin, 'many'),
    async run(admin) {
      await repeat(600, AT_ONCE, (n) => post(admin, inNamespace('many', DEPLOYMENTS), deployment(`web-${n}`, 2)));
      await untilRolledOut(admin, 'many');
    },
  },
  {
    name: 'workload: 1,000 Jobs completed', goal: 15,
    prepare: (admin) => namespace(admin, 'jobs'),
    async run(admin) {
      await repeat(1000, AT_ONCE, (n) => post(admin, inNamespace('jobs', JOBS), job(`sum-${n}`)));
      await until(async () => {
        const { items } = await askJson<Workloads>(admin, { method: 'GET', url: inNamespace('jobs', JOBS) });
        return items.every(({ status = {} }) => status['completionTime'] !== undefined);
      });
    },
  },
  {
    name: 'workload: a namespace of 10,000 objects deleted', goal: 10,
    async prepare(admin) {
      await namespace(admin, 'full');
      const meta = (name: string) => ({ metadata: { name } });
      await repeat(6000, AT_ONCE, (n) => post(admin, '/api/v1/namespaces/full/configmaps', { ...meta(`map-${n}`), data: { n: String(n) } }));
      await repeat(3000, AT_ONCE, (n) => post(admin, '/api/v1/namespaces/full/secrets', { ...meta(`secret-${n}`), stringData: { n: String(n) } }));
      await post(admin, inNamespace('full', DEPLOYMENTS), deployment('web', 1000));
      await untilRolledOut(admin, 'full');
    },
    async run(admin) {
      await drain(await ask(admin, { method: 'DELETE', url: '/api/v1/namespaces/full' }));
      await until(async () => (await statusOf(admin, '/api/v1/namespaces/full')) === 404);
    },
  },
  {
    name: 'workload: a Deployment of 5,000 pods rolled', goal: 60,
    async prepare(admin) {
      await namespace(admin, 'large');
      await post(admin, inNamespace('large', DEPLOYMENTS), deployment('web', 5000));
      await untilRolledOut(admin, 'large');
    },
    async run(admin) {
      const body = { spec: { template: template('web', 'v2') } };
      await drain(await ask(admin, { method: 'PATCH', url: `${inNamespace('large', DEPLOYMENTS)}/web`, body, headers: { 'content-type': 'application/merge-patch+json' } }));
      await untilRolledOut(admin, 'large');
    },
  },
];

/** How many there are, without listing them. */
export async function countOf(admin: Transport, url: string): Promise<number> {
  const { items, metadata } = await askJson<{ readonly items: readonly unknown[]; readonly metadata: { readonly remainingItemCount?: number } }>(admin, { method: 'GET', url: `${url}?limit=1` });
  return items.length + (metadata.remainingItemCount ?? 0);
}

/** @param wanted which of them, by name */
export async function measureWorkloads(directory: string, wanted: (name: string) => boolean): Promise<void> {
  const chosen = workloads.filter(({ name }) => wanted(name));
  if (chosen.length === 0) return;
  await using target = await startKnarrControlPlane(directory, NODES);
  await until(async () => (await countOf(target.admin, '/api/v1/nodes')) === NODES);
  console.log(`\nthe whole control plane with ${NODES} simulated nodes`);
  for (const { name, goal, prepare, run } of chosen) {
    await prepare?.(target.admin);
    await target.report();
    const [began, cpu] = [performance.now(), await cpuMicros(target.pids)];
    await run(target.admin);
    const seconds = (performance.now() - began) / 1000;
    const busy = ((await cpuMicros(target.pids)) - cpu) / 1e6;
    const { delayMax, turns } = await target.report();
    const memory = (await memoryBytes(target.pids)) / 2 ** 20;
    console.log(`${name.padEnd(52)} ${seconds.toFixed(1)} s (goal: ${goal}), ${busy.toFixed(1)} s of CPU; ${memory.toFixed(0)} MB in all; longest turn of the loop ${turns.max.toFixed(0)} ms of its processor time (goal: 50), ${delayMax.toFixed(0)} ms by the clock`);
  }
}
