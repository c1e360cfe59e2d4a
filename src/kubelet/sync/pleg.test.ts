import { expect, test } from 'vitest';
import { ManualClock, settle } from '../../base/clock.ts';
import { silent } from '../../base/log.ts';
import { seededRandom } from '../../base/random.ts';
import { CriError } from '../cri/cri.ts';
import { FakeCri } from '../cri/fake-cri.ts';
import { startPleg } from './pleg.ts';

async function setUp(cri: FakeCri, clock: ManualClock) {
  const labels = { 'io.kubernetes.pod.uid': 'u', 'io.kubernetes.pod.name': 'p', 'io.kubernetes.pod.namespace': 'n' };
  const sandboxId = await cri.runPodSandbox({ metadata: { name: 'p', namespace: 'n', uid: 'u' }, labels });
  const id = await cri.createContainer({ sandboxId }, { metadata: { name: 'a' }, image: { image: 'i' }, labels });
  await cri.startContainer(id);
  const seen: number[] = [];
  let listings = 0;
  const pleg = startPleg({ cri, clock, log: silent, onChange: () => seen.push(clock.now()), onRelist: () => listings++ });
  await settle();
  return { id, seen, listings: () => listings, [Symbol.asyncDispose]: () => pleg[Symbol.asyncDispose]() };
}
const fake = () => {
  const clock = new ManualClock();
  return { clock, cri: new FakeCri({ clock, random: seededRandom(1), images: ['i'] }) };
};

test('an end the runtime tells of is seen at once, and nothing is listed in vain', async () => {
  const { clock, cri } = fake();
  await using at = await setUp(cri, clock);
  expect([at.seen.length, at.listings()]).toEqual([1, 1]);
  await clock.advance(2900);
  expect(at.listings()).toBe(1);
  const ended = clock.now();
  cri.exit(at.id, 1);
  await settle();
  await clock.advance(20);
  expect(at.seen.at(-1)! - ended).toBeLessThanOrEqual(20);
  await clock.advance(520);
  expect(at.listings()).toBe(4);
});

test('where the runtime tells nothing it is asked every second', async () => {
  const { clock, cri } = fake();
  for (let i = 0; i < 9; i++) cri.failNext('exits', new CriError('Unimplemented', 'no'));
  await using at = await setUp(cri, clock);
  await clock.advance(5000);
  expect(at.listings()).toBeGreaterThanOrEqual(5);
  cri.exit(at.id, 1);
  await clock.advance(1000);
  expect(at.seen).toHaveLength(2);
});
