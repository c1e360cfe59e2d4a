import { expect, test } from 'vitest';
import { ManualClock } from '../base/clock.ts';
import type { Node } from '../kinds/core/node.ts';
import { healthzHandler, ProxyHealth } from './healthz.ts';

const node = (taints: readonly object[] = []): Node => ({ metadata: { name: 'here' }, spec: { taints } }) as unknown as Node;

function arrange(seen: Node | undefined) {
  const clock = new ManualClock();
  const health = new ProxyHealth(clock);
  const handler = healthzHandler({ health, node: () => seen, clock });
  const ask = async (url: string) => {
    const answer = await handler({ method: 'GET', url, headers: {}, peer: {} } as never);
    const body = answer.body?.type === 'bytes' ? JSON.parse(Buffer.concat([...answer.body.chunks]).toString()) as Record<string, unknown> : {};
    return { status: answer.status, eligible: body['nodeEligible'] };
  };
  return { clock, health, ask };
}

test('an idle proxy is healthy; one that has not written what changed for a minute is not', async () => {
  const { clock, health, ask } = arrange(node());
  await clock.advance(600_000);
  expect(await ask('/healthz')).toEqual({ status: 200, eligible: true });
  health.queued();
  await clock.advance(61_000);
  expect((await ask('/healthz')).status).toBe(503);
  expect((await ask('/livez')).status).toBe(503);
  health.written();
  expect((await ask('/healthz')).status).toBe(200);
  expect((await ask('/other')).status).toBe(404);
});

test('a node about to go is not for new traffic, though its proxy lives', async () => {
  const { ask } = arrange(node([{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }]));
  expect(await ask('/healthz')).toEqual({ status: 503, eligible: false });
  expect(await ask('/livez')).toEqual({ status: 200, eligible: undefined });
});
