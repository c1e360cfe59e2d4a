import { expect, test } from 'vitest';
import { CIPHERS } from '../../cluster/control-plane/ciphers.ts';
import { type Driver, memoryDriver } from '../../store/index.ts';
import { readApiConfiguration } from '../configuration/read.ts';
import { type Json, startApi, type TestApi } from '../testing/start-api.ts';

const KEY = (letter: string): string => btoa(letter.repeat(32));
const A = `{ name: a, secret: ${KEY('a')} }`;
const B = `{ name: b, secret: ${KEY('b')} }`;
const rule = (resources: string, ...providers: readonly string[]) => `- resources: [${resources}]\n  providers: [${providers.map((one) => `{ ${one} }`).join(', ')}]\n`;
const keys = (cipher: string, ...all: readonly string[]) => `${cipher}: { keys: [${all.join(', ')}] }`;
const IDENTITY = 'identity: {}';

/** Outlives the servers upon it. */
function lasting(): Driver {
  const driver = memoryDriver();
  return {
    get revision() { return driver.revision; },
    commit: (txn) => driver.commit(txn),
    range: (span) => driver.range(span),
    after: (revision, signal) => driver.after(revision, signal),
    compact: (upTo) => driver.compact(upTo),
    async [Symbol.asyncDispose]() {},
  };
}

async function serve(driver: Driver, ...rules: readonly string[]): Promise<TestApi> {
  const { encryptionRules } = await readApiConfiguration(`apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n${rules.join('')}`, { readText: () => Promise.reject(new Error('no files')) });
  return startApi({ driver, config: { encryption: { rules: encryptionRules!, ciphers: CIPHERS } } });
}

const SECRETS = '/api/v1/namespaces/default/secrets';
const secret = (name: string, word = 'open sesame', labels: Json = {}) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name, labels }, stringData: { word } });
const wordOf = ({ body }: { readonly body: Json }): string => atob(body.data.word);

/** What stands in the store, as text, a character for a byte. */
async function raw(driver: Driver, key: string): Promise<string> {
  const { entries } = await driver.range({ from: key, to: `${key}\u0000`, at: 0n, limit: 0 });
  return String.fromCharCode(...entries[0]!.value);
}
const keyOf = (name: string): string => `/registry/core/secrets/default/${name}`;

