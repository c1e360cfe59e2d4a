import { expect, test } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import { seededRandom } from '../../base/random.ts';
import type { Secret } from '../../kinds/core/secret.ts';
import { CriError } from '../cri/cri.ts';
import { FakeCri } from '../cri/fake-cri.ts';
import { podOf } from '../testing/pods.ts';
import { credentialsFor } from './credentials.ts';
import { createImageManager } from './image-manager.ts';
import { parseImageReference, withDefaultTag } from './reference.ts';

test('image references: registry, repository, tag, digest', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  expect(parseImageReference('busybox')).toEqual({ registry: 'docker.io', repository: 'library/busybox' });
  expect(parseImageReference('me/app:1')).toEqual({ registry: 'docker.io', repository: 'me/app', tag: '1' });
  expect(parseImageReference(`localhost:5000/a/b@${digest}`)).toEqual({ registry: 'localhost:5000', repository: 'a/b', digest });
  expect(parseImageReference('registry.example.com/x:v1').registry).toBe('registry.example.com');
  expect(['busybox', 'a:1', `a@${digest}`].map(withDefaultTag)).toEqual(['busybox:latest', 'a:1', `a@${digest}`]);
});

test('what is no reference is named as the reference library does', () => {
  expect(() => parseImageReference('Busybox')).toThrow('invalid reference format: repository name (library/Busybox) must be lowercase');
  for (const wrong of ['', 'a b', 'a:', ':1', 'a//b', '-a', 'a:b:c']) expect(() => parseImageReference(wrong), wrong).toThrow('invalid reference format');
  expect(() => parseImageReference('f'.repeat(64))).toThrow('cannot specify 64-byte hexadecimal strings');
});

test('credentials are for a registry or for a path below it, the longest first', () => {
  const auth = Buffer.from('joe:pass:word').toString('base64');
  const secret = (auths: object): Secret => ({ type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') } }) as unknown as Secret;
  const secrets = [secret({ 'https://index.docker.io/v1/': { auth }, 'registry.example.com': { username: 'a', password: 'b' }, 'registry.example.com/team': { username: 'c', password: 'd' }, '*.wild.example': { username: 'w', password: 'x' } })];
  expect(credentialsFor('busybox', secrets).map(({ auth: found }) => found)).toEqual([{ username: 'joe', password: 'pass:word', identityToken: '' }]);
  expect(credentialsFor('registry.example.com/team/app', secrets).map(({ auth: { username } }) => username)).toEqual(['c', 'a']);
  expect(credentialsFor('r.wild.example/app', secrets).map(({ auth: { username } }) => username)).toEqual(['w']);
  expect(credentialsFor('elsewhere.example/app', secrets)).toEqual([]);
  expect(credentialsFor('busybox', [{ type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': 'broken' } } as unknown as Secret])).toEqual([]);
});

function setUp(pull?: (image: string) => string | undefined) {
  const clock = new ManualClock();
  const cri = new FakeCri({ clock, random: seededRandom(1), images: ['there:1'], ...(pull ? { pull } : {}) });
  const images = createImageManager({ cri, clock });
  const told: string[] = [];
  const ensure = (image: string, imagePullPolicy = 'IfNotPresent') => images.ensure({
    pod: podOf({ containers: [{ name: 'a' }] }), container: { name: 'a', image, imagePullPolicy }, sandbox: {}, pullSecrets: async () => [],
    tell: (_, reason, message) => told.push(`${reason}: ${message}`),
  });
  return { clock, cri, told, ensure };
}

test('an image that is there is not pulled, unless always', async () => {
  const { ensure, cri, told } = setUp();
  await ensure('there:1');
  expect(cri.calls).toEqual([]);
  expect(told).toEqual(['Pulled: Container image "there:1" already present on machine and can be accessed by the pod']);
  await ensure('there:1', 'Always');
  expect(cri.calls).toEqual(['pullImage there:1']);
});

test('an image that is not there and never pulled', async () => {
  const { ensure, told } = setUp();
  await expect(ensure('absent:1', 'Never')).rejects.toMatchObject({ reason: 'ErrImageNeverPull', message: 'Container image "absent:1" is not present with pull policy of Never' });
  expect(told).toEqual(['ErrImageNeverPull: Container image "absent:1" is not present with pull policy of Never']);
});

test('a failing pull is tried again after 10 s, then 20 s; meanwhile it is said why', async () => {
  const { ensure, clock, cri } = setUp(() => 'no such image');
  const error = 'rpc error: code = NotFound desc = no such image';
  await expect(ensure('absent')).rejects.toMatchObject({ reason: 'ErrImagePull', message: error });
  await clock.advance(9000);
  await expect(ensure('absent')).rejects.toMatchObject({ reason: 'ImagePullBackOff', message: `Back-off pulling image "absent": ErrImagePull: ${error}`, retryIn: 1000 });
  await clock.advance(1000);
  await expect(ensure('absent')).rejects.toMatchObject({ reason: 'ErrImagePull' });
  await clock.advance(19_000);
  await expect(ensure('absent')).rejects.toMatchObject({ reason: 'ImagePullBackOff', retryIn: 1000 });
  expect(cri.calls).toEqual(['pullImage absent:latest', 'pullImage absent:latest']);
});

test('a runtime that cannot say whether it has the image', async () => {
  const { ensure, cri } = setUp();
  cri.failNext('imageStatus', new CriError('Unavailable', 'gone'));
  await expect(ensure('there:1')).rejects.toMatchObject({ reason: 'ImageInspectError', message: 'Failed to inspect image "there:1": rpc error: code = Unavailable desc = gone' });
});

test('failures that runtimes name are told in their own words', async () => {
  for (const [desc, reason, message] of [
    ['RegistryUnavailable: timed out', 'RegistryUnavailable', 'image pull failed for absent because the registry is unavailable: timed out'],
    ['SignatureValidationFailed', 'SignatureValidationFailed', 'image pull failed for absent because the signature validation failed'],
    ['no such host', 'ErrImagePull', 'no such host'],
  ] as const) {
    const { ensure, cri, clock } = setUp();
    cri.failNext('pullImage', new CriError('Unknown', desc));
    await expect(ensure('absent')).rejects.toMatchObject({ reason, message });
    await clock.advance(3000);
    await expect(ensure('absent')).rejects.toMatchObject({ reason: 'ImagePullBackOff', message: `Back-off pulling image "absent": ${reason}: ${message}` });
  }
});
