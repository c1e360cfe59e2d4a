import { expect, test } from 'vitest';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { ManualClock } from '../../base/clock.ts';
import type { ApiRequest, ApiResponse } from '../../wire/api.ts';
import { readAuthentication } from '../configuration/authentication.ts';
import type { ApiServerConfig, BackendTarget } from '../config.ts';
import { type Json, startApi, type TestApi } from '../testing/start-api.ts';
import { JwtAuthenticator } from './jwt.ts';
import { readStaticTokens } from './static-tokens.ts';

const WHO = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
const ISSUER = 'https://login.example.com/tenant';

/** Who the server takes the bearer of `token` for; undefined where it turns him away. */
async function whoIs(api: TestApi, token: string): Promise<Json> {
  const { status, body } = await api.request('POST', WHO, {}, { user: null, headers: { authorization: `Bearer ${token}` } });
  return status === 201 ? body.status.userInfo : undefined;
}

test('tokens of the file stand for their users', async () => {
  await using api = await startApi({ config: { staticTokens: readStaticTokens('# comment\n\ns3cret,ann,42,"dev,ops"\nother,"bob, the second",,\n') } });
  expect(await whoIs(api, 's3cret')).toEqual({ username: 'ann', uid: '42', groups: ['dev', 'ops', 'system:authenticated'] });
  expect(await whoIs(api, 'other')).toMatchObject({ username: 'bob, the second' });
  expect(await whoIs(api, 'unknown')).toBeUndefined();
});

test('the last of two lines about one token counts', () => {
  expect(readStaticTokens('s3cret,ann,1,admins\ns3cret,ann,1,readers\n').get('s3cret')!.groups).toEqual(['readers']);
});

test('a bootstrap token is good while its Secret is, to the second and the letter', async () => {
  await using api = await startApi();
  const SECRETS = '/api/v1/namespaces/kube-system/secrets';
  const make = (id: string, fields: Readonly<Record<string, string>>) => api.request('POST', SECRETS, {
    metadata: { name: `bootstrap-token-${id}` }, type: 'bootstrap.kubernetes.io/token',
    stringData: { 'token-id': id, 'token-secret': '0123456789abcdef', 'usage-bootstrap-authentication': 'true', ...fields },
  });
  const inAnHour = new Date(api.clock.now() + 3_600_000).toISOString();
  await make('abcdef', { expiration: inAnHour, 'auth-extra-groups': 'system:bootstrappers:worker' });
  await make('noauth', { 'usage-bootstrap-authentication': 'false' });
  await make('unread', { expiration: '2999' });
  await make('badgrp', { 'auth-extra-groups': 'system:masters' });

  expect(await whoIs(api, 'abcdef.0123456789abcdef')).toEqual({ username: 'system:bootstrap:abcdef', groups: ['system:bootstrappers', 'system:bootstrappers:worker', 'system:authenticated'] });
  for (const token of ['abcdef.0123456789abcdee', 'noauth.0123456789abcdef', 'badgrp.0123456789abcdef', 'unread.0123456789abcdef', 'nobody.0123456789abcdef']) expect(await whoIs(api, token), token).toBeUndefined();
  await api.clock.advance(3_600_001);
  expect(await whoIs(api, 'abcdef.0123456789abcdef')).toBeUndefined();
});

