import { Job } from '../../../src/kinds/batch/job.ts';
import { Pod } from '../../../src/kinds/core/pod.ts';
import type { Context } from '../framework/context.ts';
import { test, type TestCase } from '../framework/test-case.ts';
import { at } from './workloads.ts';

interface JobRequest {
  readonly name: string;
  readonly sh?: string;
  readonly parallelism: number;
  readonly completions: number;
  readonly restartPolicy?: 'Never' | 'OnFailure';
}

function makeJob(t: Context, { name, sh, parallelism, completions, restartPolicy = 'Never' }: JobRequest): Promise<Job> {
  const podSpec = { ...t.pods.object({ ...(sh !== undefined && { sh }) }).spec, restartPolicy };
  const template = { metadata: { labels: { job: name } }, spec: { ...podSpec, volumes: [{ name: 'data', emptyDir: {} }], containers: podSpec!.containers!.map((one) => ({ ...one, volumeMounts: [{ name: 'data', mountPath: '/data' }] })) } };
  return t.client.create(Job, { metadata: { name }, spec: { parallelism, completions, backoffLimit: 6, template } }, at(t));
}

const podsOf = (t: Context, name: string) => t.pods.list(`job=${name}`);
const active = (t: Context, name: string, count: number) => t.eventually(`${count} pods of ${name} run`, async () =>
  (await podsOf(t, name)).filter(({ status }) => status.phase === 'Running').length === count, { seconds: 90 });
const isOwned = ({ metadata }: Pod, uid: string): boolean => metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === uid) ?? false;

const ADOPT = ['as many pods run as may in parallel', 'an orphan is adopted again', 'a pod whose labels change is released'];
const adopts = test('[sig-apps] Job should adopt matching orphans and release non-matching pods [Conformance]', { musts: ADOPT, timeoutSeconds: 300 }, async (t) => {
  const { metadata } = await makeJob(t, { name: 'adopt-release', parallelism: 2, completions: 4 });
  t.must(ADOPT[0]!, await active(t, 'adopt-release', 2));
  const [pod] = await podsOf(t, 'adopt-release');
  await t.client.patch(Pod, pod!.metadata.name, { type: 'merge', body: { metadata: { ownerReferences: null } } }, at(t));
  t.must(ADOPT[1]!, await t.eventually('the pod is adopted', async () => isOwned(await t.pods.get(pod!.metadata.name), metadata.uid)));
  const labels = Object.fromEntries(Object.keys(pod!.metadata.labels ?? {}).map((key) => [key, null]));
  await t.client.patch(Pod, pod!.metadata.name, { type: 'merge', body: { metadata: { labels } } }, at(t));
  t.must(ADOPT[2]!, await t.eventually('the pod is released', async () => !isOwned(await t.pods.get(pod!.metadata.name), metadata.uid)));
});

const deletes = test('[sig-apps] Job should delete a job [Conformance]', { musts: ['the job goes, and its pods'], timeoutSeconds: 240 }, async (t) => {
  await makeJob(t, { name: 'foo', parallelism: 2, completions: 4 });
  await active(t, 'foo', 2);
  await t.client.delete(Job, 'foo', { ...at(t), propagationPolicy: 'Background' });
  await t.gone('the job', () => t.client.get(Job, 'foo', at(t)));
  t.must('the job goes, and its pods', await t.eventually('no pod is left', async () => (await podsOf(t, 'foo')).length === 0, { seconds: 90 }));
});

const completes = test('[sig-apps] Job should run a job to completion when tasks sometimes fail and are locally restarted [Conformance]', { musts: ['the job completes'], timeoutSeconds: 300 }, async (t) => {
  // A task fails once: what it leaves in its volume tells the second try.
  const sh = 'if [ -e /data/again ]; then exit 0; else touch /data/again; exit 1; fi';
  await makeJob(t, { name: 'fail-once-local', sh, parallelism: 2, completions: 4, restartPolicy: 'OnFailure' });
  const done = await t.eventually('four have succeeded', async () => (await t.client.get(Job, 'fail-once-local', at(t))).status.succeeded === 4, { seconds: 200 });
  const pods = await podsOf(t, 'fail-once-local');
  t.must('the job completes', done && pods.filter(({ status }) => status.phase === 'Succeeded').length === 4);
});

export const jobs: readonly TestCase[] = [adopts, deletes, completes];
