import { expect, test } from 'vitest';
import { Job } from '../../kinds/batch/job.ts';
import { Pod } from '../../kinds/core/pod.ts';
import { jobController } from '../job/job.ts';
import { startControlled } from '../testing/start.ts';
import { podGarbageCollector } from './pod-gc.ts';

const at = { namespace: 'shop' };

test('a pod deleted before it had a node counts as failed, so that a Job that waits for its end goes on', async () => {
  await using cluster = await startControlled([podGarbageCollector(), jobController()]);
  const { client, quiet, pass } = cluster;
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'x' }] } };
  await client.create(Job, { metadata: { name: 'sum', ...at }, spec: { podReplacementPolicy: 'Failed', template } });
  await quiet();
  const [first] = (await client.list(Pod, at)).items;
  await client.delete(Pod, first!.metadata.name, at);
  await quiet();
  expect((await client.list(Pod, at)).items.map(({ metadata }) => metadata.name)).toEqual([first!.metadata.name]);

  await pass(60);
  const pods = (await client.list(Pod, at)).items;
  expect(pods).toHaveLength(1);
  expect(pods[0]!.metadata.name).not.toBe(first!.metadata.name);
  expect((await client.get(Job, 'sum', at)).status.failed).toBe(1);
});
