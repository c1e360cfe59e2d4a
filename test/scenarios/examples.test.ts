/** The walks of examples/: each README is played on two nodes, word for word, and must print what it shows. */
import { copyFile, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { example, startCluster, type Cluster } from './testing/cluster.ts';
import { kubectls, pathWith, type Kubectl } from './testing/kubectl.ts';
import { playReadme, stepsOf } from './testing/readme.ts';

/** The oldest there is: what it can do, all can. KNARR_WALK_KUBECTL names another. */
const { KNARR_WALK_KUBECTL: chosen } = process.env;
const client: Kubectl = chosen === undefined ? (await kubectls())[0]! : { version: 'chosen', file: chosen };
const PID_FILE = join(example('.'), '..', 'dist', 'website.pid');
let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster(['--nodes', '2']);
});
afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

/** What a walk that fails leaves behind on the nodes, for those after it. */
const MENDED: Readonly<Record<string, readonly string[]>> = {
  'log-agent': ['label', 'node', 'node-1', 'logs-'], drain: ['uncordon', 'node-1', 'node-2'], operator: ['delete', 'crd/websites.example.com', 'mutatingwebhookconfiguration/website-operator', 'validatingwebhookconfiguration/website-operator', '--ignore-not-found'],
};

/** The operator's walk starts a program and ends it, unless the walk fails in between. */
async function endOperator(): Promise<void> {
  const pid = Number(await readFile(PID_FILE, 'utf8').catch(() => ''));
  await rm(PID_FILE, { force: true });
  if (!pid || !(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).includes('website.js')) return;
  process.kill(pid);
}

/** Plays the walk of a folder with a kubeconfig of its own, since walks choose their namespace. */
async function walk(name: string): Promise<void> {
  const kubeconfig = join(cluster.dataDir, `${name}.kubeconfig`);
  await copyFile(cluster.kubeconfig, kubeconfig);
  const markdown = await readFile(example(`${name}/README.md`), 'utf8');
  expect(stepsOf(markdown).length).toBeGreaterThan(5);
  try {
    await playReadme(markdown, { cwd: join(example('.'), '..'), env: { KUBECONFIG: kubeconfig, PATH: pathWith(client) }, seconds: name === 'autoscaling' ? 150 : 75 });
  } finally {
    if (name === 'operator') await endOperator();
    await cluster.kubectl('delete', 'namespace', name, '--ignore-not-found');
    const mend = MENDED[name];
    if (mend) await cluster.tryKubectl(...mend);
  }
}

for (const name of ['rollout', 'canary', 'statefulset', 'log-agent', 'jobs', 'operator']) test.concurrent(`the walk of ${name}`, () => walk(name), 400_000);

// By itself: its pods are measured.
test('the walk of autoscaling', () => walk('autoscaling'), 600_000);

// By itself: it empties a node.
test('the walk of drain', () => walk('drain'));
