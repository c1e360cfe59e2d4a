import { expect, test } from 'vitest';
import { choose, impersonation, kubeConfigFrom, located, merged, type KubeConfig } from './kube-config.ts';

const config: KubeConfig = {
  'current-context': 'work',
  clusters: [{ name: 'here', cluster: { server: 'https://192.0.2.1:6443', 'certificate-authority': 'ca.crt' } }],
  users: [{ name: 'jane', user: { token: 'secret' } }, { name: 'robot', user: { exec: { command: './login', apiVersion: 'client.authentication.k8s.io/v1' } } }],
  contexts: [
    { name: 'work', context: { cluster: 'here', user: 'jane', namespace: 'shop' } }, { name: 'bare', context: { cluster: 'here', user: '' } },
    { name: 'gone', context: { cluster: 'there', user: 'jane' } }, { name: 'nobody', context: { cluster: 'here', user: 'joe' } },
  ],
};

test('a context names a cluster, a user and a namespace', () => {
  expect(choose(config)).toEqual({ cluster: config.clusters![0]!.cluster, user: { token: 'secret' }, namespace: 'shop' });
  expect(choose(config, 'bare')).toMatchObject({ user: {}, namespace: 'default' });
});

test.each([
  ['other', 'context "other" does not exist'], ['gone', 'invalid configuration: no server found for cluster "there"'], ['nobody', 'auth info "joe" does not exist'],
])('what is not there is named: %s', (name, message) => {
  expect(() => choose(config, name)).toThrow(message);
});

test('without a context there is nothing to connect to', () => {
  expect(() => choose({})).toThrow('invalid configuration: no configuration has been provided');
});

test('the first file that says a thing is believed', () => {
  const second: KubeConfig = { 'current-context': 'home', clusters: [{ name: 'here', cluster: { server: 'https://elsewhere' } }, { name: 'there', cluster: { server: 'https://there' } }] };
  const both = merged([{ 'current-context': '' }, config, second]);
  expect(both['current-context']).toBe('work');
  expect(both.clusters!.map(({ cluster }) => cluster.server)).toEqual(['https://192.0.2.1:6443', 'https://there']);
});

test('files are meant from where the configuration lies, commands only when they have a slash', () => {
  const found = located({ ...config, users: [...config.users!, { name: 'x', user: { exec: { command: 'aws' }, tokenFile: 't' } }] }, (path) => `/etc/${path.replace('./', '')}`);
  expect(found.clusters![0]!.cluster['certificate-authority']).toBe('/etc/ca.crt');
  expect(found.users!.map(({ user }) => user.exec?.command)).toEqual([undefined, '/etc/login', 'aws']);
  expect(found.users![2]!.user.tokenFile).toBe('/etc/t');
});

test('acting as another takes headers, one line for each value', () => {
  expect(impersonation({ as: 'jane', 'as-groups': ['dev', 'ops, too'], 'as-user-extra': { 'Scopes/x': ['a', 'b'] } })).toEqual({
    'impersonate-user': 'jane', 'impersonate-group': 'dev\nops, too', 'impersonate-extra-scopes%2fx': 'a\nb',
  });
  expect(impersonation({})).toEqual({});
  expect(() => impersonation({ 'as-groups': ['dev'] })).toThrow('without impersonating a user');
});

test('null stands for nothing, as kubectl writes it', () => {
  const read = kubeConfigFrom({ ...config, preferences: null, users: [{ name: 'jane', user: { token: 'secret', 'as-user-extra': null, 'as-groups': null } }] });
  expect(impersonation(choose(read).user)).toEqual({});
  expect(kubeConfigFrom(null)).toEqual({});
});
