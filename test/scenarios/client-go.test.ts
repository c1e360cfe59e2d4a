/** A program on client-go, as operators in Go are: informers, elections, the dynamic client, commands. Its checks are in client-go/main.go. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildClientGo } from './testing/client-go.ts';
import { eventually, run, startCluster, type Cluster } from './testing/cluster.ts';

const CHECKS = ['discovery', 'patches', 'conflicts', 'informers', 'bookmarks', 'pages', 'custom resources', 'election', 'exec'];
const POD = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: 'knarr.local/busybox:1', command: ['sleep', '3600'] }] } };

let program: string | Error;
let cluster: Cluster;
beforeAll(async () => {
  program = await buildClientGo(join(import.meta.dirname, 'client-go', 'main.go')).catch((error: Error) => error);
  if (typeof program === 'string') cluster = await startCluster();
}, 900_000);
afterAll(() => cluster?.[Symbol.asyncDispose]());

test('client-go finds everything as it expects it', async (context) => {
  if (typeof program !== 'string') return context.skip(`Go or the source of client-go cannot be had here: ${program.message}`);
  // A namespace for each try: a second one begins from nothing.
  const namespace = `go-${Math.random().toString(36).slice(2, 8)}`;
  await cluster.kubectl('create', 'namespace', namespace);
  await eventually('the default account is there', () => cluster.kubectl('get', 'serviceaccount', 'default', '-n', namespace));
  await cluster.kubectlWith(JSON.stringify(POD), 'apply', '-n', namespace, '-f', '-');
  await cluster.kubectl('wait', '-n', namespace, '--for=condition=Ready', 'pod/p', '--timeout=120s');
  const { code, stdout, stderr } = await run(program, [cluster.kubeconfig, namespace, 'p']);
  expect(stdout.trim().split('\n'), stderr).toEqual(CHECKS.map((check) => `ok ${check}`));
  expect(code).toBe(0);
}, 600_000);
