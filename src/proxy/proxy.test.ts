import { expect, test } from 'vitest';
import { ManualClock, settle } from '../base/clock.ts';
import { silent } from '../base/log.ts';
import type { RunProgram } from '../base/program.ts';
import { seededRandom } from '../base/random.ts';
import { createClient, createInformers } from '../client/index.ts';
import { FakeApi } from '../client/testing/fake-api.ts';
import { cleanProxy, startProxy } from './proxy.ts';
import { endpoint, service, slice } from './testing/objects.ts';

const SERVICE = '/api/v1/namespaces/ns1/services/svc1';
const SLICE = '/apis/discovery.k8s.io/v1/namespaces/ns1/endpointslices/svc1-x';

/** iptables as far as the proxy looks at it: remembers calls, knows whether the canary lives. */
class FakeTables {
  readonly calls: string[] = [];
  readonly texts: string[] = [];
  saved = '';
  fail = false;
  emptied = false;

  readonly run: RunProgram = async (command, args, options) => {
    this.calls.push(`${command} ${args.join(' ')}`);
    const done = { code: 0, stdout: '', stderr: '' };
    if (command === 'iptables-restore') {
      if (this.fail) return { ...done, code: 2, stderr: 'iptables-restore: line 7 failed' };
      this.texts.push(options?.input ?? '');
      this.emptied = false;
    }
    if (command === 'iptables-save') return { ...done, stdout: this.saved };
    if (args.includes('-C') && args.includes('KUBE-PROXY-CANARY')) return { ...done, code: this.emptied ? 1 : 0 };
    return { ...done, code: args.includes('-C') || args.includes('-D') ? 1 : 0 };
  };
}

async function start(tables: FakeTables, clock = new ManualClock(), meanwhile: () => Promise<void> = async () => {}) {
  const api = new FakeApi();
  api.put(SERVICE, service());
  api.put(SLICE, slice([endpoint('10.0.0.1')]));
  const run: RunProgram = async (command, args, options) => {
    if (tables.texts.length === 0 && command === 'iptables-restore') await meanwhile();
    return tables.run(command, args, options);
  };
  const around = { clock, log: silent, random: seededRandom(1) };
  const informers = createInformers(createClient(api.transport), around);
  const proxy = await startProxy({ informers, nodeName: 'here', clusterCidrs: ['10.244.0.0/16'], mode: 'iptables', run, clock, log: silent });
  const dispose = async () => {
    await proxy[Symbol.asyncDispose]();
    await informers[Symbol.asyncDispose]();
  };
  return { api, clock, [Symbol.asyncDispose]: dispose };
}

test('the first rules are there when it has started, with every jump into them', async () => {
  const tables = new FakeTables();
  await using it = await start(tables);
  expect(tables.texts).toHaveLength(1);
  expect(tables.texts[0]).toContain('--to-destination 10.0.0.1:80');
  expect(tables.calls.filter((call) => call.includes(' -I '))).toHaveLength(14);
  void it;
});

test('changes that come together are one write, and one that changes no rule is none', async () => {
  const tables = new FakeTables();
  await using it = await start(tables);
  it.api.put(SLICE, slice([endpoint('10.0.0.1'), endpoint('10.0.0.2')]));
  it.api.put(SLICE, slice([endpoint('10.0.0.2')]));
  await settle();
  await it.clock.advance(1000);
  expect(tables.texts).toHaveLength(2);
  expect(tables.texts[1]).toMatch(/-X KUBE-SEP-\w+/);
  it.api.put(SERVICE, service({ selector: { a: 'b' } }));
  await settle();
  await it.clock.advance(1000);
  expect(tables.texts).toHaveLength(2);
});

test('the first change does not wait as long as the first rules took', async () => {
  const tables = new FakeTables();
  const clock = new ManualClock();
  await using it = await start(tables, clock, () => clock.advance(900));
  it.api.put(SLICE, slice([endpoint('10.0.0.2')]));
  await settle();
  await it.clock.advance(50);
  expect(tables.texts).toHaveLength(2);
});

test('a failed write is tried again', async () => {
  const tables = new FakeTables();
  await using it = await start(tables);
  tables.fail = true;
  it.api.put(SLICE, slice([endpoint('10.0.0.3')]));
  await settle();
  await it.clock.advance(1000);
  tables.fail = false;
  await it.clock.advance(3000);
  expect(tables.texts.at(-1)).toContain('10.0.0.3:80');
});

test('rules that someone flushed are written again', async () => {
  const tables = new FakeTables();
  await using it = await start(tables);
  tables.emptied = true;
  await it.clock.advance(31_000);
  expect(tables.texts).toHaveLength(2);
  expect(tables.texts[1]).toBe(tables.texts[0]);
});

test('chains of an earlier process that nobody needs are deleted with the first write', async () => {
  const tables = new FakeTables();
  tables.saved = '*nat\n:PREROUTING ACCEPT [0:0]\n:KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]\n:OTHERS - [0:0]\nCOMMIT\n';
  await using it = await start(tables);
  expect(tables.texts[0]).toContain('-X KUBE-SVC-AAAAAAAAAAAAAAAA');
  expect(tables.texts[0]).not.toContain('OTHERS');
  void it;
});

test('cleaning up removes jumps and chains, and nothing of others', async () => {
  const tables = new FakeTables();
  tables.saved = '*nat\n:KUBE-SERVICES - [0:0]\n:KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]\n:OTHERS - [0:0]\n-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES\nCOMMIT\n';
  await cleanProxy(tables.run);
  expect(tables.texts.at(-1)).toContain('-X KUBE-SVC-AAAAAAAAAAAAAAAA');
  expect(tables.texts.at(-1)).toContain('-D OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES');
  expect(tables.texts.at(-1)).not.toContain('OTHERS');
});

test('IPVS says that it is deprecated, to the log and at the node, and is refused where it does not work', async () => {
  const told: string[] = [];
  const events = { event: (_: unknown, type: string, reason: string, message: string) => void told.push(`${type} ${reason} ${message}`), flushed: async () => {}, [Symbol.asyncDispose]: async () => {} };
  const clock = new ManualClock();
  await using informers = createInformers(createClient(new FakeApi().transport), { clock, log: silent, random: seededRandom(1) });
  const around = { informers, nodeName: 'here', clusterCidrs: [], mode: 'ipvs', clock, events, log: { ...silent, warn: (message: string) => void told.push(message) } } as const;
  await using proxy = await startProxy({ ...around, run: async () => ({ code: 0, stdout: '', stderr: '' }) });
  const notice = 'The ipvs proxier is now deprecated and may be removed in a future release. Please use \'nftables\' instead.';
  expect(told).toEqual([`proxy: ${notice}`, `Warning IPVSDeprecation ${notice}`]);
  await expect(startProxy({ ...around, run: async () => ({ code: 1, stdout: '', stderr: 'Protocol not available' }) })).rejects.toThrow('can\'t use the IPVS proxier: this kernel has no virtual servers');
  void proxy;
});
