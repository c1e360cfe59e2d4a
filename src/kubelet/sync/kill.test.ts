import { expect, test } from 'vitest';
import { ManualClock, settle } from '../../base/clock.ts';
import { seededRandom } from '../../base/random.ts';
import { CriError } from '../cri/cri.ts';
import { FakeCri } from '../cri/fake-cri.ts';
import { podOf, runtimeOf } from '../testing/pods.ts';
import { killContainer, killPod } from './kill.ts';
import type { RuntimeContainer } from './pod-runtime.ts';

const SECOND = 1000;

/** A runtime whose containers take as long to end as is said, and tell when what was asked of them. */
function setUp(lasts: Readonly<Record<string, number>> = {}) {
  const clock = new ManualClock();
  const began = clock.now();
  const asked: string[] = [];
  const events: string[] = [];
  const note = (what: string) => asked.push(`${(clock.now() - began) / SECOND}s ${what}`);
  class SlowCri extends FakeCri {
    override async stopContainer(id: string, seconds: number) {
      note(`stop ${id} ${seconds}s`);
      await clock.sleep(Math.min(lasts[id] ?? 0, seconds) * SECOND);
      note(`${id} ended`);
    }

    override async stopPodSandbox(id: string) {
      note(`stop ${id}`);
    }

    override async execSync(id: string, { cmd }: { cmd: readonly string[] }) {
      note(`${cmd.join(' ')} in ${id}`);
      await clock.sleep(Number(cmd[1] ?? 0) * SECOND);
      if (cmd[0] === 'fail') throw new CriError('Unknown', 'no such program');
      return { stdout: new Uint8Array(), stderr: new Uint8Array(), exitCode: 0 };
    }
  }
  const cri = new SlowCri({ clock, random: seededRandom(1) });
  const killing = { cri, clock, tell: (container: string, { reason, message }: { reason: string; message: string }) => void events.push(`${container} ${reason}: ${message}`) };
  return { clock, asked, events, killing };
}

const running = (...names: readonly string[]) => names.map((name) => ({ name, id: name, state: 'running' as const }));
const preStop = (...command: readonly string[]) => ({ lifecycle: { preStop: { exec: { command } } } });

test('main containers end together, then sidecars from the last to the first, in what is left of the grace period', async () => {
  const { clock, asked, killing } = setUp({ a: 3, b: 5, s2: 4, s1: 100 });
  const pod = podOf({ initContainers: [{ name: 's1', restartPolicy: 'Always' }, { name: 's2', restartPolicy: 'Always' }], containers: [{ name: 'a' }, { name: 'b' }] });
  const end = killPod(killing, { pod, runtime: runtimeOf(pod, { sandbox: {}, containers: running('a', 'b', 's1', 's2') }), graceSeconds: 30 });
  await clock.advance(60 * SECOND);
  await end;
  expect(asked).toEqual(['0s stop a 30s', '0s stop b 30s', '3s a ended', '5s b ended', '5s stop s2 25s', '9s s2 ended', '9s stop s1 21s', '30s s1 ended', '30s stop sandbox']);
});

test('when the grace period is over sidecars are asked to end, whatever the others do', async () => {
  const { clock, asked, killing } = setUp({ a: 100 });
  const pod = podOf({ initContainers: [{ name: 's', restartPolicy: 'Always' }], containers: [{ name: 'a' }] });
  const end = killPod(killing, { pod, runtime: runtimeOf(pod, { sandbox: {}, containers: running('a', 's') }), graceSeconds: 10 });
  await clock.advance(60 * SECOND);
  await end;
  expect(asked.slice(0, 2)).toEqual(['0s stop a 10s', '10s a ended']);
  expect(asked[2]).toMatch(/^10s stop s [12]s$/);
});

test('preStop hooks of all, sidecars\' too, run at once', async () => {
  const { clock, asked, events, killing } = setUp({ a: 1 });
  const pod = podOf({ initContainers: [{ name: 's', restartPolicy: 'Always', ...preStop('bye', '1') }], containers: [{ name: 'a', ...preStop('bye', '2') }] });
  const end = killPod(killing, { pod, runtime: runtimeOf(pod, { sandbox: {}, containers: running('a', 's') }), graceSeconds: 10 });
  await clock.advance(20 * SECOND);
  await end;
  expect(asked).toEqual(['0s bye 2 in a', '0s bye 1 in s', '2s stop a 8s', '3s a ended', '3s stop s 7s', '3s s ended', '3s stop sandbox']);
  expect(events).toEqual(['a Killing: Stopping container a', 's Killing: Stopping container s']);
});

const kill = async (hook: object, graceSeconds: number, state: RuntimeContainer['state'] = 'running') => {
  const { clock, asked, events, killing } = setUp();
  const pod = podOf({ containers: [{ name: 'a', ...hook }] });
  const runtime = runtimeOf(pod, { sandbox: {}, containers: [{ name: 'a', id: 'a', state }] });
  const end = killContainer(killing, { pod, runtime, container: runtime.containers[0]!, message: 'why', graceSeconds });
  await clock.advance(100 * SECOND);
  await end;
  return { asked: asked.slice(0, -1), events };
};

test('a hook that takes too long is cut off when the grace period is over; two seconds are left all the same', async () => {
  expect(await kill(preStop('slow', '90'), 5)).toEqual({ asked: ['0s slow 90 in a', '5s stop a 2s'], events: ['a Killing: why'] });
  expect((await kill({ lifecycle: { preStop: { sleep: { seconds: 3 } } } }, 5)).asked).toEqual(['3s stop a 2s']);
  expect((await kill({}, 1)).asked).toEqual(['0s stop a 2s']);
});

test('a hook that fails is told of and delays nothing', async () => {
  expect(await kill(preStop('fail'), 30)).toEqual({ asked: ['0s fail in a', '0s stop a 30s'], events: ['a Killing: why', 'a FailedPreStopHook: PreStopHook failed'] });
  expect((await kill({ lifecycle: { preStop: { tcpSocket: { port: 80 } } } }, 30)).events[1]).toBe('a FailedPreStopHook: PreStopHook failed');
});

test('what does not run has no hook', async () => {
  expect((await kill(preStop('bye'), 30, 'unknown')).asked).toEqual(['0s stop a 30s']);
});

test('one container that cannot be stopped keeps none of the others running', async () => {
  const { clock, asked, killing } = setUp({ b: 3 });
  const { stopContainer } = killing.cri;
  killing.cri.stopContainer = async (id, seconds) => {
    if (id === 'a') throw new CriError('Unknown', 'stuck');
    return stopContainer.call(killing.cri, id, seconds);
  };
  const pod = podOf({ containers: [{ name: 'a' }, { name: 'b' }] });
  const end = killPod(killing, { pod, runtime: runtimeOf(pod, { sandbox: {}, containers: running('a', 'b') }), graceSeconds: 10 }).catch((error: unknown) => String(error));
  await clock.advance(10 * SECOND);
  await settle();
  expect(await end).toContain('stuck');
  // It takes along what is left.
  expect(asked).toEqual(['0s stop b 10s', '3s b ended', '3s stop sandbox']);
});
