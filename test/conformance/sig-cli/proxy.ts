import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../framework/context.ts';
import { test, type TestCase } from '../framework/test-case.ts';

const MUST = 'the proxy gives a version of the API';

/** Runs `kubectl proxy` for as long as the test lasts. @returns what it said when it began to serve */
function startProxy(t: Context, args: readonly string[]): Promise<string> {
  const { kubectl, kubeconfig } = t.shared;
  const child = spawn(kubectl, [`--kubeconfig=${kubeconfig}`, 'proxy', ...args], { signal: t.signal });
  t.defer(async () => void child.kill());
  return new Promise((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (bytes: Buffer) => {
      said += bytes;
      if (said.includes('Starting to serve on')) resolve(said);
    });
    child.on('error', reject);
    child.on('close', (code) => reject(new Error(`kubectl proxy ended with ${code}: ${said}`)));
  });
}

function versions(where: { readonly port: number } | { readonly socketPath: string }): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', path: '/api/', ...where }, (response) => {
      let body = '';
      response.on('data', (bytes: Buffer) => (body += bytes));
      response.on('end', () => resolve((JSON.parse(body) as { versions?: readonly string[] }).versions ?? []));
    }).on('error', reject);
  });
}

const port = test('[sig-cli] Kubectl client Proxy server should support proxy with --port 0  [Conformance]', { musts: [MUST] }, async (t) => {
  const said = await startProxy(t, ['--port=0', '--disable-filter=true']);
  t.must(MUST, (await versions({ port: Number(/127\.0\.0\.1:(\d+)/.exec(said)?.[1]) })).length > 0, said);
});

const socket = test('[sig-cli] Kubectl client Proxy server should support --unix-socket=/path  [Conformance]', { musts: [MUST] }, async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'kubectl-proxy-'));
  t.defer(() => rm(directory, { recursive: true, force: true }));
  const socketPath = join(directory, 'proxy');
  const said = await startProxy(t, [`--unix-socket=${socketPath}`]);
  t.must(MUST, (await versions({ socketPath })).length > 0, said);
});

export const kubectlProxy: readonly TestCase[] = [port, socket];