test.each(['aesgcm', 'aescbc', 'secretbox'])('%s keeps objects unreadable at rest, and everyone above sees them as ever, after a restart too', async (cipher) => {
  const driver = lasting();
  {
    await using api = await serve(driver, rule('secrets', keys(cipher, A), IDENTITY));
    const watch = await api.watch(`${SECRETS}?watch=true&resourceVersion=0`);
    const created = await api.request('POST', SECRETS, secret('cave'));
    expect(created.status).toBe(201);
    const revision = created.body.metadata.resourceVersion;
    const changed = await api.request('PATCH', `${SECRETS}/cave`, { stringData: { word: 'swordfish' } }, { headers: { 'content-type': 'application/merge-patch+json' } });
    expect(wordOf(changed)).toBe('swordfish');
    expect((await watch.take(2)).map(({ type, object }: Json) => [type, atob(object.data.word)])).toEqual([['ADDED', 'open sesame'], ['MODIFIED', 'swordfish']]);
    watch.stop();
    const past = await api.request('GET', `${SECRETS}?resourceVersion=${revision}&resourceVersionMatch=Exact`);
    expect(past.body.items.map((one: Json) => atob(one.data.word))).toEqual(['open sesame']);
    expect((await api.request('POST', SECRETS, secret('cave'))).body.reason).toBe('AlreadyExists');
    const bytes = await raw(driver, keyOf('cave'));
    expect(bytes.startsWith(`k8s:enc:${cipher}:v1:a:`)).toBe(true);
    expect(bytes).not.toMatch(/Secret|cave|metadata|c3dvcmRmaXNo/);
    expect((await api.request('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'open' }, data: { word: 'readable' } })).status).toBe(201);
    expect(await raw(driver, '/registry/core/configmaps/default/open')).toContain('readable');
  }
  await using again = await serve(driver, rule('secrets', keys(cipher, A)));
  expect(wordOf(await again.request('GET', `${SECRETS}/cave`))).toBe('swordfish');
  expect((await again.request('GET', `${SECRETS}?labelSelector=none`)).body.items).toEqual([]);
  expect((await again.request('DELETE', `${SECRETS}/cave`)).status).toBe(200);
});

test('keys are rotated by putting the new one first and writing everything again, then dropping the old one', async () => {
  const driver = lasting();
  const replaceAll = async (api: TestApi): Promise<readonly string[]> => {
    const { body } = await api.request('GET', SECRETS);
    return Promise.all(body.items.map(async (one: Json) => {
      const before = one.metadata.resourceVersion;
      const { status, body: after } = await api.request('PUT', `${SECRETS}/${one.metadata.name}`, { kind: 'Secret', apiVersion: 'v1', ...one });
      return `${one.metadata.name} ${status} ${after.metadata.resourceVersion === before ? 'as it was' : 'anew'}`;
    }));
  };
  {
    await using api = await serve(driver, rule('secrets', IDENTITY));
    await api.request('POST', SECRETS, secret('one'));
    await api.request('POST', SECRETS, secret('two'));
    expect(await raw(driver, keyOf('one'))).toContain('b3BlbiBzZXNhbWU=');
  }
  {
    await using api = await serve(driver, rule('secrets', keys('aescbc', A), IDENTITY));
    expect(await replaceAll(api)).toEqual(['one 200 anew', 'two 200 anew']);
    expect(await replaceAll(api)).toEqual(['one 200 as it was', 'two 200 as it was']);
    expect(await raw(driver, keyOf('one'))).toMatch(/^k8s:enc:aescbc:v1:a:/);
  }
  {
    await using api = await serve(driver, rule('secrets', keys('aescbc', B, A)));
    expect(await replaceAll(api)).toEqual(['one 200 anew', 'two 200 anew']);
    expect(await raw(driver, keyOf('two'))).toMatch(/^k8s:enc:aescbc:v1:b:/);
  }
  {
    // Another cipher, and a key of the same name before the old one.
    await using api = await serve(driver, rule('secrets', keys('aesgcm', A), keys('aescbc', B)));
    expect(await replaceAll(api)).toEqual(['one 200 anew', 'two 200 anew']);
  }
  {
    await using api = await serve(driver, rule('secrets', IDENTITY, keys('aesgcm', A)));
    expect(await replaceAll(api)).toEqual(['one 200 anew', 'two 200 anew']);
  }
  await using plain = await startApi({ driver });
  expect(wordOf(await plain.request('GET', `${SECRETS}/two`))).toBe('open sesame');
});

test('what no key opens is refused by its name, and the rest of the server lives', async () => {
  const driver = lasting();
  {
    await using api = await serve(driver, rule('secrets', keys('aesgcm', A)), rule('events', keys('aesgcm', A)));
    await api.request('POST', SECRETS, secret('lost', 'word', { app: 'web' }));
    expect((await api.request('POST', '/api/v1/namespaces/default/events', { metadata: { name: 'news' }, involvedObject: { namespace: 'default' }, reason: 'Because' })).status).toBe(201);
  }
  const unable = `Internal error occurred: unable to transform key "${keyOf('lost')}": `;
  for (const [rules, why] of [
    [[rule('secrets, events', keys('aesgcm', `{ name: a, secret: ${KEY('x')} }`))], 'cipher: message authentication failed'],
    [[rule('secrets, events', keys('aesgcm', B))], 'no matching key was found for the provided AES transformer'],
    [[rule('secrets, events', keys('secretbox', A))], 'no matching prefix found'],
    [[rule('secrets', IDENTITY)], 'no matching prefix found'],
    [[rule('pods', IDENTITY)], 'identity transformer tried to read encrypted data'],
    [undefined, 'identity transformer tried to read encrypted data'],
  ] as const) {
    await using api = rules ? await serve(driver, ...rules) : await startApi({ driver });
    const answers = await Promise.all([
      api.request('GET', `${SECRETS}/lost`), api.request('GET', SECRETS), api.request('GET', `${SECRETS}?labelSelector=app%3Dweb`), api.request('DELETE', `${SECRETS}/lost`),
      api.request('GET', '/api/v1/secrets?limit=1'), api.request('PUT', `${SECRETS}/lost`, secret('lost')), api.request('GET', SECRETS, undefined, { wantsObjects: true }),
    ]);
    expect(answers.map(({ status, body }) => [status, body.reason, body.message])).toEqual(answers.map(() => [500, 'InternalError', unable + why]));
    expect((await api.request('POST', '/api/v1/namespaces/default/configmaps', { metadata: { generateName: 'c-' } })).status).toBe(201);
    const created = await api.request('POST', SECRETS, secret(`good-${why.length}-${rules?.[0].length ?? 0}`));
    expect(created.status).toBe(201);
    expect(wordOf(await api.request('GET', `${SECRETS}/${created.body.metadata.name}`))).toBe('open sesame');
    await api.request('DELETE', `${SECRETS}/${created.body.metadata.name}`);
  }
});

test('what another server writes with a key that is not here holds up nothing', async () => {
  const driver = lasting();
  await using here = await serve(driver, rule('secrets', keys('aesgcm', A)));
  await here.request('POST', SECRETS, secret('both', 'first', { app: 'web' }));
  await here.request('GET', `${SECRETS}/both`);
  const watch = await here.watch(`${SECRETS}?watch=true&resourceVersion=0&labelSelector=app%3Dweb`);
  await using there = await serve(driver, rule('secrets', keys('aesgcm', B, A)));
  expect((await there.request('PATCH', `${SECRETS}/both`, { stringData: { word: 'second' } }, { headers: { 'content-type': 'application/merge-patch+json' } })).status).toBe(200);
  expect((await here.request('GET', `${SECRETS}/both`)).body.message).toBe(`Internal error occurred: unable to transform key "${keyOf('both')}": no matching key was found for the provided AES transformer`);
  expect((await there.request('DELETE', `${SECRETS}/both`)).status).toBe(200);
  expect((await here.request('GET', `${SECRETS}/both`)).status).toBe(404);
  expect((await here.request('POST', SECRETS, secret('next', 'third', { app: 'web' }))).status).toBe(201);
  expect((await watch.take(3)).map(({ type, object }: Json) => `${type} ${object.metadata.name}`)).toEqual(['ADDED both', 'DELETED both', 'ADDED next']);
  watch.stop();
});

test('ciphertext moved to another key is not taken for that object\'s', async () => {
  const driver = lasting();
  {
    await using api = await serve(driver, rule('secrets', keys('aesgcm', A)));
    await api.request('POST', SECRETS, secret('poor'));
    const { entries } = await driver.range({ from: keyOf('poor'), to: `${keyOf('poor')}\u0000`, at: 0n, limit: 0 });
    await driver.commit({ expect: {}, ops: [{ type: 'put', key: keyOf('rich'), value: entries[0]!.value.slice() }] });
  }
  await using api = await serve(driver, rule('secrets', keys('aesgcm', A)));
  expect((await api.request('GET', `${SECRETS}/rich`)).body.message).toBe(`Internal error occurred: unable to transform key "${keyOf('rich')}": cipher: message authentication failed`);
  expect(wordOf(await api.request('GET', `${SECRETS}/poor`))).toBe('open sesame');
});

test('a resource\'s own rule comes before its group\'s, and that before the one for all', async () => {
  const driver = lasting();
  const rules = [rule('configmaps', IDENTITY), rule("'*.'", keys('aescbc', A)), rule("'*.*'", keys('secretbox', A))];
  {
    await using api = await serve(driver, ...rules);
    await writeEach(api);
  }
  expect(await raw(driver, keyOf('own'))).toMatch(/^k8s:enc:aescbc:v1:a:/);
  expect(await raw(driver, '/registry/core/configmaps/default/own')).toMatch(/^[0-9a-f]{8}{/);
  expect(await raw(driver, '/registry/coordination.k8s.io/leases/default/own')).toMatch(/^k8s:enc:secretbox:v1:a:/);
  await using again = await serve(driver, ...rules);
  const { body } = await again.request('GET', '/api/v1/namespaces/default/services/own');
  expect((await again.request('POST', '/api/v1/namespaces/default/services', { metadata: { name: 'late' }, spec: { type: 'NodePort', ports: [{ port: 80, nodePort: body.spec.ports[0].nodePort }] } })).body.message)
    .toContain('provided port is already allocated');
});

async function writeEach(api: TestApi): Promise<void> {
  await api.request('POST', SECRETS, secret('own'));
  await api.request('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'own' } });
  const lease = await api.request('POST', '/apis/coordination.k8s.io/v1/namespaces/default/leases', { metadata: { name: 'own' } });
  const service = await api.request('POST', '/api/v1/namespaces/default/services', { metadata: { name: 'own' }, spec: { ports: [{ port: 80 }], type: 'NodePort' } });
  expect([lease.status, service.status]).toEqual([201, 201]);
}

const configure = (rules: string) => readApiConfiguration(`apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\n${rules}`, { readText: () => Promise.reject(new Error('no files')) });

test.each([
  ['resources: []', 'resources: Required value: at least one resources is required'],
  ['resources: [{}]', '[resources[0].resources: Required value: at least one resources[0].resources is required, resources[0].providers: Required value: at least one resources[0].providers is required]'],
  [`resources:\n${rule("secrets, '*.'", IDENTITY)}`, 'resources[0].resources: Invalid value: ["secrets","*."]: using overlapping resources such as \'secrets\' and \'*.\' in the same resource list is not allowed as they will be masked'],
  [`resources:\n${rule('secrets, secrets', IDENTITY)}`, 'resources[0].resources: Invalid value: ["secrets","secrets"]: the same resource cannot be specified multiple times'],
  [`resources:\n${rule('Secrets', IDENTITY)}`, 'resources[0].resources[0]: Invalid value: "Secrets": resource name should not contain capital letters'],
  [`resources:\n${rule("'*'", IDENTITY)}`, 'resources[0].resources[0]: Invalid value: "*": use \'*.\' to encrypt all the resources from core API group or *.* to encrypt all resources'],
  [`resources:\n${rule('events.events.k8s.io', IDENTITY)}`, 'resources[0].resources[0]: Invalid value: "events.events.k8s.io": \'*.events.k8s.io\' objects are stored using the \'events\' API group in etcd. Use \'events\' instead in the config file'],
  [`resources:\n${rule("'secrets.*'", IDENTITY)}`, 'resources[0].resources[0]: Invalid value: "secrets.*": encrypting the same resource across groups is not supported'],
  [`resources:\n${rule('secrets', keys('aesgcm'))}`, 'resources[0].providers[0].aesgcm.keys: Required value: at least one keys is required'],
  [`resources:\n${rule('secrets', keys('aesgcm', '{ secret: c2hvcnQ= }'))}`, '[resources[0].providers[0].aesgcm.keys[0].name: Required value: name is a mandatory field for a key, resources[0].providers[0].aesgcm.keys[0].secret: Invalid value: "REDACTED": secret is not of the expected length, got 5, expected one of [16 24 32]]'],
  [`resources:\n${rule('secrets', keys('secretbox', '{ name: a, secret: open }'))}`, 'resources[0].providers[0].secretbox.keys[0].secret: Invalid value: "REDACTED": secret is not of the expected length, got 3, expected one of [32]'],
  [`resources:\n${rule('secrets', keys('aescbc', '{ name: a, secret: "no base64" }'))}`, 'resources[0].providers[0].aescbc.keys[0].secret: Invalid value: "REDACTED": secrets must be base64 encoded'],
  [`resources:\n${rule('secrets', `${keys('aescbc', A)}, ${IDENTITY}`)}`, 'resources[0].providers[0]: Invalid value: ["aescbc","identity"]: more than one provider specified in a single element, should split into different list elements'],
  [`resources:\n${rule('secrets', 'kms: { apiVersion: v2, name: vault, endpoint: "unix:///run/kms.sock" }')}`, 'resources[0].providers[0].kms: Invalid value: "vault": key management services (KMS) are not supported here; use secretbox, aesgcm or aescbc'],
  [`resources:\n${rule("'*.'", IDENTITY)}${rule('secrets', keys('aescbc', A))}`, 'error while building transformers: resource "secrets" is masked by earlier rule "*."'],
])('%s is refused', async (rules, message) => {
  await expect(configure(rules)).rejects.toThrow(new Error(message));
});
