import { expect, test } from 'vitest';
import { Node } from '../../kinds/core/node.ts';
import { Lease } from '../../kinds/coordination/lease.ts';
import { startTestNode } from '../testing/node.ts';

test('the node registers as it is told, says how it is, and renews its lease four times in its span', async () => {
  await using node = await startTestNode({}, { nodeTaints: [{ key: 'new', effect: 'NoSchedule' }], providerId: 'knarr://1', maxPods: 9, nodeStatus: { leaseSeconds: 20 } });
  const { spec, status } = await node.client.get(Node, 'node-1');
  expect(spec).toMatchObject({ providerID: 'knarr://1', taints: expect.arrayContaining([{ key: 'new', effect: 'NoSchedule' }]) as unknown });
  expect(status.capacity?.pods).toBe('9');
  const lease = () => node.client.get(Lease, 'node-1', { namespace: 'kube-node-lease' });
  const first = await node.until('a lease that the node owns', async () => {
    const found = await lease().catch(() => undefined);
    return found?.metadata.ownerReferences?.length ? found : undefined;
  });
  expect(first.spec.leaseDurationSeconds).toBe(20);
  const before = Date.parse(first.spec.renewTime!);
  const next = await node.until('it is renewed', async () => {
    const found = await lease();
    return Date.parse(found.spec.renewTime!) > before ? found : undefined;
  });
  expect(Date.parse(next.spec.renewTime!) - before).toBeLessThan(6000);
});

test('a node that was deleted registers again', async () => {
  await using node = await startTestNode();
  const { metadata: { uid } } = await node.client.get(Node, 'node-1');
  await node.client.delete(Node, 'node-1');
  await node.until('another node of that name', async () => {
    const found = await node.client.get(Node, 'node-1').catch(() => undefined);
    return found && found.metadata.uid !== uid;
  });
});

test('a status that has not changed is sent now and then alone', async () => {
  await using node = await startTestNode({}, { nodeStatus: { updatePeriod: 5000, reportPeriod: 60_000 } });
  await node.until('it is ready', async () => (await node.client.get(Node, 'node-1')).status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'));
  const beat = async () => Date.parse((await node.client.get(Node, 'node-1')).status.conditions!.find(({ type }) => type === 'Ready')!.lastHeartbeatTime!);
  const first = await beat();
  const next = await node.until('another heartbeat', async () => {
    const at = await beat();
    return at > first ? at : undefined;
  });
  expect(next - first).toBeGreaterThanOrEqual(50_000);
});
