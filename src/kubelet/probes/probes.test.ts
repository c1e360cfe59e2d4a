import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { ManualClock, systemClock } from '../../base/clock.ts';
import { seededRandom } from '../../base/random.ts';
import type { Container } from '../../kinds/core/container.ts';
import type { Probe } from '../../kinds/core/probe.ts';
import { CriError } from '../cri/cri.ts';
import { FakeCri } from '../cri/fake-cri.ts';
import { podOf, runtimeOf } from '../testing/pods.ts';
import { createProbeManager } from './probe-manager.ts';
import { createProber } from './prober.ts';
import type { ProbeAnswer } from './prober.ts';
import { httpTarget, portOf } from './target.ts';

const SECOND = 1000;

/** A container with the given probes, and a hand on what they find. */
function setUp(probes: object, { adopted = false } = {}) {
  const clock = new ManualClock();
  const answers: ProbeAnswer[] = [];
  const asked: number[] = [];
  const changes: string[] = [];
  const told: string[] = [];
  let answer: ProbeAnswer = { result: 'success', output: '' };
  const manager = createProbeManager({
    clock, startedAt: adopted ? clock.now() + 1 : clock.now(), onChange: (uid) => changes.push(uid), tell: (_, name, { text }) => told.push(`${name}: ${text}`),
    prober: async () => {
      asked.push(clock.now());
      return answers.shift() ?? answer;
    },
  });
  const pod = podOf({ containers: [{ name: 'a', ...probes }] });
  const runtime = runtimeOf(pod, { sandbox: {}, containers: [{ name: 'a', state: 'running', startedAt: clock.now() }] });
  manager.sync(pod, runtime);
  return { clock, manager, pod, runtime, asked, changes, told, say: (result: ProbeAnswer['result'], output = '') => (answer = { result, output }) };
}

test('a container is unready until its readiness probe says otherwise, and again after three failures', async () => {
  const at = setUp({ readinessProbe: { periodSeconds: 5, initialDelaySeconds: 2 } });
  expect(at.manager.isReady('a-0')).toBe(false);
  await at.clock.advance(1999);
  expect(at.asked).toEqual([]);
  await at.clock.advance(1);
  expect(at.manager.isReady('a-0')).toBe(true);
  at.say('failure', 'not now');
  await at.clock.advance(10 * SECOND);
  expect(at.manager.isReady('a-0')).toBe(true);
  await at.clock.advance(5 * SECOND);
  expect(at.manager.isReady('a-0')).toBe(false);
  expect(at.changes.length).toBe(2);
  expect(at.told).toEqual(Array.from({ length: 3 }, () => 'a: Readiness probe failed: not now'));
});

test('a container that was running before the kubelet keeps what was last said of it', () => {
  expect(setUp({ readinessProbe: {} }, { adopted: true }).manager.isReady('a-0')).toBeUndefined();
});

test('liveness fails only after its threshold, and is then held until there is another container', async () => {
  const at = setUp({ livenessProbe: { periodSeconds: 1, failureThreshold: 2 } });
  await at.clock.advance(0);
  expect(at.changes).toEqual([]);
  at.say('failure');
  await at.clock.advance(SECOND);
  expect(at.manager.livenessFailed('a-0')).toBe(false);
  await at.clock.advance(SECOND);
  expect(at.manager.livenessFailed('a-0')).toBe(true);
  const before = at.asked.length;
  await at.clock.advance(10 * SECOND);
  expect(at.asked.length).toBe(before);
  at.manager.sync(at.pod, runtimeOf(at.pod, { sandbox: {}, containers: [{ name: 'a', id: 'a-new', state: 'running', startedAt: at.clock.now() }] }));
  expect([at.manager.livenessFailed('a-0'), at.manager.livenessFailed('a-new')]).toEqual([false, false]);
});