const issuing = (fields: object): ApiServerConfig['authentication'] & object => readAuthentication({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthenticationConfiguration', fields: { jwt: [fields] } as Json });
const PLAIN = { issuer: { url: ISSUER, audiences: ['cluster'] }, claimMappings: { username: { claim: 'sub', prefix: 'oidc:' }, groups: { claim: 'groups', prefix: 'oidc:' } } };

/** An issuer that answers, with keys that can be changed. */
async function issuer() {
  const [first, second] = [await generateKeyPair('ES256'), await generateKeyPair('ES256')];
  const asked: string[] = [];
  let keys: Json[] = [{ ...(await exportJWK(first.publicKey)), kid: 'one', alg: 'ES256' }];
  const answerTo = (url: string): Json => (url.endsWith('/keys') ? { keys } : { issuer: ISSUER, jwks_uri: 'https://login.example.com/keys' });
  const askBackend = async (target: BackendTarget, { url }: ApiRequest): Promise<ApiResponse> => {
    asked.push(`${target.host}:${target.port}${url}`);
    return { status: 200, headers: {}, body: { type: 'bytes', chunks: [new TextEncoder().encode(JSON.stringify(answerTo(url)))] } };
  };
  const sign = (now: number, claims: object, { key = first.privateKey, kid = 'one' } = {}) =>
    new SignJWT({ iss: ISSUER, aud: 'cluster', sub: 'ann', exp: now / 1000 + 600, ...claims }).setProtectedHeader({ alg: 'ES256', ...(kid === '' ? {} : { kid }) }).sign(key);
  return {
    askBackend, answerTo, asked, sign, first, second,
    /** Has both keys from now on, by other names or none. */
    async keepBoth(names: { readonly kid?: string }) {
      keys = await Promise.all([second, first].map(async ({ publicKey }) => ({ ...(await exportJWK(publicKey)), ...names })));
    },
    async rotate() {
      keys = [{ ...(await exportJWK(second.publicKey)), kid: 'two', alg: 'ES256' }];
    },
  };
}

test('a token of a configured issuer names its user and groups, and its keys are asked for once', async () => {
  const { askBackend, asked, sign } = await issuer();
  await using api = await startApi({ config: { askBackend, authentication: issuing(PLAIN) } });
  const now = api.clock.now();

  expect(await whoIs(api, await sign(now, { groups: ['dev'] }))).toEqual({ username: 'oidc:ann', groups: ['oidc:dev', 'system:authenticated'] });
  expect(await whoIs(api, await sign(now, { groups: 'ops' }))).toEqual({ username: 'oidc:ann', groups: ['oidc:ops', 'system:authenticated'] });
  expect(asked).toEqual(['login.example.com:443/tenant/.well-known/openid-configuration', 'login.example.com:443/keys']);
});

test('tokens that are over, for others, of others, unsigned or signed by a swapped key are turned away', async () => {
  const { askBackend, sign, second } = await issuer();
  await using api = await startApi({ config: { askBackend, authentication: issuing(PLAIN) } });
  const now = api.clock.now();
  const good = await sign(now, {});
  const [, payload] = good.split('.');
  const none = `${btoa('{"alg":"none"}').replaceAll('=', '')}.${payload}.`;

  expect(await whoIs(api, good)).toBeDefined();
  for (const [what, token] of Object.entries({
    expired: await sign(now, { exp: now / 1000 - 1 }), 'no end': await sign(now, { exp: undefined }), 'not yet': await sign(now, { nbf: now / 1000 + 60 }),
    'another audience': await sign(now, { aud: 'shop' }), 'another issuer': await sign(now, { iss: 'https://evil.example.com' }),
    'a swapped key': await sign(now, {}, { key: second.privateKey }), 'alg none': none, garbage: 'a.b.c',
  })) expect(await whoIs(api, token), what).toBeUndefined();
});

test('a token names the same object for ten seconds, and nobody once it is over', async () => {
  const { answerTo, sign } = await issuer();
  const clock = new ManualClock();
  const authenticator = new JwtAuthenticator(issuing(PLAIN).jwt[0]!, { clock, fetchJson: async (url) => answerTo(url) });
  const [long, short] = [await sign(clock.now(), {}), await sign(clock.now(), { exp: clock.now() / 1000 + 5 })];
  const [first] = [await authenticator.identify(long), await authenticator.identify(short)];

  expect(await authenticator.identify(long)).toBe(first);
  await clock.advance(5_000);
  expect(await authenticator.identify(long)).toBe(first);
  await expect(authenticator.identify(short)).rejects.toThrow('"exp" claim timestamp check failed');
  await clock.advance(5_000);
  const again = await authenticator.identify(long);
  expect(again).toEqual(first);
  expect(again).not.toBe(first);
});

test('a token that names no key is tried on each', async () => {
  const { askBackend, sign, second, keepBoth } = await issuer();
  await keepBoth({});
  await using api = await startApi({ config: { askBackend, authentication: issuing(PLAIN) } });
  const { privateKey: stranger } = await generateKeyPair('ES256');
  const who = async (key: typeof stranger) => (await whoIs(api, await sign(api.clock.now(), {}, { key, kid: '' })))?.username;

  expect([await who(second.privateKey), await who(stranger)]).toEqual(['oidc:ann', undefined]);
});

test('a key replaced under its old name is asked for', async () => {
  const { askBackend, sign, second, keepBoth } = await issuer();
  await using api = await startApi({ config: { askBackend, authentication: issuing(PLAIN) } });
  await whoIs(api, await sign(api.clock.now(), {}));
  await keepBoth({ kid: 'one' });
  await api.clock.advance(10_000);
  expect(await whoIs(api, await sign(api.clock.now(), {}, { key: second.privateKey }))).toMatchObject({ username: 'oidc:ann' });
});

test('a subprotocol that holds no base64 is no token', async () => {
  await using api = await startApi();
  const { status } = await api.request('GET', '/api', undefined, { user: null, headers: { 'sec-websocket-protocol': 'base64url.bearer.authorization.k8s.io.AAAAA' } });
  expect(status).toBe(401);
});

test('an address that is not known to be verified names nobody', async () => {
  const { askBackend, sign } = await issuer();
  await using api = await startApi({ config: { askBackend, authentication: issuing({ ...PLAIN, claimMappings: { username: { claim: 'email', prefix: '' } } }) } });
  const who = async (claims: object) => (await whoIs(api, await sign(api.clock.now(), { email: 'ann@example.com', ...claims })))?.username;

  expect([await who({}), await who({ email_verified: true })]).toEqual(['ann@example.com', 'ann@example.com']);
  expect([await who({ email_verified: false }), await who({ email_verified: 'false' })]).toEqual([undefined, undefined]);
});

test('a key that is not known is asked for, though not with every token', async () => {
  const { askBackend, asked, sign, second, rotate } = await issuer();
  await using api = await startApi({ config: { askBackend, authentication: issuing(PLAIN) } });
  await whoIs(api, await sign(api.clock.now(), {}));
  await rotate();
  const token = await sign(api.clock.now(), {}, { key: second.privateKey, kid: 'two' });

  expect(await whoIs(api, token)).toBeUndefined();
  expect(asked).toHaveLength(2);
  await api.clock.advance(10_000);
  expect(await whoIs(api, token)).toMatchObject({ username: 'oidc:ann' });
});

test('expressions map claims, and rules refuse', async () => {
  const { askBackend, sign } = await issuer();
  const authentication = issuing({
    issuer: PLAIN.issuer,
    claimValidationRules: [{ claim: 'hd', requiredValue: 'example.com' }, { expression: 'claims.exp - claims.iat <= 3600', message: 'too long a life' }],
    claimMappings: {
      username: { expression: 'claims.sub + "@" + claims.hd' }, groups: { expression: 'claims.roles.split(",")' }, uid: { claim: 'id' },
      extra: [{ key: 'example.com/tenant', valueExpression: 'claims.?tenant.orValue("")' }],
    },
    userValidationRules: [{ expression: '!user.username.startsWith("system:")', message: 'no system users' }],
  });
  await using api = await startApi({ config: { askBackend, authentication } });
  const now = api.clock.now();
  const claims = { hd: 'example.com', iat: now / 1000, roles: 'a,b', id: '7', tenant: 't' };

  expect(await whoIs(api, await sign(now, claims))).toEqual({ username: 'ann@example.com', uid: '7', groups: ['a', 'b', 'system:authenticated'], extra: { 'example.com/tenant': ['t'] } });
  for (const bad of [{ hd: 'other.com' }, { iat: now / 1000 - 7200 }, { sub: 'system:admin' }, { roles: undefined }]) expect(await whoIs(api, await sign(now, { ...claims, ...bad })), JSON.stringify(bad)).toBeUndefined();
});

test.each([
  [{ ...PLAIN, issuer: {} }, '[jwt[0].issuer.url: Required value: URL is required, jwt[0].issuer.audiences: Required value: at least one audience is required]'],
  [{ ...PLAIN, issuer: { url: 'http://x', audiences: ['a'] } }, 'jwt[0].issuer.url: Invalid value: "http://x": URL scheme must be https'],
  [{ ...PLAIN, issuer: { url: ISSUER, audiences: ['a', 'b'] } }, 'jwt[0].issuer.audienceMatchPolicy: Invalid value: "": audienceMatchPolicy must be MatchAny for multiple audiences'],
  [{ ...PLAIN, claimMappings: {} }, 'jwt[0].claimMappings.username: Required value: claim or expression is required'],
  [{ ...PLAIN, claimMappings: { username: { claim: 'sub' } } }, 'jwt[0].claimMappings.username.prefix: Required value: prefix is required when claim is set. It can be set to an empty string to disable prefixing'],
  [{ ...PLAIN, claimMappings: { username: { expression: 'claims.sub +' } } }, 'jwt[0].claimMappings.username.expression: Invalid value: "claims.sub +": compilation failed'],
  [{ ...PLAIN, claimMappings: { username: { expression: 'claims.email' } } }, 'claims.email_verified must be used'],
])('a configuration that means nothing is refused: %j', (fields, why) => {
  expect(() => issuing(fields)).toThrow(why);
});

test.each([
  ['tenant', 'must be a domain-prefixed path (such as "acme.io/foo")'],
  ['example.com/Tenant', 'must be lowercase'],
  ['authentication.kubernetes.io/node-name', 'k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use'],
])('an issuer may not say of its users %s', (key, why) => {
  expect(() => issuing({ ...PLAIN, claimMappings: { ...PLAIN.claimMappings, extra: [{ key, valueExpression: '"x"' }] } }))
    .toThrow(`jwt[0].claimMappings.extra[0].key: Invalid value: ${JSON.stringify(key)}: ${why}`);
});

test('nobody may be somebody only where the configuration says', async () => {
  const anonymous = (fields: object) => readAuthentication({ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthenticationConfiguration', fields: { anonymous: fields } as Json });
  const statuses = async (fields: object) => {
    await using api = await startApi({ config: { authentication: anonymous(fields) } });
    return Promise.all(['/healthz', '/version', '/api'].map(async (path) => (await api.request('GET', path, undefined, { user: null })).status));
  };
  expect(await statuses({ enabled: true })).toEqual([200, 200, 403]);
  expect(await statuses({ enabled: true, conditions: [{ path: '/healthz' }] })).toEqual([200, 401, 401]);
  expect(await statuses({ enabled: false })).toEqual([401, 401, 401]);
});
