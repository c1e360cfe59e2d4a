import { expect, test } from 'vitest';
import { ManualClock } from '../../base/clock.ts';
import { CredentialSource, execCredential, type RunProgram } from './exec-credential.ts';

const V1 = 'client.authentication.k8s.io/v1';
const entry = { apiVersion: V1, command: 'login', args: ['-q'], env: [{ name: 'REALM', value: 'x' }], interactiveMode: 'Never' } as const;
const answering = (status: object | undefined, more: object = {}): RunProgram => async () =>
  ({ code: 0, stderr: '', stdout: JSON.stringify({ kind: 'ExecCredential', apiVersion: V1, status, ...more }) });

test('a plugin is told what is asked and its answer is the credential', async () => {
  const asked: unknown[] = [];
  const run: RunProgram = (program) => {
    asked.push({ ...program, env: { ...program.env, KUBERNETES_EXEC_INFO: JSON.parse(program.env['KUBERNETES_EXEC_INFO']!) as unknown } });
    return answering({ token: 't', expirationTimestamp: '2026-01-01T00:00:00Z' })(program);
  };
  const credential = await execCredential({ ...entry, provideClusterInfo: true }, { server: 'https://s', 'certificate-authority-data': 'Y2E=' }, run);
  expect(credential).toEqual({ token: 't', expires: Date.UTC(2026, 0, 1) });
  expect(asked).toEqual([{
    command: 'login', args: ['-q'],
    env: { REALM: 'x', KUBERNETES_EXEC_INFO: { kind: 'ExecCredential', apiVersion: V1, spec: { interactive: false, cluster: { server: 'https://s', 'certificate-authority-data': 'Y2E=', config: null } } } },
  }]);
});

test.each<[string, RunProgram]>([
  ["exec plugin didn't return a status field", answering(undefined)],
  ["exec plugin didn't return a token or cert/key pair", answering({})],
  ['exec plugin returned only certificate or key, not both', answering({ clientKeyData: 'k' })],
  ['exec plugin is configured to use API version client.authentication.k8s.io/v1, plugin returned version v2', answering({ token: 't' }, { apiVersion: 'v2' })],
  ['decoding stdout: no kind "Token" is registered', answering({ token: 't' }, { kind: 'Token' })],
  ['decoding stdout: ', async () => ({ code: 0, stdout: 'hello', stderr: '' })],
  ['getting credentials: exec: executable login failed with exit code 3: no luck', async () => ({ code: 3, stdout: '', stderr: 'no luck\n' })],
  ['getting credentials: exec: executable login not found\n\nInstall login first', () => Promise.reject(new Error('ENOENT'))],
])('what a plugin does wrong is said: %s', async (message, run) => {
  await expect(execCredential({ ...entry, installHint: 'Install login first' }, {}, run)).rejects.toThrow(message);
});

test('a plugin of another version, or one that must be talked to, is refused', async () => {
  await expect(execCredential({ ...entry, apiVersion: 'v9' }, {}, answering({}))).rejects.toThrow('exec plugin: invalid apiVersion "v9"');
  await expect(execCredential({ ...entry, interactiveMode: 'Always' }, {}, answering({}))).rejects.toThrow('exec plugin cannot support interactive mode');
});

test('credentials are asked for once, again when they have run out or were refused, and again after a failure', async () => {
  const clock = new ManualClock(1000);
  let asked = 0;
  const source = new CredentialSource(async () => {
    asked++;
    if (asked === 3) throw new Error('no network');
    return { token: `t${asked}`, expires: clock.now() + 1000 };
  }, clock);
  expect([await source.current(), await source.current()].map(({ token }) => token)).toEqual(['t1', 't1']);
  await clock.advance(1000);
  expect((await source.current()).token).toBe('t2');
  source.refused();
  await expect(source.current()).rejects.toThrow('no network');
  expect((await source.current()).token).toBe('t4');
});
