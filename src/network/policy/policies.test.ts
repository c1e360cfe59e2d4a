import { expect, test } from 'vitest';
import { ManualClock, settle } from '../../base/clock.ts';
import { silent } from '../../base/log.ts';
import type { RunProgram } from '../../base/program.ts';
import { seededRandom } from '../../base/random.ts';
import { createClient, createInformers } from '../../client/index.ts';
import { FakeApi } from '../../client/testing/fake-api.ts';
import { KernelWatch } from '../kernel-watch.ts';
import { Monitors } from '../testing/monitors.ts';
import { namespace, pod, policy } from '../testing/pods.ts';
import { startPolicies } from './policies.ts';

/** An API server with a pod, and a kernel that remembers what it was told. */
async function world() {
  const api = new FakeApi();
  const clock = new ManualClock();
  const scripts: string[] = [];
  const kernel = { fails: 0, flushed: false };
  const run: RunProgram = async (_command, args, options) => {
    if (args[0] === 'list') return { code: kernel.flushed ? 1 : 0, stdout: 'a\nb\nc\nd\ne\nf\n', stderr: '' };
    if (args[0] === 'delete') scripts.push(args.join(' '));
    if (args[0] !== '-f') return { code: 0, stdout: '', stderr: '' };
    if (kernel.fails-- > 0) return { code: 1, stdout: '', stderr: 'no' };
    scripts.push(options?.input ?? '');
    return { code: 0, stdout: '', stderr: '' };
  };
  api.put('/api/v1/namespaces/ns', namespace('ns'));
  api.put('/api/v1/namespaces/ns/pods/web', pod('web', '10.0.0.1'));
  const informers = createInformers(createClient(api.transport), { clock, log: silent, random: seededRandom(1) });
  const monitors = new Monitors();
  const watch = new KernelWatch({ run: monitors.run, clock, log: silent });
  const policies = startPolicies({ informers, kernel: watch, nodeName: 'one', run, clock, log: silent });
  const pass = async () => {
    await settle();
    await clock.advance(100);
    await settle();
  };
  await pass();
  const deny = () => api.put('/apis/networking.k8s.io/v1/namespaces/ns/networkpolicies/deny', policy('deny', {}));
  const close = async () => {
    await policies[Symbol.asyncDispose]();
    await watch[Symbol.asyncDispose]();
    await informers[Symbol.asyncDispose]();
  };
  return { api, clock, scripts, kernel, monitors, policies, pass, deny, [Symbol.asyncDispose]: close };
}

test('a cluster without policies has no rules, and nobody watches its pods', async () => {
  await using w = await world();
  await w.clock.advance(60_000);
  expect(w.scripts).toEqual(['delete table inet knarr-policy']);
  expect(w.api.requests.filter((request) => /pods|namespaces/.test(request))).toEqual([]);
});

test('a policy is written whole, what follows as a change', async () => {
  await using w = await world();
  w.deny();
  await w.pass();
  await w.pass();
  expect(w.scripts.at(-1)).toContain('add table inet knarr-policy');
  expect(w.scripts.at(-1)).toMatch(/add element inet knarr-policy in4 { 10\.0\.0\.1 : goto in-\w+ }/);
  w.api.put('/api/v1/namespaces/ns/pods/more', pod('more', '10.0.0.2'));
  await w.pass();
  expect(w.scripts.at(-1)).toMatch(/^add element inet knarr-policy in4 { 10\.0\.0\.2 : goto in-\w+ }\nadd element inet knarr-policy self4 { 10\.0\.0\.2 \. 10\.0\.0\.2 }\n$/);
  w.api.remove('/apis/networking.k8s.io/v1/namespaces/ns/networkpolicies/deny');
  await w.pass();
  expect(w.scripts.at(-1)).toBe('delete table inet knarr-policy'); // no packet pays for what is not there
  w.api.put('/api/v1/namespaces/ns/pods/third', pod('third', '10.0.0.3'));
  await w.pass();
  w.deny();
  await w.pass();
  expect(w.scripts.at(-1)).toMatch(/add table inet knarr-policy[^]*in4 { 10\.0\.0\.1 : goto/);
  expect(w.scripts).toHaveLength(5);
});

test('a pod is isolated before anybody but the kubelet knows its address', async () => {
  await using w = await world();
  w.deny();
  await w.pass();
  await w.pass();
  await w.policies.admit(pod('fresh', ''), ['10.0.0.9']);
  expect(w.scripts.at(-1)).toContain('in4 { 10.0.0.9 : goto');
  // The API server tells of the pod, still without an address, then that it ended: the address is free.
  w.api.put('/api/v1/namespaces/ns/pods/fresh', pod('fresh', '', { phase: 'Pending' }));
  await w.pass();
  expect(w.scripts.at(-1)).toContain('in4 { 10.0.0.9 : goto');
  w.api.put('/api/v1/namespaces/ns/pods/fresh', pod('fresh', '', { phase: 'Failed' }));
  await w.pass();
  expect(w.scripts.at(-1)).toContain('delete element inet knarr-policy in4 { 10.0.0.9 }');
});

test('what the kernel refuses is tried again', async () => {
  await using w = await world();
  w.kernel.fails = 1;
  w.deny();
  await w.pass();
  await w.pass();
  expect(w.scripts).toHaveLength(1);
  await w.clock.advance(2_500);
  await settle();
  expect(w.scripts.at(-1)).toContain('in4 { 10.0.0.1 : goto');
});

test('rules that someone flushed come back by themselves', async () => {
  await using w = await world();
  w.deny();
  await w.pass();
  await w.pass();
  const written = w.scripts.length;
  w.kernel.flushed = true;
  await w.clock.advance(25_000);
  await settle();
  expect(w.scripts.slice(written)[0]).toContain('add table inet knarr-policy');
});

test('rules that someone flushed come back as soon as the kernel tells', async () => {
  await using w = await world();
  w.deny();
  await w.pass();
  await w.pass();
  const written = w.scripts.length;
  w.monitors.say('rules', ' EVENT: nft: DEL table: table knarr-proxy ip flags 0 use 0 handle 7');
  w.kernel.flushed = true;
  await w.clock.advance(1_000);
  expect(w.scripts).toHaveLength(written);
  w.monitors.say('rules', ' EVENT: nft: DEL table: table knarr-policy inet flags 0 use 0 handle 8');
  await w.clock.advance(600);
  await settle();
  expect(w.scripts.slice(written)[0]).toContain('add table inet knarr-policy');
});
