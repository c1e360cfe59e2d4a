import { expect, test } from 'vitest';
import type { Actions, CertificateReport, ClusterStatus, UpRequest } from './index.ts';
import { runCli } from './index.ts';
import { Refusal } from './refusal.ts';

const STATUS: ClusterStatus = {
  running: true, dataDir: '/d', server: 'https://127.0.0.1:6443', ready: true,
  components: [{ name: 'control-plane', state: 'running', pid: 7, restarts: 0 }],
  nodes: [{ name: 'vm', ready: true, address: '10.0.0.1', simulated: false }],
  certificates: [],
};

/** Runs a command line against recorded actions. */
async function run(args: readonly string[], given: Partial<Actions> = {}, env: Record<string, string> = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const calls: unknown[] = [];
  const record = <T>(result: T) => async (request?: unknown) => {
    calls.push(request);
    return result;
  };
  const actions: Actions = {
    up: record(0), node: record(undefined), down: record(undefined), status: record(STATUS), doctor: record([]), checkCertificates: record([]), renewCertificates: record(undefined), loadImage: record(undefined),
    listImages: record([]), proxyRules: record(undefined), kubectl: record(0), version: '1.2.3', kubernetesVersion: 'v1.36.0', ...given,
  };
  const terminal = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text), interactive: false };
  const code = await runCli(args, { actions, terminal, env, homeDir: '/home/me' });
  return { code, out: out.join('\n'), err: err.join('\n'), calls };
}

test('up without flags asks for a cluster below the home directory on 6443', async () => {
  const { code, calls } = await run(['up']);
  expect(code).toBe(0);
  expect(calls).toEqual([{
    dataDir: '/home/me/.knarr', port: 6443, nodes: undefined, simulated: undefined, store: 'wal', kubeconfig: undefined,
    foreground: false, install: true, legacyServiceAccountTokens: false, legacyApis: false, auditLog: false, network: undefined, ipFamilies: undefined, podCidrs: undefined, serviceCidrs: undefined, proxy: undefined, dns: undefined, components: 0, without: [], kubeletConfig: undefined,
    apiConfig: undefined, tokenAuthFile: undefined, tokenWebhookFile: undefined, admission: { enable: [], disable: [] },
  } satisfies UpRequest]);
});

test('controllers and scheduler may have processes of their own, or be left to others', async () => {
  const asked = async (...args: string[]) => (await run(['up', ...args])).calls.map((call) => [(call as UpRequest).components, (call as UpRequest).without]);
  expect(await asked('--components')).toEqual([[2, []]]);
  expect(await asked('--components', '3', '--without', 'scheduler')).toEqual([[3, ['scheduler']]]);
  expect(await asked('--without', 'scheduler,controllers')).toEqual([[0, ['scheduler', 'controllers']]]);
  expect((await run(['up', '--without', 'kubelet'])).err).toContain('It must be controllers, scheduler or both.');
});

test('networks are read one by one, and nonsense is refused before anything is done', async () => {
  const asked = (await run(['up', '--pod-cidr', '10.1.0.0/16,fd01::/48', '--service-cidr', '10.2.0.0/16'])).calls[0] as UpRequest;
  expect([asked.podCidrs, asked.serviceCidrs]).toEqual([['10.1.0.0/16', 'fd01::/48'], ['10.2.0.0/16']]);
  const said = async (...args: string[]) => (await run(['up', ...args])).err;
  expect(await said('--pod-cidr', '10.1.0.1/16')).toContain('"10.1.0.1/16" must not have bits set beyond the prefix length.');
  expect(await said('--pod-cidr', '10.1.0.0')).toContain('must be a valid CIDR value');
  expect(await said('--service-cidr', '10.1.0.0/16,10.2.0.0/16')).toContain('It must be one network, or one of each family.');
});

test('admission plugins are named, with commas between', async () => {
  const { calls } = await run(['up', '--enable-admission-plugins', 'AlwaysPullImages,EventRateLimit', '--disable-admission-plugins', 'Priority']);
  expect((calls[0] as UpRequest).admission).toEqual({ enable: ['AlwaysPullImages', 'EventRateLimit'], disable: ['Priority'] });
});

test('KNARR_HOME moves the data directory and --data-dir beats it', async () => {
  expect((await run(['status'], {}, { KNARR_HOME: '/k' })).calls).toEqual([{ dataDir: '/k' }]);
  expect((await run(['status', '--data-dir', '/x'], {}, { KNARR_HOME: '/k' })).calls).toEqual([{ dataDir: '/x' }]);
});

test('an unknown flag is refused and the nearest one is named', async () => {
  const { code, err, calls } = await run(['up', '--prot', '7000']);
  expect(code).toBe(2);
  expect(err).toBe("knarr: unknown option '--prot'; did you mean --port?");
  expect(calls).toEqual([]);
});

test('an unknown command is refused and the nearest one is named', async () => {
  const { code, err } = await run(['stauts']);
  expect(code).toBe(2);
  expect(err).toBe("knarr: unknown command 'stauts'; did you mean status?");
});

test('a number out of range is refused in words', async () => {
  const { code, err } = await run(['up', '--port', '70000']);
  expect(code).toBe(2);
  expect(err).toContain('It must be a port from 1 to 65535.');
});

