import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { layoutOf } from '../layout.ts';
import { readTakenApiConfig, readTakenTokens, takeApiConfig } from './api-config.ts';

const NONE = { tokenAuthFile: undefined, tokenWebhookFile: undefined, admission: { enable: [], disable: [] } };
const CONFIG = 'apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins: [{ name: EventRateLimit, path: limits.yaml }]\n';
const LIMITS = 'apiVersion: eventratelimit.admission.k8s.io/v1alpha1\nkind: Configuration\nlimits: [{ type: Server, qps: 5, burst: 10 }]\n';

async function directory(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'knarr-api-config-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

test('what up takes is there at every start, for its owner alone, and finds the files it names', async () => {
  const [dir, elsewhere] = [await directory(), await directory()];
  const layout = layoutOf(join(dir, 'data'));
  await writeFile(join(elsewhere, 'config.yaml'), CONFIG);
  await writeFile(join(elsewhere, 'limits.yaml'), LIMITS);

  expect(await readTakenApiConfig(layout)).toEqual({});
  await takeApiConfig({ apiConfig: join(elsewhere, 'config.yaml'), ...NONE }, layout);
  await takeApiConfig({ apiConfig: undefined, ...NONE }, layout);

  expect((await readTakenApiConfig(layout)).admission?.plugins?.eventRateLimit).toEqual([{ type: 'Server', qps: 5, burst: 10, cacheSize: 4096 }]);
  expect((await stat(layout.apiConfig)).mode & 0o777).toBe(0o600);
});

test('what cannot be read is refused, and nothing is taken', async () => {
  const dir = await directory();
  const layout = layoutOf(join(dir, 'data'));
  const file = join(dir, 'config.yaml');
  await writeFile(file, CONFIG);

  await expect(takeApiConfig({ apiConfig: file, ...NONE }, layout)).rejects.toThrow(/^failed to read the API server's configuration .*config.yaml: ENOENT/);
  await expect(takeApiConfig({ ...NONE, apiConfig: undefined, admission: { enable: ['Nothing'], disable: [] } }, layout)).rejects.toThrow('enable-admission-plugins plugin "Nothing" is unknown');
  expect(await readTakenApiConfig(layout)).toEqual({});
});

test('tokens are taken too, and a line that says too little is named', async () => {
  const dir = await directory();
  const layout = layoutOf(join(dir, 'data'));
  const file = join(dir, 'tokens.csv');
  await writeFile(file, 'secret,ann,1,"dev,ops"\n');

  expect(await readTakenTokens(layout)).toEqual({});
  await takeApiConfig({ ...NONE, apiConfig: undefined, tokenAuthFile: file }, layout);

  expect((await readTakenTokens(layout)).staticTokens).toEqual(new Map([['secret', { username: 'ann', uid: '1', groups: ['dev', 'ops'] }]]));
  await writeFile(file, 'secret,ann\n');
  await expect(takeApiConfig({ ...NONE, apiConfig: undefined, tokenAuthFile: file }, layout)).rejects.toThrow('line 1 must have at least 3 columns (token, user name, user uid), found 2');
});

test('the service that knows tokens is taken with where its files are, and one that is no service is refused', async () => {
  const [dir, elsewhere] = [await directory(), await directory()];
  const layout = layoutOf(join(dir, 'data'));
  const file = join(elsewhere, 'webhook.yaml');
  const kubeconfig = (server: string) => `current-context: a
contexts: [{ name: a, context: { cluster: b, user: c } }]
clusters: [{ name: b, cluster: { server: '${server}', certificate-authority: ca.pem } }]
users: [{ name: c, user: { client-certificate-data: ${btoa('CERT')}, client-key-data: ${btoa('KEY')} } }]
`;
  await writeFile(join(elsewhere, 'ca.pem'), 'CA');
  await writeFile(file, kubeconfig('https://tokens.example.com/review'));
  await takeApiConfig({ ...NONE, apiConfig: undefined, tokenWebhookFile: file }, layout);

  expect((await readTakenTokens(layout)).tokenWebhook).toEqual({ kind: 'remote', url: 'https://tokens.example.com/review', caPem: 'CA', identity: { cert: 'CERT', key: 'KEY' } });
  expect((await stat(layout.tokenWebhook)).mode & 0o777).toBe(0o600);
  await writeFile(file, kubeconfig('http://tokens.example.com'));
  await expect(takeApiConfig({ ...NONE, apiConfig: undefined, tokenWebhookFile: file }, layout)).rejects.toThrow('the server of a webhook must be an https URL, not "http://tokens.example.com"');
});