test('nothing else is asked before the startup probe has passed, and it is not asked again', async () => {
  const at = setUp({ startupProbe: { periodSeconds: 1, failureThreshold: 30 }, livenessProbe: { periodSeconds: 1 } });
  at.say('failure');
  await at.clock.advance(3 * SECOND);
  expect([at.manager.started('a-0'), at.manager.hasStarted('a-0'), at.manager.livenessFailed('a-0')]).toEqual([false, false, false]);
  at.say('success');
  await at.clock.advance(SECOND);
  expect(at.manager.started('a-0')).toBe(true);
  const before = at.asked.length;
  await at.clock.advance(3 * SECOND);
  expect(at.asked.length - before).toBe(3);
});

test('readiness is asked for as soon as the startup probe has passed', async () => {
  const at = setUp({ startupProbe: { periodSeconds: 1, failureThreshold: 30 }, readinessProbe: { periodSeconds: 60, initialDelaySeconds: 1 } });
  at.say('failure');
  await at.clock.advance(5500);
  at.say('success');
  await at.clock.advance(500);
  expect([at.manager.started('a-0'), at.manager.isReady('a-0')]).toEqual([true, true]);
});

test('a redirect that was not followed is a success, and is told', async () => {
  const at = setUp({ readinessProbe: { periodSeconds: 1 } });
  at.say('warning', 'Probe terminated redirects, Response body: x');
  await at.clock.advance(1);
  expect(at.manager.isReady('a-0')).toBe(true);
  expect(at.told[0]).toBe('a: Readiness probe warning: Probe terminated redirects, Response body: x');
});

test('a clock that was put back delays no probe', async () => {
  const at = setUp({ livenessProbe: { periodSeconds: 1, initialDelaySeconds: 2 } });
  at.manager.forget(at.pod.metadata.uid);
  const before = at.asked.length;
  at.manager.sync(at.pod, runtimeOf(at.pod, { sandbox: {}, containers: [{ name: 'a', id: 'later', state: 'running', startedAt: at.clock.now() + 3600 * SECOND }] }));
  await at.clock.advance(2 * SECOND);
  expect(at.asked.length).toBe(before + 1);
});

test('a probe that could not be made decides nothing', async () => {
  const at = setUp({ livenessProbe: { periodSeconds: 1, failureThreshold: 1 } });
  at.say('unknown', 'runtime gone');
  await at.clock.advance(5 * SECOND);
  expect(at.manager.livenessFailed('a-0')).toBe(false);
  expect(at.told[0]).toBe('a: Liveness probe errored and resulted in unknown state: runtime gone');
});

