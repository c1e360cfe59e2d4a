import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { ManualClock, systemClock } from '../../base/clock.ts';
import { seededRandom } from '../../base/random.ts';
import type { LifecycleHandler } from '../../kinds/core/probe.ts';
import { FakeCri } from '../cri/fake-cri.ts';
import { runHook } from './hooks.ts';

async function setUp(exitCode = 0) {
  const requests: string[] = [];
  const http = createServer((request, response) => {
    requests.push(`${request.url} ${String(request.headers['x-a'])} ${request.headers['user-agent']} ${request.headers['authorization'] ?? 'nobody'}`);
    response.writeHead(500).end('not now');
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const cri = new FakeCri({ clock: systemClock, random: seededRandom(1), images: ['i'], exec: () => ({ stdout: Buffer.from('said'), stderr: new Uint8Array(), exitCode }) });
  const sandboxId = await cri.runPodSandbox({ metadata: { name: 'p', uid: '1' } });
  const containerId = await cri.createContainer({ sandboxId }, { metadata: { name: 'a' }, image: { image: 'i' } });
  await cri.startContainer(containerId);
  const events: string[] = [];
  const run = (handler: object, clock = systemClock) => runHook(handler as LifecycleHandler, { container: { name: 'a' }, containerId, podIp: '127.0.0.1' }, {
    cri, clock, signal: AbortSignal.timeout(60_000), tell: (container, { reason, message }) => void events.push(`${container} ${reason}: ${message}`),
  });
  return {
    run, requests, events, port: (http.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

test('of a request it counts that there is an answer, not what it says', async () => {
  await using at = await setUp();
  await at.run({ httpGet: { port: at.port, path: '/bye', httpHeaders: [{ name: 'X-A', value: 'b' }, { name: 'X-A', value: 'c' }] } });
  expect(at.requests).toEqual(['/bye b, c kube-lifecycle/1.36 nobody']);
});

test('a server that speaks no TLS where the hook says so is asked again without, and without credentials', async () => {
  await using at = await setUp();
  await at.run({ httpGet: { port: at.port, path: '/', scheme: 'HTTPS', httpHeaders: [{ name: 'Authorization', value: 'secret' }] } });
  expect(at.requests).toEqual(['/ undefined kube-lifecycle/1.36 nobody']);
  expect(at.events).toEqual([`a LifecycleHTTPFallback: request to HTTPS lifecycle hook 127.0.0.1:${at.port} got HTTP response, retry with HTTP succeeded`]);
});

test('where nobody answers the hook has failed', async () => {
  const at = await setUp();
  await at[Symbol.asyncDispose]();
  await expect(at.run({ httpGet: { port: at.port, path: '/' } })).rejects.toThrow('connection refused');
});

test('a command fails by its exit code, and says what it said', async () => {
  await using good = await setUp();
  await good.run({ exec: { command: ['true'] } });
  await using bad = await setUp(3);
  await expect(bad.run({ exec: { command: ['sh', '-c', 'no'] } })).rejects.toThrow("command 'sh -c no' exited with 3: said");
});

test('sleep sleeps; a TCP socket has never been a hook', async () => {
  await using at = await setUp();
  const clock = new ManualClock();
  let done = false;
  void at.run({ sleep: { seconds: 5 } }, clock).then(() => (done = true));
  await clock.advance(4999);
  expect(done).toBe(false);
  await clock.advance(1);
  expect(done).toBe(true);
  await expect(at.run({ tcpSocket: { port: at.port } })).rejects.toThrow('invalid handler');
});