test('every command has help', async () => {
  for (const args of [[], ['up'], ['down'], ['status'], ['doctor'], ['image'], ['image', 'load'], ['certs'], ['certs', 'check'], ['certs', 'renew'], ['version']]) {
    const { code, out } = await run([...args, '--help']);
    expect(code).toBe(0);
    expect(out).toMatch(/^Usage: knarr/);
  }
});

test('what follows kubectl reaches it untouched', async () => {
  const { calls, code } = await run(['kubectl', '--data-dir', '/x', 'get', 'pods', '-o', 'wide', '--help'], { });
  expect(code).toBe(0);
  expect(calls).toEqual([{ dataDir: '/x', args: ['get', 'pods', '-o', 'wide', '--help'] }]);
});

test('a refusal is one line and its hint, and exit code 1', async () => {
  const up = async () => {
    throw new Refusal('port 6443 is in use', 'choose another with --port');
  };
  const { code, err } = await run(['up'], { up });
  expect(code).toBe(1);
  expect(err).toBe('knarr: port 6443 is in use\n       choose another with --port');
});

test('status prints tables and fails when a node is not ready', async () => {
  const good = await run(['status']);
  expect(good.code).toBe(0);
  expect(good.out).toContain('vm     Ready   10.0.0.1   real');
  const bad = await run(['status', '-o', 'json'], {
    status: async () => ({ ...STATUS, nodes: [{ ...STATUS.nodes[0]!, ready: false }] }),
  });
  expect(bad.code).toBe(1);
  expect(JSON.parse(bad.out)).toMatchObject({ running: true, nodes: [{ ready: false }] });
});

test('nodes of one machine are added by number and tried by name', async () => {
  expect((await run(['node', 'add', '--count', '2', '--data-dir', '/x'])).calls).toEqual([{ verb: 'add', count: 2, dataDir: '/x' }]);
  expect((await run(['node', 'partition', 'node-2', '--data-dir', '/x'])).calls).toEqual([{ verb: 'partition', name: 'node-2', dataDir: '/x' }]);
  expect((await run(['node', 'add', '--count', '0'])).err).toContain('It must be a number of nodes from 1 to 99.');
  expect((await run(['node', 'stopp', 'node-2'])).err).toContain('did you mean stop?');
});

test('proxy rules takes a Service as kubectl names it', async () => {
  const { calls } = await run(['proxy', 'rules', 'svc/web', '-n', 'shop', '--port', '80']);
  expect(calls).toEqual([{ dataDir: '/home/me/.knarr', service: 'web', namespace: 'shop', port: '80', node: undefined }]);
  expect((await run(['proxy', 'rules', 'pod/web'])).code).toBe(2);
});

test('pods and Services have one address family or both, IPv4 first', async () => {
  expect((await run(['up', '--ip-families', 'IPv4,IPv6'])).calls).toMatchObject([{ ipFamilies: ['IPv4', 'IPv6'] }]);
  expect((await run(['up', '--ip-families', 'IPv6'])).err).toContain('It must be IPv4, or IPv4,IPv6');
});

const ADMIN: CertificateReport = {
  name: 'admin', state: 'valid', ca: 'ca', subject: 'O=system:masters, CN=kubernetes-admin', expires: '2027-01-01T00:00:00.000Z', secondsLeft: 364 * 86_400 + 5,
};

test('certs check prints a table, and fails when one certificate is not good', async () => {
  const good = await run(['certs', 'check'], { checkCertificates: async () => [ADMIN, { ...ADMIN, name: 'soon', secondsLeft: 7300 }, { name: 'ca', state: 'valid', secondsLeft: 59 }] });
  expect(good.code).toBe(0);
  expect(good.out.split('\n').map((text) => text.split(/ {3,}/))).toEqual([
    ['CERTIFICATE', 'SUBJECT', 'EXPIRES', 'TIME LEFT', 'CA'],
    ['admin', 'O=system:masters, CN=kubernetes-admin', '2027-01-01T00:00:00.000Z', '364d', 'ca'],
    ['soon', 'O=system:masters, CN=kubernetes-admin', '2027-01-01T00:00:00.000Z', '2h', 'ca'],
    ['ca', '-', '-', '0m', '-'],
  ]);
  for (const state of ['expired', 'missing', 'broken', 'untrusted'] as const) {
    const bad = await run(['certs', 'check'], { checkCertificates: async () => [ADMIN, { name: 'scheduler', state }] });
    expect([bad.code, bad.out.includes(state)]).toEqual([1, true]);
  }
});

test('certs check prints JSON for programs', async () => {
  const { code, out } = await run(['certs', 'check', '-o', 'json'], { checkCertificates: async () => [{ ...ADMIN, state: 'expired', secondsLeft: -1 }] });
  expect([code, JSON.parse(out)]).toEqual([1, { certificates: [{ ...ADMIN, state: 'expired', secondsLeft: -1 }] }]);
});

test('certs renew takes one name, or means all', async () => {
  expect((await run(['certs', 'renew', '--data-dir', '/x'])).calls).toEqual([{ dataDir: '/x', name: 'all' }]);
  expect((await run(['certs', 'renew', 'apiserver', '--data-dir', '/x'])).calls).toEqual([{ dataDir: '/x', name: 'apiserver' }]);
});