test('a pod on its way out is only asked whether it can serve', async () => {
  const at = setUp({ livenessProbe: { periodSeconds: 1 }, readinessProbe: { periodSeconds: 1 } });
  at.manager.sync({ ...at.pod, metadata: { ...at.pod.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }, at.runtime);
  await at.clock.advance(2 * SECOND);
  expect(at.asked.length).toBe(3);
  at.manager.forget(at.pod.metadata.uid);
  await at.clock.advance(5 * SECOND);
  expect(at.asked.length).toBe(3);
});

const container = { name: 'c', ports: [{ name: 'http', containerPort: 8080 }] } as unknown as Container;

test('ports by number, by name, or not at all', () => {
  expect([portOf(80, container), portOf('http', container), portOf('81', container)]).toEqual([80, 8080, 81]);
  expect(() => portOf('nope', container)).toThrow("couldn't find port: nope in container c");
  expect(() => portOf(70_000, container)).toThrow('invalid port number: 70000');
});

test('http probes go to the pod with the headers they are given', () => {
  const action = { path: '/ok?x=1', port: 'http', scheme: 'HTTPS', httpHeaders: [{ name: 'X-A', value: 'b' }, { name: 'Accept', value: '' }, { name: 'Host', value: 'h' }] };
  expect(httpTarget(action as never, container, { podIp: '10.1.1.1', agent: 'kube-probe/1.36' })).toEqual({
    scheme: 'https', host: '10.1.1.1', port: 8080, path: '/ok?x=1', headers: { 'user-agent': 'kube-probe/1.36', 'x-a': 'b', host: 'h' },
  });
});

async function server(status: number) {
  const http = createServer((_, response) => response.writeHead(status).end('body'));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return { port: (http.address() as AddressInfo).port, async [Symbol.asyncDispose]() { http.closeAllConnections(); await new Promise((resolve) => http.close(resolve)); } };
}

const probing = (cri = new FakeCri({ clock: systemClock, random: seededRandom(1) })) => {
  const prober = createProber({ cri, clock: systemClock });
  return (probe: object, containerId = 'x') => prober(probe as Probe, { container, containerId, podIp: '127.0.0.1' });
};

test('an http answer below 400 is a success; a refusal is told in Go\'s words', async () => {
  await using good = await server(204);
  await using bad = await server(503);
  const probe = probing();
  expect(await probe({ httpGet: { port: good.port, path: '/' } })).toEqual({ result: 'success', output: '' });
  expect(await probe({ httpGet: { port: bad.port, path: '/' } })).toEqual({ result: 'failure', output: 'HTTP probe failed with statuscode: 503' });
  expect(await probe({ tcpSocket: { port: good.port } })).toMatchObject({ result: 'success' });
  const { port } = bad;
  await bad[Symbol.asyncDispose]();
  expect(await probe({ httpGet: { port, path: '/x' } })).toEqual({ result: 'failure', output: `Get "http://127.0.0.1:${port}/x": dial tcp 127.0.0.1:${port}: connect: connection refused` });
  expect(await probe({ tcpSocket: { port } })).toEqual({ result: 'failure', output: `dial tcp 127.0.0.1:${port}: connect: connection refused` });
});

test('redirects are followed on the pod alone, and not for ever', async () => {
  const http = createServer((request, response) => {
    const to = request.url === '/here' ? '/ok' : request.url === '/there' ? 'http://other.example/' : request.url === '/round' ? '/round' : undefined;
    response.writeHead(to === undefined ? 204 : 302, to === undefined ? {} : { location: to }).end(to === undefined ? undefined : 'Found');
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const probe = probing();
  expect(await probe({ httpGet: { port, path: '/here' } })).toEqual({ result: 'success', output: '' });
  expect(await probe({ httpGet: { port, path: '/there' } })).toEqual({ result: 'warning', output: 'Probe terminated redirects, Response body: Found' });
  expect(await probe({ httpGet: { port, path: '/round' } })).toEqual({ result: 'failure', output: `Get "http://127.0.0.1:${port}/round": stopped after 10 redirects` });
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
});

test('a command\'s exit code decides; one that takes too long fails; a runtime that fails decides nothing', async () => {
  const cri = new FakeCri({
    clock: systemClock, random: seededRandom(1), images: ['i'],
    exec: (_, [cmd]) => ({ stdout: Buffer.from('said'), stderr: Buffer.from('!'), exitCode: cmd === 'true' ? 0 : 1 }),
  });
  const sandboxId = await cri.runPodSandbox({ metadata: { name: 'p', uid: '1' } });
  const id = await cri.createContainer({ sandboxId }, { metadata: { name: 'a' }, image: { image: 'i' } });
  await cri.startContainer(id);
  const probe = probing(cri);
  expect(await probe({ exec: { command: ['true'] } }, id)).toEqual({ result: 'success', output: 'said!' });
  expect(await probe({ exec: { command: ['false'] } }, id)).toEqual({ result: 'failure', output: 'said!' });
  cri.failNext('execSync', new CriError('DeadlineExceeded', 'late'));
  expect(await probe({ exec: { command: ['slow', 'one'] }, timeoutSeconds: 2 }, id)).toEqual({ result: 'failure', output: 'command timed out: "slow one" timed out after 2s' });
  cri.failNext('execSync', new CriError('Unavailable', 'gone'));
  expect(await probe({ exec: { command: ['true'] } }, id)).toMatchObject({ result: 'unknown' });
});
