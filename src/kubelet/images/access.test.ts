import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ManualClock, settle } from '../../base/clock.ts';
import { silent } from '../../base/log.ts';
import { seededRandom } from '../../base/random.ts';
import type { Secret } from '../../kinds/core/secret.ts';
import { FakeCri } from '../cri/fake-cri.ts';
import { podOf } from '../testing/pods.ts';
import { covers } from './credentials.ts';
import { createImageManager } from './image-manager.ts';
import type { ImageManagerOptions } from './image-manager.ts';
import { readCredentialProviders } from './provider-config.ts';
import { CredentialProviders } from './providers.ts';
import type { RunProgram } from './providers.ts';
import { openPullRecords } from './pull-records.ts';
import { Turnstile } from './turnstile.ts';

const IMAGE = 'registry.example/app:1';
const secretOf = (name: string, password: string): Secret => ({
  metadata: { name, namespace: 'default', uid: `uid-${name}` }, type: 'kubernetes.io/dockerconfigjson',
  data: { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths: { 'registry.example': { username: 'joe', password } } })).toString('base64') },
}) as unknown as Secret;

async function withRecords(verification: 'NeverVerify' | 'NeverVerifyPreloadedImages' | 'NeverVerifyAllowlistedImages' | 'AlwaysVerify', use: (at: { readonly ensure: (policy: string, secrets?: readonly Secret[], image?: string) => Promise<unknown>; readonly cri: FakeCri; readonly again: () => Promise<void> }) => Promise<void>, images: readonly string[] = []): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'knarr-records-'));
  const clock = new ManualClock();
  const cri = new FakeCri({ clock, random: seededRandom(1), images: [...images] });
  const open = () => openPullRecords({ rootDir: dir, clock, verification, allowlist: ['registry.example/listed/*'] });
  let manager = createImageManager({ cri, clock, records: await open() });
  try {
    await use({
      cri,
      ensure: (imagePullPolicy, secrets = [], image = IMAGE) => manager.ensure({ pod: podOf({ containers: [{ name: 'a' }] }), container: { name: 'a', image, imagePullPolicy }, sandbox: {}, pullSecrets: async () => secrets, tell: () => {} }),
      async again() {
        manager = createImageManager({ cri, clock, records: await open() });
      },
    });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

test('an image pulled with a Secret is for those who have it, or one that says the same; others prove theirs', () => withRecords('NeverVerifyPreloadedImages', async ({ ensure, cri, again }) => {
  await ensure('IfNotPresent', [secretOf('a', 'x')]);
  await ensure('IfNotPresent', [secretOf('a', 'x')]);
  await ensure('IfNotPresent', [secretOf('copy', 'x')]);
  await again();
  await ensure('Never', [secretOf('a', 'x')]);
  expect(cri.calls.filter((call) => call.startsWith('pullImage'))).toHaveLength(1);
  await expect(ensure('Never', [secretOf('b', 'y')])).rejects.toMatchObject({ reason: 'ErrImageNeverPull', message: `Container image "${IMAGE}" is present with pull policy of Never but does not have the proper auth (image secret) that was used to pull the image` });
  await ensure('IfNotPresent', [secretOf('b', 'y')]);
  expect(cri.calls.filter((call) => call.startsWith('pullImage'))).toHaveLength(2);
  await ensure('Never', [secretOf('b', 'y')]);
}));

test('an image that took no credentials is for everybody', () => withRecords('AlwaysVerify', async ({ ensure, cri }) => {
  await ensure('IfNotPresent');
  await ensure('IfNotPresent', [secretOf('a', 'x')]);
  expect(cri.calls.filter((call) => call.startsWith('pullImage'))).toHaveLength(1);
}));

test('images of somebody else\'s bringing are for everybody, for those listed alone, or for nobody', async () => {
  const pullsOf = async (verification: Parameters<typeof withRecords>[0], image: string) => {
    let pulls = 0;
    await withRecords(verification, async ({ ensure, cri }) => {
      await ensure('IfNotPresent', [], image);
      pulls = cri.calls.filter((call) => call.startsWith('pullImage')).length;
    }, [image]);
    return pulls;
  };
  expect(await pullsOf('NeverVerifyPreloadedImages', IMAGE)).toBe(0);
  expect(await pullsOf('NeverVerifyAllowlistedImages', IMAGE)).toBe(1);
  expect(await pullsOf('NeverVerifyAllowlistedImages', 'registry.example/listed/x:1')).toBe(0);
  expect(await pullsOf('AlwaysVerify', IMAGE)).toBe(1);
});

const CONFIG = `
apiVersion: kubelet.config.k8s.io/v1
kind: CredentialProviderConfig
providers:
- name: ask
  apiVersion: credentialprovider.kubelet.k8s.io/v1
  matchImages: ['*.example:5000/team', registry.example]
  defaultCacheDuration: 5m
  args: [--fast]
  env: [{name: REGION, value: here}]
`;

function asking(config: string, answer: object) {
  const clock = new ManualClock();
  const asked: { args: readonly string[]; env: object; request: object }[] = [];
  const run: RunProgram = async ({ args, env, input }) => {
    asked.push({ args, env, request: JSON.parse(input) as object });
    return JSON.stringify({ kind: 'CredentialProviderResponse', apiVersion: 'credentialprovider.kubelet.k8s.io/v1', auth: { 'registry.example': { username: 'u', password: 'p' } }, ...answer });
  };
  const accountOf = async () => ({ uid: 'sa-uid', name: 'default', namespace: 'default', annotations: { 'example.com/role': 'reader', other: 'x' }, token: 'TOKEN' });
  const providers = new CredentialProviders({ providers: readCredentialProviders(config), binDir: '/bin', clock, log: silent, accountOf, run });
  return { clock, asked, of: (image: string) => providers.credentialsFor(image, podOf({ containers: [{ name: 'a' }] })) };
}

test('a provider is asked about images that it is for, and its answers are kept as it says', async () => {
  const { of, asked, clock } = asking(CONFIG, { cacheKeyType: 'Registry' });
  expect(await of('elsewhere.example/app')).toEqual([]);
  expect((await of('registry.example/app:1')).map(({ auth }) => [auth.username, auth.password])).toEqual([['u', 'p']]);
  expect(asked).toEqual([{ args: ['--fast'], env: { REGION: 'here' }, request: { kind: 'CredentialProviderRequest', apiVersion: 'credentialprovider.kubelet.k8s.io/v1', image: 'registry.example/app' } }]);
  await of('registry.example/other:2');
  expect(asked).toHaveLength(1);
  await clock.advance(300_001);
  await of('registry.example/other:2');
  expect(asked).toHaveLength(2);
});

test('an answer for one image is not another\'s, and one of no duration is not kept', async () => {
  const image = asking(CONFIG, { cacheKeyType: 'Image' });
  await image.of('registry.example/a');
  await image.of('registry.example/a:2');
  await image.of('registry.example/b');
  expect(image.asked).toHaveLength(2);
  const never = asking(CONFIG, { cacheKeyType: 'Global', cacheDuration: '0s' });
  await never.of('registry.example/a');
  await never.of('registry.example/a');
  expect(never.asked).toHaveLength(2);
});

test('a provider that answers nonsense knows nothing', async () => {
  expect(await asking(CONFIG, { cacheKeyType: 'Sometimes' }).of('registry.example/a')).toEqual([]);
  expect(await asking(CONFIG, { cacheKeyType: 'Image', apiVersion: 'v0' }).of('registry.example/a')).toEqual([]);
});

test('a provider may ask for the pod\'s ServiceAccount; what it answers is that account\'s', async () => {
  const config = `${CONFIG}  tokenAttributes: {serviceAccountTokenAudience: reg, cacheType: ServiceAccount, requireServiceAccount: true, requiredServiceAccountAnnotationKeys: [example.com/role]}\n`;
  const { of, asked } = asking(config, { cacheKeyType: 'Registry' });
  expect((await of('registry.example/a')).map(({ source }) => source)).toEqual([{ uid: 'sa-uid', name: 'default', namespace: 'default' }]);
  expect(asked[0]!.request).toMatchObject({ serviceAccountToken: 'TOKEN', serviceAccountAnnotations: { 'example.com/role': 'reader' } });
  expect(await asking(config.replace('example.com/role', 'example.com/none'), { cacheKeyType: 'Registry' }).of('registry.example/a')).toEqual([]);
});

test('patterns of images', () => {
  expect([['*.example:5000', 'r.example:5000/a'], ['*.example', 'r.example:5000/a'], ['app*.example', 'apple.example/x'], ['*.*.example', 'r.example/a'], ['registry.example/team', 'registry.example/teams/a'], ['registry.example/team', 'registry.example/team/a']].map(([pattern, target]) => covers(pattern!, target!))).toEqual([true, false, true, false, false, true]);
});

test.each([
  ['providers: []', 'providers: Required value: at least 1 item in plugins is required'],
  ['providers: [{name: a, apiVersion: v1, matchImages: [x], defaultCacheDuration: 1m}]', 'providers.apiVersion: Unsupported value: "v1": supported values: '],
  ['providers: [{name: a, apiVersion: credentialprovider.kubelet.k8s.io/v1}]', '[providers.matchImages: Required value: at least 1 item in matchImages is required, providers.defaultCacheDuration: Required value]'],
  ['provider: []', 'strict decoding error: unknown field "provider"'],
])('%j is no configuration', (text, message) => expect(() => readCredentialProviders(`apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\n${text}`)).toThrow(message));

test('so many pulls at a time, in order; who gives up leaves the line', async () => {
  const turnstile = new Turnstile(1);
  const order: string[] = [];
  const gates = new Map<string, () => void>();
  const work = (name: string, signal?: AbortSignal) => turnstile.through(() => new Promise<void>((resolve) => {
    order.push(name);
    gates.set(name, resolve);
  }), signal);
  const given = new AbortController();
  const first = work('first');
  const second = work('second', given.signal).catch(() => 'gave up');
  const third = work('third');
  await settle();
  expect(order).toEqual(['first']);
  given.abort();
  expect(await second).toBe('gave up');
  gates.get('first')!();
  await first;
  await settle();
  expect(order).toEqual(['first', 'third']);
  gates.get('third')!();
  await third;
});

test('more pulls than the registry is to be asked for are put off', async () => {
  const clock = new ManualClock();
  const cri = new FakeCri({ clock, random: seededRandom(1), images: [] });
  const pulls: ImageManagerOptions['pulls'] = { rate: { perSecond: 1, burst: 1 } };
  const images = createImageManager({ cri, clock, pulls });
  const ensure = (image: string) => images.ensure({ pod: podOf({ containers: [{ name: 'a' }] }), container: { name: 'a', image }, sandbox: {}, pullSecrets: async () => [], tell: () => {} });
  await ensure('one:1');
  await expect(ensure('two:1')).rejects.toMatchObject({ reason: 'ErrImagePull', message: 'pull QPS exceeded' });
});
