import { expect, test } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import { seededRandom } from '../../base/random.ts';
import { describeCriContract } from './contract.ts';
import { CriError } from './cri.ts';
import { FakeCri } from './fake-cri.ts';

const IMAGE = 'knarr.local/busybox:1';

describeCriContract(async () => {
  const random = seededRandom(1);
  return {
    cri: new FakeCri({ clock: new ManualClock(), random, images: [IMAGE] }),
    image: IMAGE, logDir: '/nowhere', cgroupParent: '/none', uid: () => random.uuid(),
    async [Symbol.asyncDispose]() {},
  };
});

test('a failure planted for a method strikes once', async () => {
  const cri = new FakeCri({ clock: new ManualClock(), random: seededRandom(1) });
  cri.failNext('runPodSandbox', new CriError('Unknown', 'no network'));
  await expect(cri.runPodSandbox({ metadata: { name: 'a', uid: '1' } })).rejects.toThrow('rpc error: code = Unknown desc = no network');
  await cri.runPodSandbox({ metadata: { name: 'a', uid: '1' } });
  expect(cri.calls).toEqual(['runPodSandbox a', 'runPodSandbox a']);
});
