import type { Pod } from '../../../src/kinds/core/pod.ts';
import type { Probe } from '../../../src/kinds/core/probe.ts';
import type { DeepPartial } from '../../../src/meta/object.ts';
import { isReady } from '../../../src/rules/pod-conditions.ts';
import { parseTime } from '../../../src/meta/time.ts';
import type { Context } from '../framework/context.ts';
import { test, type TestCase } from '../framework/test-case.ts';

const NODE = '[NodeConformance] [Conformance]';
/** A server that is healthy for ten seconds. */
const HEALTHY_FOR_10 = 'mkdir -p /tmp/www && echo ok > /tmp/www/healthz && httpd -p 8080 -h /tmp/www; sleep 10; rm /tmp/www/healthz; sleep 600';
const HEALTHY = 'mkdir -p /tmp/www && echo ok > /tmp/www/healthz && httpd -p 8080 -h /tmp/www; sleep 600';
const http = { httpGet: { path: '/healthz', port: 8080 } };
const exec = { exec: { command: ['cat', '/tmp/health'] } };
const once = { initialDelaySeconds: 15, failureThreshold: 1, periodSeconds: 3 };
/** How long a probe that must not fail is watched. */
const WATCHED_SECONDS = 45;

const restarts = (pod: Pod): number => pod.status.containerStatuses?.[0]?.restartCount ?? 0;

async function probed(t: Context, sh: string, livenessProbe: DeepPartial<Probe>): Promise<string> {
  const pod = await t.pods.running({ sh, container: { livenessProbe }, spec: { restartPolicy: 'Always' } });
  return pod.metadata.name;
}

function restarted(what: string, sh: string, { probe, musts }: { probe: DeepPartial<Probe>; musts: readonly string[] }): TestCase {
  return test(`[k8s.io] Probing container should be restarted with a ${what} liveness probe ${NODE}`, { musts, timeoutSeconds: 240 }, async (t) => {
    const name = await probed(t, sh, probe);
    const pod = await t.pods.until(name, 'is restarted', (one) => restarts(one) >= 1, { seconds: 120 });
    for (const must of musts) t.must(must, restarts(pod) >= 1, String(restarts(pod)));
  });
}

function notRestarted(what: string, sh: string, probe: DeepPartial<Probe>): TestCase {
  const must = 'the restart count stays 0';
  return test(`[k8s.io] Probing container should *not* be restarted with a ${what} liveness probe ${NODE}`, { musts: [must] }, async (t) => {
    const name = await probed(t, sh, probe);
    t.must(must, await t.consistently(async () => restarts(await t.pods.get(name)) === 0, WATCHED_SECONDS));
  });
}

const COUNTS = ['a failing probe', 'restarts the container', 'each failure raises the restart count'];
const monotonic = test(`[k8s.io] Probing container should have monotonically increasing restart count ${NODE}`, { musts: COUNTS, timeoutSeconds: 600 }, async (t) => {
  const name = await probed(t, HEALTHY_FOR_10, { ...http, initialDelaySeconds: 5, failureThreshold: 1, periodSeconds: 3 });
  let last = 0;
  for (let wanted = 1; wanted <= 5; wanted++) {
    const pod = await t.pods.until(name, `is restarted ${wanted} times`, (one) => restarts(one) >= wanted, { seconds: 240, everySeconds: 1 });
    if (wanted === 1) for (const must of COUNTS.slice(0, 2)) t.must(must, restarts(pod) >= 1);
    t.must(COUNTS[2]!, restarts(pod) > last);
    last = restarts(pod);
  }
});

const initialDelay = test(`[k8s.io] Probing container with readiness probe should not be ready before initial delay and never restart ${NODE}`,
  { musts: ['the pod is ready only after the delay'] }, async (t) => {
    const delay = 20;
    const readinessProbe = { ...http, initialDelaySeconds: delay, periodSeconds: 2 };
    const { metadata } = await t.pods.create({ sh: HEALTHY, container: { readinessProbe }, spec: { restartPolicy: 'Always' } });
    const pod = await t.pods.untilReady(metadata.name, { seconds: 120 });
    const readyAt = parseTime(pod.status.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime)!;
    const startedAt = parseTime(pod.status.containerStatuses?.[0]?.state?.running?.startedAt)!;
    // Times are whole seconds: one may be lost to rounding.
    t.must('the pod is ready only after the delay', readyAt - startedAt >= (delay - 1) * 1000 && restarts(pod) === 0, `${readyAt - startedAt} ms`);
  });

const neverReady = test(`[k8s.io] Probing container with readiness probe that fails should never be ready and never restart ${NODE}`,
  { musts: ['the pod is never ready', 'the restart count stays 0'] }, async (t) => {
    const readinessProbe = { exec: { command: ['false'] }, initialDelaySeconds: 2, periodSeconds: 2 };
    const { metadata } = await t.pods.running({ container: { readinessProbe }, spec: { restartPolicy: 'Always' } });
    const seen: Pod[] = [];
    await t.consistently(async () => seen.push(await t.pods.get(metadata.name)) > 0, 30);
    t.must('the pod is never ready', !seen.some(isReady));
    t.must('the restart count stays 0', seen.every((pod) => restarts(pod) === 0));
  });

export const probes: readonly TestCase[] = [
  restarted('/healthz http', HEALTHY_FOR_10, { probe: { ...http, ...once }, musts: ['the failing probe is noticed', 'the container is restarted once'] }),
  restarted('exec "cat /tmp/health"', 'echo ok > /tmp/health; sleep 10; rm /tmp/health; sleep 600', { probe: { ...exec, ...once }, musts: ['the container is restarted once'] }),
  notRestarted('/healthz http', HEALTHY, { ...http, ...once, failureThreshold: 5 }),
  notRestarted('exec "cat /tmp/health"', 'echo ok > /tmp/health; sleep 600', { ...exec, ...once }),
  notRestarted('tcp:8080', HEALTHY_FOR_10, { tcpSocket: { port: 8080 }, ...once, failureThreshold: 3 }),
  monotonic, initialDelay, neverReady,
];
